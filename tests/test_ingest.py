import errno
import io
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from tests.pipeline import AUDIO, receive, text_of, work
from transcripts import ingest, quotas, storage
from transcripts.models import Recording
from transcripts.wishes import Wishes

pytestmark = pytest.mark.django_db

NOTE = (AUDIO / "note.wav").read_bytes()


def begin(owner, size=None, **wishes) -> Recording:
    return ingest.begin(owner, Wishes(file_name="note.wav", **wishes), size)


def append(recording: Recording, offset: int, data: bytes) -> int:
    return ingest.append(recording, offset, io.BytesIO(data), len(data))


def test_bytes_are_kept_in_order_when_they_come_in_pieces(alice):
    recording = begin(alice, len(NOTE))
    offset = 0
    for start in range(0, len(NOTE), 50_000):
        offset = append(recording, offset, NOTE[start : start + 50_000])
    assert offset == len(NOTE)
    assert recording.source_path.read_bytes() == NOTE


def test_gap_is_refused_with_the_offset_that_is_due(alice):
    recording = begin(alice, len(NOTE))
    append(recording, 0, NOTE[:1000])
    with pytest.raises(ingest.WrongOffset) as refused:
        append(recording, 2000, NOTE[2000:3000])
    assert (refused.value.expected, refused.value.status) == (1000, 409)


def test_bytes_beyond_the_committed_offset_are_replaced_after_a_crash(alice):
    recording = begin(alice, len(NOTE))
    append(recording, 0, NOTE[:1000])
    with recording.source_path.open("ab") as file:
        file.write(b"written, but never committed")
    append(recording, 1000, NOTE[1000:])
    assert recording.source_path.read_bytes() == NOTE


def test_body_that_ends_early_is_kept_as_far_as_it_came(alice):
    recording = begin(alice, len(NOTE))
    assert ingest.append(recording, 0, io.BytesIO(NOTE[:700]), 1000) == 700


def test_more_than_announced_is_refused(alice):
    recording = begin(alice, 100)
    with pytest.raises(ingest.Refused, match="more than the size"):
        append(recording, 0, NOTE[:101])
    assert recording.source_path.stat().st_size == 0


def test_second_writer_is_refused_while_the_first_writes(alice):
    recording = begin(alice, len(NOTE))
    with storage.locked(recording.source_path), pytest.raises(ingest.Refused) as refused:
        append(recording, 0, NOTE[:10])
    assert refused.value.status == 423


@pytest.mark.django_db(transaction=True)
def test_one_of_two_writers_at_the_same_offset_wins(alice):
    recording = begin(alice, len(NOTE))

    def write(data: bytes) -> str:
        try:
            append(Recording.objects.get(pk=recording.pk), 0, data)
        except ingest.Refused as refused:
            return str(refused)
        finally:
            connection.close()
        return "written"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(write, [b"a" * 5000, b"b" * 5000]))
    assert outcomes.count("written") == 1
    assert len(set(recording.source_path.read_bytes())) == 1


def test_finishing_twice_changes_nothing(alice):
    recording = receive(alice, AUDIO / "note.wav")
    before = Recording.objects.values().get(pk=recording.pk)
    ingest.finish(Recording.objects.get(pk=recording.pk))
    assert Recording.objects.values().get(pk=recording.pk) == before
    assert recording.transcripts.count() == 1


def test_same_bytes_again_lead_to_the_recording_that_is_there(alice):
    first = receive(alice, AUDIO / "note.wav")
    second = receive(alice, AUDIO / "note.wav")
    assert second == first
    assert Recording.objects.of(alice).count() == 1


def test_same_bytes_to_be_treated_differently_are_a_recording_of_their_own(alice):
    first = receive(alice, AUDIO / "german.flac")
    second = receive(alice, AUDIO / "german.flac", task="translate")
    assert second != first


def test_same_bytes_of_somebody_else_are_a_recording_of_their_own(alice, bob):
    assert receive(alice, AUDIO / "note.wav") != receive(bob, AUDIO / "note.wav")


def test_empty_file_is_refused(alice):
    with pytest.raises(ingest.Refused, match="empty"):
        begin(alice, 0)


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"language": "xx"}, "not a language code"),
        ({"language": "e\r\nn"}, "not a language code"),
        ({"task": "sing"}, "task must be"),
        ({"source": "dictaphone"}, "source must be"),
        ({"prompt": "x" * 1001}, "at most 1000"),
    ],
)
def test_wish_that_cannot_be_met_is_refused_in_words(alice, wish, sentence):
    with pytest.raises(ingest.Refused, match=sentence):
        begin(alice, 10, **wish)


