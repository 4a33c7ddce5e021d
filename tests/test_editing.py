import pytest

from transcripts import editing
from transcripts.models import Event, Recording, Segment
from transcripts.refusals import Refused

pytestmark = pytest.mark.django_db

WORDS = [["The", 0.0, 0.2, 0.9], ["meeting", 0.2, 0.6, 0.8], ["starts", 0.6, 1.0, 0.9], ["at", 1.0, 1.1, 0.9]]
TEXT = "The meeting starts at"


@pytest.fixture
def segment(alice):
    recording = Recording.objects.create(owner=alice, title="Note")
    transcript = recording.transcripts.create()
    return Segment.objects.create(transcript=transcript, position=0, start=0, end=1.2, text=TEXT, words=WORDS)


def test_correction_is_kept_with_a_new_version(segment):
    editing.correct(segment, "The meeting ends at", 1)
    segment.refresh_from_db()
    assert (segment.text, segment.version, segment.is_edited) == ("The meeting ends at", 2, True)


def test_readers_are_told_of_a_correction(segment):
    editing.correct(segment, "The meeting ends at", 1)
    event = Event.objects.get()
    payload = {"segments": [segment.pk], "removed": [], "speakers": [], "revision": 1}
    assert (event.kind, event.payload) == ("segments", payload)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("שלום\u200f! \u200eOK", "שלום\u200f! \u200eOK"),
        ("Donau\u00addampf\u200bschiff", "Donau\u00addampf\u200bschiff"),
        ("می\u200cخواهم 👩\u200d🚀 \U0001fae9 \U0001fadf", "می\u200cخواهم 👩\u200d🚀 \U0001fae9 \U0001fadf"),
        ("a\u202eb\u2066c\x00d\u2028e\ufefff\ue000g\uffffh\x1b", "a b c d e f g h"),
    ],
)
def test_letters_keep_what_they_are_spelled_with(segment, text, kept):
    assert editing.correct(segment, text, 1).text == kept


def test_text_that_is_too_long_is_refused_and_never_cut(segment):
    with pytest.raises(Refused, match="at most 5,000 characters, and this has 5,001"):
        editing.correct(segment, "x" * 5001, 1)
    segment.refresh_from_db()
    assert (segment.text, segment.version) == (TEXT, 1)


def test_text_that_was_heard_too_long_may_become_shorter(segment):
    Segment.objects.update(text="x " * 3000, words=[])
    assert len(editing.correct(segment, "y " * 2900, 1).text) == 5799


def test_unchanged_text_is_no_edit(segment):
    editing.correct(segment, f"  {TEXT}\n", 1)
    segment.refresh_from_db()
    assert (segment.version, segment.is_edited) == (1, False)


def test_correction_over_an_old_version_is_a_conflict_that_loses_nothing(segment):
    editing.correct(Segment.objects.get(), "Mine", 1)
    with pytest.raises(editing.Conflict) as conflict:
        editing.correct(segment, "Theirs", 1)
    assert (conflict.value.segment.text, conflict.value.segment.version) == ("Mine", 2)
    assert Segment.objects.get().text == "Mine"


def test_the_same_correction_twice_is_no_conflict(segment):
    editing.correct(Segment.objects.get(), "Mine", 1)
    assert editing.correct(segment, "Mine", 1).version == 2


def test_words_that_stay_keep_their_times():
    aligned = editing.align(WORDS, "The meeting ends at", 0.0, 1.2)
    assert aligned == [WORDS[0], WORDS[1], ["ends", 0.6, 1.0, 1.0], WORDS[3]]


def test_words_that_are_put_in_share_the_gap():
    aligned = editing.align(WORDS[:2], "The meeting is very long", 0.0, 1.2)
    assert [word[0] for word in aligned] == ["The", "meeting", "is", "very", "long"]
    assert aligned[2][1] == 0.6
    assert aligned[-1][2] == 1.2
    starts = [word[1] for word in aligned]
    assert starts == sorted(starts)


def test_text_that_was_emptied_has_no_words():
    assert editing.align(WORDS, "", 0.0, 1.2) == []


def test_title_keeps_no_control_characters(segment):
    recording = segment.transcript.recording
    assert editing.rename(recording, " Board\r\nmeeting \u202e") == "Board meeting"


def test_empty_title_changes_nothing(segment):
    assert editing.rename(segment.transcript.recording, " \n") == "Note"
