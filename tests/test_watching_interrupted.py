"""Files of the watch folder whose taking in was interrupted: each is here once in the end, and whole."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from tests.settings import PROJECT_DIR
from tests.test_watching import NOTE, clock, drop, folder, look, watch
from transcripts import ingest, reconcile, watching
from transcripts.models import Recording

__all__ = ("clock", "folder", "look", "watch")

pytestmark = pytest.mark.django_db

# The real watcher, on the database and in the data folder of the test.
WATCHER = """
import sys
from pathlib import Path

import django
from django.conf import settings

django.setup()
from django.db import connection

from transcripts import watching

connection.settings_dict["NAME"], settings.DATA_DIR = sys.argv[1], Path(sys.argv[2])
watching.QUIET_SECONDS, watching.PIECE_BYTES = 0.0, 50_000
watching.watch()
"""


def watch_until_killed(folder: Path, email: str, failpoint: str) -> None:
    named = {"STT_WATCH_DIR": str(folder), "STT_WATCH_USER": email, "STT_FAILPOINT": failpoint}
    places = [str(connection.settings_dict["NAME"]), str(settings.DATA_DIR)]
    watcher = subprocess.run(
        [sys.executable, "-c", WATCHER, *places],
        cwd=PROJECT_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", **named},
        timeout=180,
    )
    assert watcher.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    "failpoint",
    [
        "upload-created",
        "file-created",
        "piece-written",
        "piece-written:3",
        "piece-synced:2",
        "offset-committed",
        "offset-committed:3",
        "file-hashed",
        "recording-queued",
        "transcript-created",
        "finish-committed",
    ],
)
@pytest.mark.django_db(transaction=True)
def test_file_is_taken_once_although_the_watcher_was_killed(folder, alice, look, failpoint):
    drop(folder / "a.wav")
    watch_until_killed(folder, alice.email, failpoint)
    look()
    taken = Recording.objects.exclude(state=Recording.State.RECEIVING, bytes_received=0)
    assert [r.source_path.read_bytes() for r in taken] == [NOTE]
    assert taken.get().state == Recording.State.QUEUED


def stop_after(monkeypatch, pieces: int) -> None:
    """Let the disk be full after so many pieces of a file."""
    monkeypatch.setattr(watching, "PIECE_BYTES", 50_000)
    append, left = ingest.append, [None] * pieces

    def append_some(*args):
        if not left:
            raise ingest.Refused("There is no room.", 507)
        left.pop()
        return append(*args)

    monkeypatch.setattr(ingest, "append", append_some)


@pytest.fixture
def taken_in_part(folder, look, watch, monkeypatch) -> Callable[[int], Path]:
    """Takes so many pieces of a file that is to be deleted afterwards; returns where it is."""

    def take(pieces: int) -> Path:
        watch.deletes = True
        path = drop(folder / "a.wav")
        with monkeypatch.context() as patch:
            stop_after(patch, pieces)
            look()
        return path

    return take


def left_for_days(recording: Recording) -> Recording:
    Recording.objects.update(received_at=timezone.now() - timedelta(days=2))
    reconcile.finish_abandoned()
    return Recording.objects.get(pk=recording.pk)


@pytest.mark.parametrize("pieces", [0, 2])
def test_file_that_was_taken_in_part_is_taken_whole_before_it_is_deleted(taken_in_part, watch, clock, pieces):
    path = taken_in_part(pieces)
    recording = left_for_days(Recording.objects.get())
    assert recording.is_cut_short == (pieces > 0)
    for _ in range(2):
        clock(watching.RETRY_SECONDS)
        watch.scan()
    recording = Recording.objects.get()
    assert (recording.state, recording.is_cut_short) == ("queued", False)
    assert recording.source_path.read_bytes() == NOTE
    assert not path.exists()


@pytest.mark.parametrize("pieces", [0, 2])
def test_file_whose_recording_was_deleted_before_it_was_whole_stays(taken_in_part, watch, clock, pieces):
    path = taken_in_part(pieces)
    ingest.delete(Recording.objects.get())
    for _ in range(2):
        clock(watching.RETRY_SECONDS)
        watch.scan()
    assert path.exists()
    assert not Recording.objects.exists()
