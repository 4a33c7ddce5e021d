"""Work done elsewhere goes on here: a file of text becomes a recording of its own, or the text of one."""

from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from sttweb.accounts.models import User
from transcripts import quotas, revisions
from transcripts.alignment import Word, align, clamp, pieces, spread
from transcripts.engine.languages import LANGUAGES
from transcripts.exports import Segment as Spoken
from transcripts.exports import Word as SpokenWord
from transcripts.exports.reading import Draft, Unreadable, read
from transcripts.labels import clean_label, title_from
from transcripts.matching import timed
from transcripts.models import Recording, Revision, Segment
from transcripts.models.recording import TITLE_LENGTH
from transcripts.models.transcript import POSITION_STEP
from transcripts.refusals import Refused

# Characters a second, for text that nobody has spoken to us.
SPEED = 15.0
ESTIMATED = "The file has no times: those shown are estimated from the length of the text."
BUSY = "This recording is still being transcribed: wait until it is done, then import the text."


def draft_of(name: str, content: bytes) -> Draft:
    """Raises: Refused: the file cannot be read."""
    try:
        return read(name, content)
    except Unreadable as error:
        raise Refused(str(error), 400) from None


@transaction.atomic
def import_alone(owner: User, name: str, content: bytes, title: str = "") -> Recording:
    """Make a finished recording without sound of the file.

    Raises: Refused: the file cannot be read, or the account has no room for it.
    """
    draft = draft_of(name, content)
    quotas.check(owner, len(content))
    spoken = draft.segments if draft.has_times else estimated(draft.segments)
    recording = Recording.objects.create(
        owner=owner,
        title=clean_label(title or draft.title or title_from(name), TITLE_LENGTH) or "Imported text",
        source=Recording.Source.TEXT,
        state=Recording.State.DONE,
        file_name=clean_label(name, 255),
        bytes_received=len(content),
        duration=max(segment.end for segment in spoken),
        message="" if draft.has_times else ESTIMATED,
        finished_at=timezone.now(),
    )
    language = draft.language if draft.language in LANGUAGES else ""
    transcript = recording.transcripts.create(task=recording.task, language=language)
    names = dict.fromkeys(segment.speaker for segment in spoken if segment.speaker)
    speakers = {name: transcript.speakers.create(number=n, name=name) for n, name in enumerate(names, 1)}
    Segment.objects.bulk_create(
        Segment(
            transcript=transcript,
            position=number * POSITION_STEP,
            start=segment.start,
            end=segment.end,
            text=segment.text,
            words=words_of(segment),
            speaker=speakers.get(segment.speaker),
            is_edited=True,
        )
        for number, segment in enumerate(spoken)
    )
    return recording


def import_onto(recording: Recording, author: User, name: str, content: bytes) -> Revision | None:
    """Replace the text of a recording by that of the file, as one revision; None where nothing changes.

    Raises: Refused: the file cannot be read, or the recording is still being worked on.
    """
    draft = draft_of(name, content)
    transcript = recording.transcript
    if transcript is None or recording.is_active:
        raise Refused(BUSY, 409)
    with revisions.record(transcript, author, Revision.Kind.IMPORT) as act:
        old = list(transcript.segments.select_related("speaker"))
        spoken = draft.segments if draft.has_times else with_times_of(draft.segments, old, recording)
        numbers = {str(speaker): number for number, speaker in act.speakers.items()}
        for segment in spoken:
            if segment.speaker and segment.speaker not in numbers:
                numbers[segment.speaker] = act.put_speaker(segment.speaker)
        for row in old:
            act.remove(row)
        for number, segment in enumerate(spoken):
            act.put(
                {
                    "position": number * POSITION_STEP,
                    "start": segment.start,
                    "end": segment.end,
                    "text": segment.text,
                    "words": words_of(segment),
                    "speaker": numbers.get(segment.speaker),
                }
            )
    return act.revision


def with_times_of(spoken: tuple[Spoken, ...], old: list[Segment], recording: Recording) -> tuple[Spoken, ...]:
    """Give segments the times of the same words in the text that they replace."""
    words = [word for segment in old for word in segment.words]
    if not words:
        return estimated(spoken, recording.duration)
    found = []
    for segment, (start, end, said) in zip(spoken, timed([s.text for s in spoken], words), strict=True):
        aligned = align(said, segment.text, start, end)
        found.append(replace(segment, start=start, end=end, words=tuple(SpokenWord(*w) for w in aligned)))
    return tuple(found)


def estimated(spoken: tuple[Spoken, ...], duration: float | None = None) -> tuple[Spoken, ...]:
    """Share the duration, or as long as it would take to say, out by the length of the texts."""
    total = sum(len(segment.text) for segment in spoken)
    speed = total / duration if duration else SPEED
    found, start = [], 0.0
    for segment in spoken:
        end = round(start + len(segment.text) / speed, 3)
        found.append(replace(segment, start=start, end=end))
        start = end
    return tuple(found)


def words_of(segment: Spoken) -> list[Word]:
    """Return the words as a segment stores them: the file's where they are those of the text."""
    given = [[word.text, word.start, word.end, word.probability] for word in segment.words]
    if "".join(word.text for word in segment.words).split() == segment.text.split():
        return clamp(given, segment.start, segment.end)
    return spread(pieces(segment.text), segment.start, segment.end)
