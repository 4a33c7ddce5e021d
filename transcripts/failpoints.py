"""Places where a test kills the process, to prove that what was promised before them outlives it.

`STT_FAILPOINT=name` kills at the first pass, `name:3` at the third. `STT_FAILPOINT_FOLDER` names a folder in
which a file of that name kills whoever passes first, of all processes, once. Without them they do nothing.
"""

import os
import signal
from itertools import count
from pathlib import Path

_name, _, _pass = os.environ.get("STT_FAILPOINT", "").partition(":")
_passes = count(1)
_folder = os.environ.get("STT_FAILPOINT_FOLDER")


def failpoint(name: str) -> None:
    """Die here, as by a power cut of this process alone, where a test asked for it."""
    if (name == _name and next(_passes) == int(_pass or 1)) or (_folder and _disarmed(Path(_folder, name))):
        os.kill(os.getpid(), signal.SIGKILL)


def spare() -> None:
    """Never kill this process: it starts all others, which end with it."""
    global _name, _folder
    _name, _folder = "", None


def _disarmed(mark: Path) -> bool:
    """Take the mark away; whether it was there. Of processes that do so together one succeeds."""
    try:
        mark.unlink()
    except FileNotFoundError:
        return False
    return True
