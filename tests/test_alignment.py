"""Times of words through corrections: whoever corrects a few words moves none of the others."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from transcripts.alignment import align

MEETING = Path(__file__).parent / "audio" / "meeting.json"
# The real moments of each word, segment by segment.
SEGMENTS = [
    [[text, start, end, 0.9] for text, start, end in turn["words"]]
    for turn in json.loads(MEETING.read_text())["turns"]
]
WORDS = [(number, index) for number, words in enumerate(SEGMENTS) for index in range(len(words))]
EDITED = len(WORDS) // 20
NEAR_SECONDS = 0.1

edits = st.sampled_from(["replace", "delete", "insert"])
written = st.text("abcdefghijklmnopqrstuvwxyzäß'", min_size=1, max_size=10)
corrections = st.lists(
    st.tuples(st.sampled_from(WORDS), edits, written),
    min_size=EDITED,
    max_size=EDITED,
    unique_by=lambda correction: correction[0],
)


def correct(words, changes):
    """Return the tokens after the changes, each with the word that it is, or None where somebody wrote it."""
    tokens = []
    for index, word in enumerate(words):
        edit, text = changes.get(index, ("keep", ""))
        if edit == "insert":
            tokens.append((text, None))
        if edit in ("keep", "insert"):
            tokens.append((word[0], word))
        elif edit == "replace":
            tokens.append((text, None))
    return tokens


@settings(max_examples=25, deadline=None, derandomize=True)
@given(corrections)
def test_words_that_stay_are_found_where_they_are_said(chosen):
    changes = [{} for _ in SEGMENTS]
    for (number, index), edit, text in chosen:
        changes[number][index] = (edit, text)
    stayed = near = 0
    for words, changed in zip(SEGMENTS, changes, strict=True):
        tokens = correct(words, changed)
        was, text = (" ".join(part) for part in ([w[0] for w in words], [token for token, _ in tokens]))
        aligned = align(words, text, words[0][1], words[-1][2], was=was)
        assert [word[0] for word in aligned] == [token for token, _ in tokens]
        for found, (_, word) in zip(aligned, tokens, strict=True):
            if word is not None:
                stayed += 1
                near += max(abs(found[1] - word[1]), abs(found[2] - word[2])) <= NEAR_SECONDS
    assert near >= 0.95 * stayed
