"""How right a text may be expected to be."""

from dataclasses import dataclass

from transcripts.models import Transcript


@dataclass(frozen=True)
class Accuracy:
    """An estimate: the mean of the words' probabilities. What a person wrote or confirmed is certain."""

    words: int
    share: float

    @property
    def percent(self) -> int:
        """Rounded down: 99.6 % is not all."""
        return int(self.share * 100)


def accuracy_of(transcript: Transcript) -> Accuracy | None:
    """Return the estimate; None where there are no words."""
    words = [word for words in transcript.segments.values_list("words", flat=True) for word in words]
    if not words:
        return None
    return Accuracy(
        words=len(words),
        # Imported files say what they like.
        share=sum(min(max(word[3], 0.0), 1.0) for word in words) / len(words),
    )
