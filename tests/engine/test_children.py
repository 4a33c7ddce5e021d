"""The server that children which read media are forked from."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine import media
from transcripts.engine import children
from transcripts.engine.audio import open_audio
from transcripts.engine.errors import ReaderKilled

MEETING = media.recording("meeting")
# As long as a busy machine may take to start Python with PyAV.
PATIENCE_SECONDS = 90.0


@pytest.fixture(autouse=True)
def _patience(monkeypatch) -> None:
    """A child that the server does not start in time is none of its children."""
    monkeypatch.setattr(children, "ANSWER_SECONDS", PATIENCE_SECONDS)
    children._serving()._channel.settimeout(PATIENCE_SECONDS)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_children_have_no_descriptor_but_their_own():
    with open_audio(MEETING) as first, open_audio(MEETING) as second:
        assert parent_of(first._child.pid) == parent_of(second._child.pid) != os.getpid()
        open_files = {str(path.readlink()) for path in Path(f"/proc/{second._child.pid}/fd").iterdir()}
    assert not [name for name in open_files if name.startswith("socket:")]
    assert str(MEETING) in open_files
    assert len(open_files) <= 4


def test_recording_is_decoded_after_the_server_was_killed():
    with open_audio(MEETING) as stream:
        os.kill(parent_of(stream._child.pid), signal.SIGKILL)
        assert stream._child.wait(60) == -signal.SIGKILL
    assert len(media.samples_of(MEETING))
    with open_audio(MEETING) as stream:
        assert isinstance(stream._child, children.Child)


def test_server_and_children_end_with_their_owner():
    code = f"""
import os, signal
from pathlib import Path
from transcripts.engine.audio import open_audio
stream = open_audio(Path({str(MEETING)!r}))
print(stream._child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    owner = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ends(int(owner.stdout))


def ends(pid: int) -> bool:
    """Wait until a process is gone."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 60)[0])
    finally:
        os.close(handle)


def test_child_is_started_apart_while_the_server_is_busy_and_the_others_go_on():
    whole = len(media.samples_of(MEETING))
    with open_audio(MEETING) as first:
        server = children._serving()
        server._channel.settimeout(0.1)
        os.kill(server._process.pid, signal.SIGSTOP)
        try:
            with open_audio(MEETING) as apart:
                assert isinstance(apart._child, subprocess.Popen)
        finally:
            os.kill(server._process.pid, signal.SIGCONT)
            server._channel.settimeout(children.ANSWER_SECONDS)
        # It answers only those who still wait.
        with open_audio(MEETING) as later:
            assert isinstance(later._child, children.Child)
            assert sum(len(block) for block in later) == whole
        assert sum(len(block) for block in first) == whole
    assert children._serving() is server


def test_server_that_answers_nobody_is_replaced():
    server = children._serving()
    server._channel.settimeout(0.01)
    os.kill(server._process.pid, signal.SIGSTOP)
    for _ in range(children.MOST_UNANSWERED):
        with open_audio(MEETING) as stream:
            assert isinstance(stream._child, subprocess.Popen)
    with open_audio(MEETING) as stream:
        assert isinstance(stream._child, children.Child)
    assert children._serving() is not server


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_decoder_that_is_killed_is_no_fault_of_the_file(number):
    with open_audio(MEETING) as stream:
        os.kill(stream._child.pid, number)
        with pytest.raises(ReaderKilled):
            list(stream)


def test_child_that_uses_up_its_time_is_told_from_one_that_is_killed():
    code = """
from transcripts.engine import sandbox
sandbox.CPU_SECONDS = 1
sandbox.enter(0, 0)
while True:
    pass
"""
    environment = {**os.environ, "PARENT_PID": str(os.getpid())}
    child = subprocess.run([sys.executable, "-c", code], env=environment, cwd=children.PROJECT)
    assert child.returncode == -signal.SIGXCPU
