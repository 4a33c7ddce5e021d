"""A recording that was followed while it grew, and then has to be prepared like any file."""

import io
from pathlib import Path

import pytest

from tests.engine.media import RECORDER, make
from tests.pipeline import text_of, transcribe, work
from tests.test_live import look
from transcripts import editing, ingest
from transcripts.live import Follower
from transcripts.models import Recording
from transcripts.wishes import Wishes

pytestmark = pytest.mark.django_db

NOTE = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."


@pytest.fixture
def followed(alice, tmp_path: Path) -> Recording:
    """The note, cut into several spans while it was spoken, and heard."""
    data = make(tmp_path / "note.webm", RECORDER).read_bytes()
    recording = ingest.begin(alice, Wishes(source=Recording.Source.MICROPHONE), None)
    ingest.append(recording, 0, io.BytesIO(data), len(data))
    ingest.announce(recording, len(data))
    follower = Follower()
    follower.look()
    ingest.finish(recording)
    look(follower, lambda: not follower.followed)
    transcribe(recording)
    assert text_of(recording) == NOTE
    assert recording.spans.count() > 1
    return recording


def cut_as_a_file(recording: Recording) -> Recording:
    Recording.objects.update(can_stream=False, state=Recording.State.QUEUED)
    return work(recording)


def test_nothing_comes_twice_when_longer_spans_replace_shorter_ones(followed: Recording) -> None:
    recording = cut_as_a_file(followed)
    assert recording.spans.count() == 1
    assert (recording.state, text_of(recording)) == (Recording.State.DONE, NOTE)


def test_what_a_human_wrote_stays_beside_what_comes_anew(followed: Recording, alice) -> None:
    segment = followed.transcript.segments.first()
    editing.correct(segment, "I wrote this.", segment.version)
    recording = cut_as_a_file(followed)
    assert recording.state == Recording.State.DONE
    assert text_of(recording) == f"{NOTE} I wrote this."
