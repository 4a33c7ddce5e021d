"""The server that children which read media are forked from."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

from tests.engine import media
from transcripts.engine import children
from transcripts.engine.audio import open_audio

MEETING = media.recording("meeting")


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
        assert stream._child.wait(10) == -signal.SIGKILL
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
        return bool(select.select([handle], [], [], 10)[0])
    finally:
        os.close(handle)
