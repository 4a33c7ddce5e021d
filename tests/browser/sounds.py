"""Recordings as the WAV files that Chromium's fake microphone reads."""

import wave
from pathlib import Path

import av

SAMPLE_RATE = 48_000


def wav_of(source: Path, folder: Path) -> Path:
    """Return a WAV copy of a recording in `folder`."""
    path = folder / f"{source.stem}.wav"
    resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE)
    with av.open(str(source)) as container, wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for frame in container.decode(audio=0):
            for part in resampler.resample(frame):
                file.writeframes(part.to_ndarray().tobytes())
    return path


def amid_silence(source: Path, folder: Path, before: int = 0, after: int = 0) -> Path:
    """Return a copy of a WAV file in `folder` that begins and ends with so many seconds of silence."""
    path = folder / f"amid-silence-{source.name}"
    with wave.open(str(source)) as sound, wave.open(str(path), "wb") as file:
        file.setparams(sound.getparams())
        second = bytes(sound.getframerate() * sound.getsampwidth() * sound.getnchannels())
        file.writeframes(before * second + sound.readframes(sound.getnframes()) + after * second)
    return path


def video_of(source: Path, folder: Path) -> Path:
    """Return a WebM video in `folder` with the sound of a recording and a grey picture."""
    path = folder / f"{source.stem}.webm"
    with av.open(str(source)) as container, av.open(str(path), "w") as film:
        sound = film.add_stream("libopus", rate=SAMPLE_RATE, layout="mono")
        picture = film.add_stream("libvpx", rate=5)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE)
        for frame in container.decode(audio=0):
            for part in resampler.resample(frame):
                film.mux(sound.encode(part))
            while picture.frames < frame.time * 5:
                film.mux(picture.encode(av.VideoFrame(64, 48, "yuv420p")))
        film.mux(sound.encode(None))
        film.mux(picture.encode(None))
    return path