def test_full_account_is_refused(alice, settings):
    settings.STT_QUOTA_BYTES = 1000
    with pytest.raises(ingest.Refused, match="full") as refused:
        begin(alice, 1001)
    assert refused.value.status == 413


def test_full_account_refuses_a_recording_of_unknown_size_as_it_grows(alice, settings, monkeypatch):
    monkeypatch.setattr(quotas, "GROWTH_BYTES", 1000)
    recording = begin(alice, None)
    settings.STT_QUOTA_BYTES = 1000
    append(recording, 0, NOTE[:900])
    with pytest.raises(ingest.Refused, match="full"):
        append(recording, 900, NOTE[900:1200])
    assert recording.source_path.stat().st_size == 900


def test_used_up_hours_are_refused(alice, settings):
    receive(alice, AUDIO / "note.wav")
    Recording.objects.update(duration=3600)
    settings.STT_QUOTA_SECONDS = 3600
    with pytest.raises(ingest.Refused, match="hours"):
        begin(alice, 10)


def test_full_disk_is_refused(alice, monkeypatch):
    monkeypatch.setattr(quotas, "RESERVED_BYTES", 10**18)
    with pytest.raises(ingest.Refused, match="disk") as refused:
        begin(alice, 10)
    assert refused.value.status == 507


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("../../etc/passwd.wav", "passwd"),
        ("C:\\Users\\x\\interview.mp3", "interview"),
        ("a" * 300 + ".wav", "a" * 200),
        ("🎙️ Besprechung.wav", "🎙️ Besprechung"),
        ("evil\u202egpj.wav", "evil gpj"),
        ("two\r\nlines.wav", "two lines"),
        ("nul\0byte.wav", "nul byte"),
        ("..", "Recording"),
    ],
)
def test_hostile_file_name_is_only_a_label(alice, name, title):
    recording = ingest.begin(alice, Wishes(file_name=name), 10)
    assert recording.title == title
    assert recording.source_path.name == "source"


def test_deleting_removes_the_files(alice):
    recording = receive(alice, AUDIO / "note.wav")
    folder = recording.folder
    assert folder.exists()
    ingest.delete(recording)
    assert not folder.exists()


def cut_short(owner, end: int, size: int | None = None, source: str = "microphone") -> Recording:
    recording = begin(owner, size, source=source)
    append(recording, 0, NOTE[:end])
    return ingest.finish(recording)


def half_of(recording: Recording) -> Recording:
    """A note of which the second half came after it was done."""
    work(recording)
    append(recording, recording.bytes_received, NOTE[recording.bytes_received :])
    ingest.announce(recording, len(NOTE))
    return ingest.finish(recording)


