import pytest

from transcripts import editing
from transcripts.models import Event, Recording, Segment

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
