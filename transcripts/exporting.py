"""A recording as files to take away."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from transcripts.documents import document_of
from transcripts.engine.audio import UNPLAYABLE_TYPE
from transcripts.exports import DEFAULTS, FORMATS, Options, Sound, file_name
from transcripts.models import Recording
from transcripts.refusals import Refused

READ_BYTES = 256 * 1024
# A page holds its sound in Base64, in memory while it is made.
EMBEDDED_BYTES = 50_000_000
# The copy that browsers play, and the bytes as they came.
AUDIO, ORIGINAL = "audio", "original"
SOUNDS = {AUDIO: "Audio", ORIGINAL: "Original file"}

_EXTENSIONS = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/webm": "webm",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "video/webm": "webm",
    "video/mp4": "mp4",
}


class UnknownFormat(LookupError):
    """No file is made under this key, or this recording has none."""


@dataclass(frozen=True)
class File:
    """`pieces` may be read once."""

    name: str
    media_type: str
    pieces: Iterator[bytes]
    # Media is compressed already.
    is_compressed: bool = False


def file_of(recording: Recording, key: str, options: Options = DEFAULTS) -> File:
    """Return the recording in the format that `key` names: one of FORMATS, or of SOUNDS.

    Raises:
        UnknownFormat: there is no such file.
        Refused: it cannot be made as the options say.
    """
    if key in SOUNDS:
        return _sound_file(recording, key)
    if key not in FORMATS:
        raise UnknownFormat(key)
    chosen = FORMATS[key]
    sound = _embeddable(recording) if options.embed_sound and key == "html" else None
    body = chosen.render(document_of(recording, sound), options)
    return File(file_name(recording.title, chosen.extension), chosen.media_type, iter((body,)))


def playable(recording: Recording) -> tuple[Path, str]:
    """Return the file to play, and a type from the fixed list: never what an uploader claimed."""
    path = recording.playback_path if recording.playback_type else recording.source_path
    return path, recording.played_type or UNPLAYABLE_TYPE


def sounds_of(recording: Recording) -> list[str]:
    """Return which keys of SOUNDS the recording has; of two equal files only one."""
    if recording.state == Recording.State.RECEIVING or not recording.source_path.exists():
        return []
    return [AUDIO, ORIGINAL] if recording.playback_type else [ORIGINAL]


def _sound_file(recording: Recording, key: str) -> File:
    path, media_type = playable(recording)
    if key == ORIGINAL:
        path, media_type = recording.source_path, recording.media_type or UNPLAYABLE_TYPE
    if recording.state == Recording.State.RECEIVING or not path.exists():
        raise UnknownFormat(key)
    extension = extension_for(media_type) or _own_extension(recording)
    # Read as it is sent: a recording may be larger than the memory.
    return File(file_name(recording.title, extension), media_type, read(path), is_compressed=True)


def extension_for(media_type: str) -> str:
    return _EXTENSIONS.get(media_type, "")


def _own_extension(recording: Recording) -> str:
    suffix = PurePosixPath(recording.file_name).suffix[1:].lower()
    return suffix if suffix.isascii() and suffix.isalnum() and len(suffix) <= 5 else "bin"


def read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            yield piece


def _embeddable(recording: Recording) -> Sound | None:
    if not sounds_of(recording):
        return None
    path, media_type = playable(recording)
    if path.stat().st_size > EMBEDDED_BYTES:
        raise Refused(
            f"The audio is over {EMBEDDED_BYTES // 1_000_000} MB, too large to be put into a page: "
            "take the page without audio, and the audio beside it.",
            413,
        )
    return Sound(path, media_type)
