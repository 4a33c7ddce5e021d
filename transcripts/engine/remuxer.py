"""A child process that makes a file browsers can play: `python -m transcripts.engine.remuxer SOURCE TARGET`.

Standard error: in the end one line of JSON, {"code": "ok", "format": …, "has_video": …} or a refusal's code.
A null format says that the source is such a file itself.
"""

import sys
from fractions import Fraction
from functools import partial
from io import BufferedReader
from typing import Any, NamedTuple

import av

from transcripts.engine import sandbox
from transcripts.engine.sandbox import Refusal

# What Chromium, Firefox and Safari play, by container.
PLAYABLE_AUDIO = {
    "wav": {"pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_f32le"},
    "mp3": {"mp3", "mp3float"},
    "flac": {"flac"},
    "ogg": {"opus", "vorbis", "flac"},
    "webm": {"opus", "vorbis"},
    "mp4": {"aac", "mp3", "mp3float", "opus", "flac"},
}
PLAYABLE_VIDEO = {"webm": {"vp8", "vp9", "av1"}, "mp4": {"h264", "av1", "vp9", "hevc"}}
TARGETS = ("webm", "mp4")
MUXER_OPTIONS = {"mp4": {"movflags": "faststart"}, "webm": {"cues_to_front": "1"}}
# Read in ranges, an index at the end of these serves as well as one in front.
INDEXED = ("mp4", "mov")
CUES_ID = b"\x1c\x53\xbb\x6b"  # Matroska: named in the header of a file that has an index
FRAGMENT = b"moof"  # ISO 14496-12: a file in fragments, as recorders write it, has no index

OPUS_RATE = 48_000
AAC_BITS_PER_SECOND = 64_000  # a channel


class Plan(NamedTuple):
    """What the copy will be."""

    format: str
    video: Any
    is_audio_copied: bool


def copy(file: BufferedReader, *, target: str) -> None:
    start = sandbox.head(file)
    container = sandbox.open_media(file, sandbox.head(file))
    audio = sandbox.best_audio(container)
    video = _moving_picture(container)
    name = sandbox.container_name(container, start)
    if _is_playable(name, audio, video) and _is_seekable(name, container, audio, start):
        sandbox.report(code="ok", format=None, has_video=video is not None)
        return
    plan = _plan(audio, video)
    with av.open(target, "w", format=plan.format, options=MUXER_OPTIONS[plan.format]) as output:
        _write(container, audio, plan, output)
    sandbox.report(code="ok", format=plan.format, has_video=plan.video is not None)


def _moving_picture(container: Any) -> Any:
    return container.streams.best("video") if sandbox.has_video(container) else None


def _is_playable(name: str, audio: Any, video: Any) -> bool:
    name = "mp4" if name == "mov" else name
    if video is not None and codec_of(video) not in PLAYABLE_VIDEO.get(name, ()):
        return False
    return codec_of(audio) in PLAYABLE_AUDIO.get(name, ())


def _is_seekable(name: str, container: Any, audio: Any, start: bytes) -> bool:
    if name == "webm":
        return container.duration is not None and CUES_ID in start
    if name in INDEXED:
        return FRAGMENT not in start and sandbox.claimed_seconds(container, audio) is not None
    return True


def _plan(audio: Any, video: Any) -> Plan:
    """Keep the picture where browsers play it; copy the sound where they can, else make it AAC."""
    for name in TARGETS:
        if (
            video is not None
            and codec_of(video) in PLAYABLE_VIDEO[name]
            and codec_of(audio) in PLAYABLE_AUDIO[name]
        ):
            return Plan(name, video, True)
    if video is not None and codec_of(video) in PLAYABLE_VIDEO["mp4"]:
        return Plan("mp4", video, False)
    for name in TARGETS:
        if codec_of(audio) in PLAYABLE_AUDIO[name]:
            return Plan(name, None, True)
    return Plan("mp4", None, False)


def codec_of(stream: Any) -> str:
    return "" if stream.codec_context is None else str(stream.codec_context.codec.canonical_name)


def _write(container: Any, audio: Any, plan: Plan, output: Any) -> None:
    streams = [audio] if plan.video is None else [plan.video, audio]
    copies = {
        s.index: output.add_stream_from_template(s) for s in streams if s is not audio or plan.is_audio_copied
    }
    encoder = None if plan.is_audio_copied else Encoder(output, audio)
    for packet in _packets(container, streams):
        stream = copies.get(packet.stream.index)
        if stream is None and encoder is not None:
            encoder.write(packet)
        elif packet.dts is not None:
            packet.stream = stream
            output.mux(packet)
    if encoder is not None:
        encoder.close()


def _packets(container: Any, streams: list[Any]) -> Any:
    """Yield packets until the file or what is readable of it ends."""
    packets = container.demux(*streams)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            return
        if packet is None:
            return
        yield packet


class Encoder:
    """The sound as AAC, at a rate and with channels that every browser plays."""

    def __init__(self, output: Any, audio: Any) -> None:
        layout = "stereo" if audio.codec_context.channels > 1 else "mono"
        rate = min(max(audio.codec_context.sample_rate, 16_000), OPUS_RATE)
        rate = rate if rate in (16_000, 22_050, 24_000, 32_000, 44_100, 48_000) else OPUS_RATE
        self._output = output
        self._stream = output.add_stream("aac", rate=rate, layout=layout)
        self._stream.bit_rate = AAC_BITS_PER_SECOND * (2 if layout == "stereo" else 1)
        self._resampler = av.AudioResampler("fltp", layout, rate)
        self._samples = 0

    def write(self, packet: Any) -> None:
        try:
            frames = packet.decode()
        except (av.error.InvalidDataError, ValueError, IndexError):
            return
        for frame in frames:
            frame.pts = None
            self._encode(self._resampler.resample(frame))

    def close(self) -> None:
        if not self._samples:
            raise Refusal("no_samples")
        self._encode(self._resampler.resample(None))
        self._output.mux(self._stream.encode(None))

    def _encode(self, frames: list[Any]) -> None:
        for frame in frames:
            frame.pts, frame.time_base = self._samples, Fraction(1, frame.sample_rate)
            self._samples += frame.samples
            self._output.mux(self._stream.encode(frame))


def main() -> None:
    sandbox.main(partial(copy, target=sys.argv[2]), sys.argv[1], writes=True)


if __name__ == "__main__":
    main()
