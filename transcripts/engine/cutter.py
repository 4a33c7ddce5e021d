"""A child process that cuts sound out: `python -m transcripts.engine.cutter SOURCE TARGET START END`.

Standard error: in the end one line of JSON, {"code": "ok", "format": …} or a refusal's code. The stretch is
as exact as the packets of its codec, some 20 ms, and never longer than asked for. Pictures are left out:
between two whole ones they would show what came before.
"""

import sys
from collections.abc import Iterator
from functools import partial
from io import BufferedReader
from typing import Any, NamedTuple

import av

from transcripts.engine import sandbox
from transcripts.engine.remuxer import MUXER_OPTIONS, PLAYABLE_AUDIO, Encoder, codec_of
from transcripts.engine.sandbox import Refusal

# Into the first of these that takes it, sound is copied; any other is made AAC in the last.
TARGETS = ("webm", "wav", "mp4")


class Stretch(NamedTuple):
    """Seconds."""

    start: float
    end: float

    def holds(self, packet: Any) -> bool:
        first = seconds_of(packet)
        return self.start <= first and first + float((packet.duration or 0) * packet.time_base) <= self.end


def seconds_of(packet: Any) -> float:
    """Return when the packet begins, counted from the first sound: some containers begin at half a second."""
    return float((packet.pts - (packet.stream.start_time or 0)) * packet.time_base)


def cut(file: BufferedReader, *, target: str, stretch: Stretch) -> None:
    container = sandbox.open_media(file, sandbox.head(file))
    audio = sandbox.best_audio(container)
    name = next((name for name in TARGETS if codec_of(audio) in PLAYABLE_AUDIO[name]), None)
    form = name or TARGETS[-1]
    with av.open(target, "w", format=form, options=MUXER_OPTIONS.get(form, {})) as output:
        write = _copy if name else _encode
        write(_packets(container, audio, stretch), audio, output)
    sandbox.report(code="ok", format=form)


def _packets(container: Any, audio: Any, stretch: Stretch) -> Iterator[Any]:
    if stretch.start > 0:
        container.seek(int((audio.start_time or 0) + stretch.start / audio.time_base), stream=audio)
    try:
        for packet in container.demux(audio):
            if packet.pts is None or packet.dts is None:
                continue
            if seconds_of(packet) >= stretch.end:
                return
            if stretch.holds(packet):
                yield packet
    except av.error.FFmpegError:
        return  # damaged from here on


def _copy(packets: Iterator[Any], audio: Any, output: Any) -> None:
    stream = output.add_stream_from_template(audio)
    first = None
    for packet in packets:
        first = packet.pts if first is None else first
        packet.pts, packet.dts = packet.pts - first, packet.dts - first
        packet.stream = stream
        output.mux(packet)
    if first is None:
        raise Refusal("no_samples")


def _encode(packets: Iterator[Any], audio: Any, output: Any) -> None:
    encoder = Encoder(output, audio)
    for packet in packets:
        encoder.write(packet)
    encoder.close()


def main() -> None:
    bounds = Stretch(float(sys.argv[3]), float(sys.argv[4]))
    sandbox.main(partial(cut, target=sys.argv[2], stretch=bounds), sys.argv[1], writes=True)


if __name__ == "__main__":
    main()