def test_recording_without_its_end_is_transcribed_as_what_it_holds(alice):
    recording = work(cut_short(alice, len(NOTE) // 2))
    assert recording.state == Recording.State.DONE
    assert recording.message == "This recording ended without Stop: 0:03 was saved."
    assert "recording" in text_of(recording)


def test_upload_without_its_end_is_transcribed_as_what_it_holds(alice):
    recording = work(cut_short(alice, len(NOTE) // 2, len(NOTE), "upload"))
    assert recording.message == "This upload was never completed: the 0:03 that came was transcribed."


def test_late_bytes_reopen_what_was_cut_short_and_all_of_it_is_transcribed(alice):
    recording = work(half_of(cut_short(alice, len(NOTE) // 2)))
    assert (recording.state, recording.message) == (Recording.State.DONE, "")
    assert recording.source_path.read_bytes() == NOTE
    assert recording.transcripts.count() == 1
    whole = work(receive(alice, AUDIO / "note.wav", language="en"))
    assert text_of(recording) == text_of(whole)


def test_edits_of_what_was_cut_short_survive_its_reopening(alice):
    recording = work(cut_short(alice, len(NOTE) // 2))
    segment = recording.transcript.segments.first()
    recording.transcript.segments.filter(pk=segment.pk).update(text="Corrected.", is_edited=True)
    append(recording, recording.bytes_received, NOTE[recording.bytes_received :])
    ingest.announce(recording, len(NOTE))
    assert "Corrected." in text_of(work(ingest.finish(recording)))


@pytest.mark.parametrize("state", sorted(set(Recording.State.values) - {"receiving"}))
def test_late_bytes_reopen_from_every_state(alice, state):
    recording = cut_short(alice, 1000)
    Recording.objects.update(state=state)
    assert append(recording, 1000, NOTE[1000:2000]) == 2000
    recording.refresh_from_db()
    assert (recording.state, recording.is_cut_short) == (Recording.State.RECEIVING, False)


def test_reopening_takes_the_work_from_whoever_has_it(alice):
    recording = cut_short(alice, 1000)
    fence = recording.claim(Recording.State.PREPARING)
    append(recording, 1000, NOTE[1000:2000])
    assert not recording.move(Recording.State.TRANSCRIBING, fence=fence)
    recording.refresh_from_db()
    assert recording.lease_until is None


def test_gap_does_not_reopen(alice):
    recording = cut_short(alice, 1000)
    with pytest.raises(ingest.WrongOffset):
        append(recording, 2000, NOTE[2000:3000])
    recording.refresh_from_db()
    assert recording.state == Recording.State.QUEUED


def test_sign_of_life_keeps_a_paused_recording_open(alice):
    recording = begin(alice, source="microphone")
    append(recording, 0, NOTE[:1000])
    Recording.objects.update(received_at=timezone.now() - timedelta(hours=1))
    append(recording, 1000, b"")
    assert not Recording.objects.abandoned().exists()


def test_stop_that_comes_late_with_nothing_missing_clears_the_message(alice):
    recording = work(cut_short(alice, len(NOTE)))
    assert recording.message
    ingest.announce(recording, len(NOTE))
    recording.refresh_from_db()
    assert (recording.message, recording.is_cut_short) == ("", False)


def test_complete_recording_takes_no_more(alice):
    recording = receive(alice, AUDIO / "note.wav")
    with pytest.raises(ingest.Refused, match="complete"):
        append(recording, len(NOTE), b"more")


def test_bytes_never_committed_are_not_part_of_what_is_finished(alice):
    recording = begin(alice)
    append(recording, 0, NOTE[:1000])
    with recording.source_path.open("ab") as file:
        file.write(b"written, but never committed")
    ingest.finish(recording)
    assert recording.source_path.read_bytes() == NOTE[:1000]


def test_bytes_that_the_disk_lost_are_asked_for_again(alice):
    recording = begin(alice, len(NOTE))
    append(recording, 0, NOTE[:1000])
    os.truncate(recording.source_path, 400)
    with pytest.raises(ingest.WrongOffset) as refused:
        append(recording, 1000, NOTE[1000:])
    assert refused.value.expected == 400


def test_disk_that_fills_up_in_the_middle_is_507_and_commits_nothing(alice):
    class FullDisk(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(errno.ENOSPC, "No space left on device")

    recording = begin(alice, len(NOTE))
    with pytest.raises(ingest.Refused, match="disk is full") as refused:
        ingest.append(recording, 0, FullDisk(), 1000)
    assert refused.value.status == 507
    recording.refresh_from_db()
    assert recording.bytes_received == 0


@pytest.mark.django_db(transaction=True)
def test_room_is_promised_once_to_several_at_the_same_time(alice, settings):
    settings.STT_QUOTA_BYTES = 3_500

    def start(_: int) -> bool:
        try:
            begin(alice, 1000)
        except ingest.Refused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(start, range(10))) == 3


def test_disk_is_promised_once(alice, bob, monkeypatch):
    # What others write to the real one meanwhile, and remove, would be counted as well.
    disk = SimpleNamespace(free=quotas.RESERVED_BYTES + 50_000_000)
    monkeypatch.setattr(quotas, "shutil", SimpleNamespace(disk_usage=lambda folder: disk))
    begin(alice, 40_000_000)
    with pytest.raises(ingest.Refused, match="disk"):
        begin(bob, 40_000_000)


def test_what_was_cut_short_holds_no_room_for_the_rest(alice, settings):
    settings.STT_QUOTA_BYTES = len(NOTE) + 2000
    cut_short(alice, 1000, len(NOTE), "upload")
    begin(alice, len(NOTE))


def test_deletion_that_died_after_its_commit_is_completed(alice, monkeypatch):
    recording = receive(alice, AUDIO / "note.wav")
    place = ingest._remove_row(recording)
    assert place.exists()
    monkeypatch.setattr(storage, "DISCARD_SECONDS", -1)
    storage.sweep()
    assert not place.exists()


def test_deletion_that_died_before_its_commit_is_undone(alice, monkeypatch):
    recording = receive(alice, AUDIO / "note.wav")
    storage.discard(recording)
    assert not recording.source_path.exists()
    monkeypatch.setattr(storage, "DISCARD_SECONDS", -1)
    storage.sweep()
    assert recording.source_path.read_bytes() == NOTE
