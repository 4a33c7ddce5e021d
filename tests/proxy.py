"""A bad line: a TCP proxy that cuts, resets and delays at random. The same seed chooses the same faults."""

import socket
import socketserver
import struct
import threading
import time
from contextlib import suppress
from random import Random
from typing import Self

BLOCK_BYTES = 64 * 1024
RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Listens on `port` and passes everything on to another port of this host.

    Args:
        mean_bytes: how many bytes pass between two cuts, on average.
        delayed: the share of blocks that are held back, for at most `longest_delay` seconds.
    """

    def __init__(
        self, to_port: int, seed: int, *, mean_bytes: float, delayed: float = 0.02, longest_delay: float = 0.3
    ) -> None:
        self.to_port, self.mean_bytes = to_port, mean_bytes
        self.delayed, self.longest_delay = delayed, longest_delay
        self.cuts = 0
        self._random = Random(seed)
        self._lock = threading.Lock()
        self._budget = self._next_budget()
        proxy = self

        class Line(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                proxy.join(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Line)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def join(self, client: socket.socket) -> None:
        """Pass bytes both ways until either end closes, or the line is cut."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.to_port), timeout=30) as server:
            server.settimeout(None)
            answers = threading.Thread(target=self._pass_on, args=(server, client), daemon=True)
            answers.start()
            self._pass_on(client, server)
            answers.join()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while block := source.recv(BLOCK_BYTES):
                allowed, delay, is_reset = self._fate(len(block))
                time.sleep(delay)
                sink.sendall(block[:allowed])
                if allowed < len(block):
                    self._cut((source, sink), is_reset)
                    return
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def _fate(self, length: int) -> tuple[int, float, bool]:
        """Return how much of a block passes, after how many seconds, and whether a cut is a reset."""
        with self._lock:
            is_late = self._random.random() < self.delayed
            delay = self._random.uniform(0, self.longest_delay) if is_late else 0.0
            allowed = max(0, min(length, int(self._budget)))
            self._budget -= length
            if allowed < length:
                self.cuts += 1
                self._budget = self._next_budget()
            return allowed, delay, self._random.random() < 0.5

    def _next_budget(self) -> float:
        return self._random.expovariate(1 / self.mean_bytes)

    @staticmethod
    def _cut(ends: tuple[socket.socket, socket.socket], is_reset: bool) -> None:
        for end in ends:
            with suppress(OSError):
                if is_reset:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                end.shutdown(socket.SHUT_RDWR)
