"""Runs a command that ends when the process that started it does, however that one ended.

    python leash.py PARENT COMMAND ARGUMENT…

A process that is killed cannot end its children. Linux does it for those that asked for it. They ask here, in
a process of their own, because the request must come after the fork and outlives the exec. A program that
itself starts others leashes them in turn.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def leashed(command: list[str]) -> list[str]:
    """Return the command that runs `command` on a leash held by this process's main thread."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have died before it was asked for.
    if os.getppid() != parent:
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main()
