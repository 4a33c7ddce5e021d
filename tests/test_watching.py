"""Files dropped into the watch folder are taken in once each, when they are complete."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipeline import AUDIO, text_of, work
from transcripts import ingest, watching
from transcripts.models import Recording, WatchedFile
from transcripts.watching import Watch

pytestmark = pytest.mark.django_db

NOTE = (AUDIO / "note.wav").read_bytes()
TEXT = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."


@pytest.fixture
def clock(monkeypatch) -> Callable[[float], None]:
    """Let the seconds pass that a file must have been quiet for, or longer."""
    now = [1000.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])

    def pass_(seconds: float = watching.QUIET_SECONDS) -> None:
        now[0] += seconds

    return pass_


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "drop"
    folder.mkdir()
    return folder


@pytest.fixture
def watch(folder, alice) -> Watch:
    return Watch(folder, alice.email)


@pytest.fixture
def look(watch, clock) -> Callable[[], list[str]]:
    """Look twice, as long apart as a file must be quiet; return the names of all recordings."""

    def look() -> list[str]:
        watch.scan()
        clock()
        watch.scan()
        return sorted(Recording.objects.values_list("file_name", flat=True))

    return look


def drop(path: Path, data: bytes = NOTE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def other(number: int) -> bytes:
    """Another recording, of the same length."""
    return NOTE[:-1] + bytes([number])


def test_dropped_file_becomes_text_and_stays_where_it_is(folder, look, alice):
    path = drop(folder / "Visit 12.wav")
    assert look() == ["Visit 12.wav"]
    recording = Recording.objects.of(alice).get()
    assert (recording.title, recording.source, recording.state) == ("Visit 12", "watch", "queued")
    assert text_of(work(recording)) == TEXT
    assert path.read_bytes() == NOTE


def test_files_in_subfolders_are_taken_once_each(folder, look):
    drop(folder / "a.wav", other(1))
    drop(folder / "monday" / "ward 3" / "b.wav", other(2))
    assert look() == ["a.wav", "b.wav"]
    assert look() == ["a.wav", "b.wav"]


def test_file_is_not_taken_again_after_a_restart(folder, look, alice, clock):
    drop(folder / "a.wav")
    look()
    again = Watch(folder, alice.email)
    again.scan()
    clock()
    again.scan()
    assert Recording.objects.count() == WatchedFile.objects.count() == 1


def test_file_is_not_taken_again_when_its_recording_was_deleted(folder, look, alice, clock):
    drop(folder / "a.wav")
    look()
    ingest.delete(Recording.objects.get())
    again = Watch(folder, alice.email)
    again.scan()
    clock()
    again.scan()
    assert not Recording.objects.exists()


def test_growing_file_waits_until_it_is_quiet(folder, watch, clock):
    path = drop(folder / "a.wav", NOTE[:1000])
    for length in (2000, 3000, len(NOTE)):
        watch.scan()
        clock(watching.QUIET_SECONDS - 1)
        path.write_bytes(NOTE[:length])
    watch.scan()
    assert not Recording.objects.exists()
    clock()
    watch.scan()
    assert Recording.objects.get().source_path.read_bytes() == NOTE


def test_file_that_a_process_still_writes_waits_until_it_is_closed(folder, look):
    path = drop(folder / "a.wav")
    with path.open("ab"):
        assert look() == []
    assert look() == ["a.wav"]


def test_renamed_upload_is_taken_under_its_last_name(folder, look):
    path = drop(folder / "a.wav.part")
    assert look() == []
    path.rename(folder / "a.wav")
    assert look() == ["a.wav"]


def test_replaced_file_is_taken_again(folder, look):
    path = drop(folder / "a.wav", other(1))
    look()
    path.unlink()
    drop(path, other(2))
    assert look() == ["a.wav", "a.wav"]


def test_copy_of_a_file_makes_no_second_recording(folder, look):
    drop(folder / "a.wav")
    look()
    drop(folder / "b.wav")
    assert look() == ["a.wav"]


@pytest.mark.parametrize(
    "name", [".hidden.wav", "~lock.wav", "a.wav.part", "a.CRDOWNLOAD", ".sync/a.wav", "~tmp/a.wav", "a.tmp"]
)
def test_hidden_and_unfinished_files_are_passed_over(folder, look, name):
    drop(folder / name)
    assert look() == []


def test_empty_file_waits_for_its_content(folder, look):
    path = drop(folder / "a.wav", b"")
    assert look() == []
    path.write_bytes(NOTE)
    assert look() == ["a.wav"]


def test_symbolic_links_are_not_followed(folder, look, tmp_path):
    outside = drop(tmp_path / "secret" / "a.wav")
    (folder / "file.wav").symlink_to(outside)
    (folder / "folder").symlink_to(outside.parent)
    assert look() == []


def test_folder_that_became_a_link_while_it_was_looked_at_leads_nowhere(folder, watch, clock, tmp_path):
    outside = drop(tmp_path / "secret" / "a.wav", other(9))
    drop(folder / "in" / "a.wav", other(1))
    found = watching.files_in(folder)
    first = next(found)
    (folder / "in").rename(folder / "gone")
    (folder / "in").symlink_to(outside.parent)
    with first.open() as file:
        assert file.read() == other(1)
    found.close()


def test_watch_folder_may_be_a_link_itself(folder, alice, clock, tmp_path):
    drop(folder / "a.wav")
    (tmp_path / "link").symlink_to(folder)
    watch = Watch(tmp_path / "link", alice.email)
    watch.scan()
    clock()
    watch.scan()
    assert Recording.objects.count() == 1


def test_pipes_and_odd_names_do_no_harm(folder, look):
    os.mkfifo(folder / "pipe.wav")
    drop(folder / os.fsdecode(b"caf\xe9\n.wav"), other(1))
    drop(folder / ("x" * 251 + ".wav"), other(2))
    assert len(look()) == 2


def test_file_that_is_no_recording_appears_as_failed_with_its_sentence(folder, look):
    drop(folder / "notes.docx", b"PK\x03\x04 not audio " * 100)
    look()
    recording = work(Recording.objects.get())
    assert recording.state == Recording.State.FAILED
    assert recording.message


def test_file_that_cannot_be_opened_is_told_once_and_holds_up_no_other(
    folder, look, clock, caplog, monkeypatch
):
    # Root may read everything, so the kernel is not asked here.
    really = os.open

    def refuse(path, flags, *args, **kwargs):
        if path == "a.wav":
            raise PermissionError(13, "Permission denied")
        return really(path, flags, *args, **kwargs)

    drop(folder / "a.wav", other(1))
    drop(folder / "b.wav", other(2))
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(watching.os, "open", refuse)
        assert look() == ["b.wav"]
        clock(watching.RETRY_SECONDS)
        assert look() == ["b.wav"]
    assert len([record for record in caplog.records if "a.wav" in record.message]) == 1
    clock(watching.RETRY_SECONDS)
    assert look() == ["a.wav", "b.wav"]


def test_file_waits_while_the_account_has_no_room(folder, look, clock, settings):
    settings.STT_QUOTA_BYTES = 1000
    drop(folder / "a.wav")
    assert look() == []
    settings.STT_QUOTA_BYTES = 10**9
    clock(watching.RETRY_SECONDS)
    assert look() == ["a.wav"]


def test_files_wait_for_their_account_and_their_folder(folder, clock, alice, caplog):
    drop(folder / "a.wav")
    for watch in (Watch(folder, "nobody@example.org"), Watch(folder / "missing", alice.email)):
        for _ in range(3):
            watch.scan()
            clock()
    assert len(caplog.records) == 2
    assert not Recording.objects.exists()


def test_file_that_changes_while_it_is_copied_is_taken_when_it_is_complete(folder, look, monkeypatch):
    path = drop(folder / "a.wav", NOTE[:50_000])
    copy = watching.copy

    def copy_and_grow(file, recording):
        copy(file, recording)
        path.write_bytes(NOTE)

    with monkeypatch.context() as patch:
        patch.setattr(watching, "copy", copy_and_grow)
        assert look() == []
    assert look() == ["a.wav"]
    assert Recording.objects.get().source_path.read_bytes() == NOTE


def test_file_is_deleted_once_it_is_here_where_the_owner_wants_that(folder, look, watch):
    watch.deletes = True
    path = drop(folder / "a.wav")
    assert look() == ["a.wav"]
    assert not path.exists()
    assert Recording.objects.get().source_path.read_bytes() == NOTE


def test_file_is_deleted_after_a_restart_that_came_before_it_could_be(folder, look, watch, monkeypatch):
    drop(folder / "a.wav")
    look()
    again = Watch(folder, watch.email, deletes=True)
    monkeypatch.setattr(watching, "QUIET_SECONDS", 0.0)
    again.scan()
    assert list(folder.iterdir()) == []
    assert Recording.objects.count() == 1
