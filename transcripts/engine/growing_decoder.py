"""A child process that decodes a file still being written: `… PATH MAX_HOURS PROBE_BYTES`.

Standard input: how many bytes the file has, a number a line, and its end when no more will come.
Standard output and error: as of `transcripts.engine.decoder`.
"""

import sys
from io import BufferedReader

from transcripts.engine import sandbox
from transcripts.engine.decoder import Decoder, write


class GrowingFile:
    """The bytes that were announced, read forward only: a read waits for more of them."""

    def __init__(self, file: BufferedReader) -> None:
        self._file = file
        self._position = 0
        self._announced = 0
        self._has_ended = False

    def read(self, size: int, /) -> bytes:
        self.wait_for(self._position + 1)
        block = self._file.read(min(size, self._announced - self._position))
        self._position += len(block)
        return block

    def wait_for(self, size: int) -> None:
        """Wait until so many bytes were announced, or no more will come."""
        while self._announced < size and not self._has_ended:
            line = sys.stdin.readline()
            self._has_ended = not line
            self._announced = int(line or self._announced)


def decode(file: BufferedReader) -> None:
    max_hours, probe_bytes = float(sys.argv[2]), int(sys.argv[3])
    growing = GrowingFile(file)
    growing.wait_for(min(probe_bytes, sandbox.HEAD_BYTES))
    start = sandbox.head(file)
    container = sandbox.open_media(growing, start, probesize=str(probe_bytes), analyzeduration="0")
    write(Decoder(file, container, max_hours * 3600))


def main() -> None:
    sandbox.main(decode, sys.argv[1], writes=False, grows=True)


if __name__ == "__main__":
    main()
