"""Forks the children that read media: `python -m transcripts.engine.forkserver SOCKET`.

It has the libraries loaded and opens no media, so that a child starts in milliseconds and begins clean.
Each message asks for one child: JSON [number, module, arguments…], with descriptors for standard input,
output and error, and for what the child's exit status is written to. The answer is the number of the message,
that of the child, and a descriptor of it.
"""

import json
import os
import resource
import select
import signal
import socket
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

from transcripts.engine import cutter, decoder, growing_decoder, remuxer

MODULES = {"cutter": cutter, "decoder": decoder, "growing_decoder": growing_decoder, "remuxer": remuxer}
MESSAGE_BYTES = 65_536
DESCRIPTORS = 4


class ForkServer:
    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        # By the descriptor that tells of its end: a child's number, and where its status goes.
        self._children: dict[int, tuple[int, int]] = {}

    def run(self) -> None:
        """Serve until the parent closes its end, or dies: then its children die as well."""
        while True:
            channel = self._channel.fileno()
            ready = select.select([channel, *self._children], [], [])[0]
            for ended in self._children.keys() & set(ready):
                self._tell(ended)
            if channel in ready and not self._serve():
                return

    def _serve(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._channel, MESSAGE_BYTES, DESCRIPTORS)
        if not message:
            return False
        asked, module, *arguments = json.loads(message)
        if not _is_awaited(descriptors[-1]):
            for descriptor in descriptors:
                os.close(descriptor)
            return True
        number = os.fork()
        if not number:
            _become(module, arguments, descriptors)
        *standard, status = descriptors
        for descriptor in standard:
            os.close(descriptor)
        # Nobody else waits for the child, so that its number still means it.
        handle = os.pidfd_open(number)
        self._children[handle] = number, status
        socket.send_fds(self._channel, [b"%d %d" % (asked, number)], [handle])
        return True

    def _tell(self, handle: int) -> None:
        number, status = self._children.pop(handle)
        code = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
        with suppress(BrokenPipeError):
            os.write(status, b"%d" % code)
        os.close(status)
        os.close(handle)


def _is_awaited(status: int) -> bool:
    """Whether anybody still reads what becomes of a child: not where we were too slow."""
    poll = select.poll()
    poll.register(status, 0)
    return not poll.poll(0)


def _become(module: str, arguments: list[str], descriptors: list[int]) -> NoReturn:
    """Be a child that runs a module, and nothing of the server."""
    code = 1
    try:
        for target, descriptor in enumerate(descriptors[:3]):
            os.dup2(descriptor, target)
        os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = [module, *arguments]
        MODULES[module].main()
        sys.stdout.flush()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    # Whoever presses Ctrl-C means the parent.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What children know their parent by.
    os.environ["PARENT_PID"] = str(os.getpid())
    ForkServer(socket.socket(fileno=int(sys.argv[1]))).run()
