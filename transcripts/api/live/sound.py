"""The sound that programs send as it is spoken: bare samples, which become a WAV file."""

import struct
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from transcripts.engine.base import Audio

Encoding = Literal["pcm", "mulaw", "alaw"]

# Hz.
RATES = (8_000, 48_000)
# WAV's codes of the encodings, and the bits of a sample.
CODES: dict[Encoding, tuple[int, int]] = {"pcm": (1, 16), "mulaw": (7, 8), "alaw": (6, 8)}
QUIET: dict[Encoding, bytes] = {"pcm": b"\0\0", "mulaw": b"\xff", "alaw": b"\xd5"}
FULL_SCALE = np.float32(32768)
# What a writer puts for a length that it cannot know.
UNKNOWN = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Sound:
    encoding: Encoding = "pcm"
    rate: int = 24_000
    channels: int = 1

    @property
    def frame_bytes(self) -> int:
        return self.channels * CODES[self.encoding][1] // 8

    @property
    def bytes_per_second(self) -> int:
        return self.rate * self.frame_bytes

    def header(self) -> bytes:
        """Return what a WAV file of unknown length begins with."""
        code, bits = CODES[self.encoding]
        facts = (16, code, self.channels, self.rate, self.bytes_per_second, self.frame_bytes, bits)
        head = struct.pack("<4sI4s4s", b"RIFF", UNKNOWN, b"WAVE", b"fmt ")
        return head + struct.pack("<IHHIIHH", *facts) + struct.pack("<4sI", b"data", UNKNOWN)

    def silence(self, seconds: float) -> bytes:
        return QUIET[self.encoding] * int(seconds * self.rate) * self.channels

    def samples(self, data: bytes) -> Audio:
        """Return whole frames as mono samples in [-1, 1]."""
        values: Audio
        if self.encoding == "pcm":
            values = np.frombuffer(data, "<i2").astype(np.float32) / FULL_SCALE
        else:
            values = _table(self.encoding)[np.frombuffer(data, np.uint8)]
        mono: Audio = values.reshape(-1, self.channels).mean(axis=1, dtype=np.float32)
        return mono


@cache
def _table(encoding: Encoding) -> Audio:
    """Return the sample that each byte stands for. Source: ITU-T G.711."""
    expand = _mulaw if encoding == "mulaw" else _alaw
    return np.array([expand(code) for code in range(256)], np.float32) / FULL_SCALE


def _mulaw(code: int) -> int:
    code = ~code & 0xFF
    value = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return -value if code & 0x80 else value


def _alaw(code: int) -> int:
    code ^= 0x55
    value, exponent = (code & 0x0F) << 4, (code & 0x70) >> 4
    value = value + 8 if not exponent else value + 0x108 << exponent - 1
    return value if code & 0x80 else -value


def read_header(data: bytes) -> tuple[Sound, bytes] | None:
    """Return the sound that a WAV header announces, and the samples behind it; None where it is none."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    sound, at = None, 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        if name == b"data":
            return (sound, data[at + 8 :]) if sound else None
        if name == b"fmt " and at + 24 <= len(data):
            sound = _sound(*struct.unpack_from("<HHIIHH", data, at + 8))
        at += 8 + size + size % 2
    return None


def _sound(code: int, channels: int, rate: int, _bytes: int, _frame: int, bits: int) -> Sound | None:
    encoding = next((name for name, facts in CODES.items() if facts == (code, bits)), None)
    is_sane = RATES[0] <= rate <= RATES[1] and 1 <= channels <= 2
    return Sound(encoding, rate, channels) if encoding and is_sane else None
