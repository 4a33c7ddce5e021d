"""What a link gives: the part that is shared, without what its owner keeps back."""

import time
from collections.abc import Iterator
from dataclasses import replace

from transcripts.documents import document_of
from transcripts.exporting import AUDIO, EMBEDDED_BYTES, File, UnknownFormat, extension_for, playable, read
from transcripts.exports import FORMATS, Options, Sound, file_name
from transcripts.live_page import has_audio
from transcripts.models import Segment, Share

# Seconds for which what is being sent goes on before it is asked whether the link is still good.
RECHECK_SECONDS = 1.0


class Ended(Exception):
    """The link was revoked, or its time was over, while a file was on its way."""


def sound_of(share: Share) -> Sound | None:
    """Return the file that is heard: of a part one that holds nothing else."""
    if not share.has_audio or not has_audio(share.recording):
        return None
    if share.is_part:
        return Sound(share.excerpt_path, share.excerpt_type)
    return Sound(*playable(share.recording))


def keys_of(share: Share) -> list[str]:
    """Return the keys of the files that may be taken away."""
    if not share.can_download:
        return []
    return [*FORMATS, AUDIO] if sound_of(share) else list(FORMATS)


def file_of(share: Share, key: str, options: Options) -> File:
    """Return what is shared as a file.

    Raises: UnknownFormat: there is no such file, or it is not permitted.
    """
    if key not in keys_of(share):
        raise UnknownFormat(key)
    title, sound = share.recording.title, sound_of(share)
    if key == AUDIO and sound:
        pieces = _while_good(share, read(sound.path))
        return File(
            file_name(title, extension_for(sound.media_type) or "bin"),
            sound.media_type,
            pieces,
            is_compressed=True,
        )
    embedded = sound if options.embed_sound and key == "html" and _is_small(sound) else None
    document = document_of(share.recording, embedded, segments_of(share))
    chosen = FORMATS[key]
    body = chosen.render(replace(document, duration=duration_of(share)), options)
    return File(file_name(title, chosen.extension), chosen.media_type, iter((body,)))


def _is_small(sound: Sound | None) -> bool:
    return sound is not None and sound.path.stat().st_size <= EMBEDDED_BYTES


def _while_good(share: Share, pieces: Iterator[bytes]) -> Iterator[bytes]:
    checked = time.monotonic()
    for piece in pieces:
        if time.monotonic() > checked + RECHECK_SECONDS:
            checked = time.monotonic()
            if not Share.objects.valid().filter(pk=share.pk).exists():
                raise Ended
        yield piece


def segments_of(share: Share) -> list[Segment]:
    """Return segments that are not to be saved. Times count from the start of the part, as its sound does."""
    transcript = share.recording.transcript
    if transcript is None:
        return []
    segments = transcript.segments.select_related("speaker")
    if share.start is not None:
        segments = segments.filter(end__gt=share.start)
    if share.end is not None:
        segments = segments.filter(start__lt=share.end)
    return list(_shown(share, segments))


def duration_of(share: Share) -> float | None:
    """Return the length of what is shared, in seconds."""
    end = share.end if share.end is not None else share.recording.duration
    return None if end is None else max(0.0, min(end, share.recording.duration or end) - (share.start or 0.0))


def _shown(share: Share, segments: "Iterator[Segment]") -> Iterator[Segment]:
    start = share.start or 0.0
    end = float("inf") if share.end is None else share.end
    for segment in segments:
        if not share.has_speakers:
            segment.speaker = None
        if not (start <= segment.start and segment.end <= end) and not clip(segment, start, end):
            continue
        yield shifted(segment, start) if start else segment


def clip(segment: Segment, start: float, end: float) -> bool:
    """Leave only the words that are spoken between `start` and `end`; return whether there are any.

    What has no words with times cannot be cut, and is left out.
    """
    kept = []
    offset, bounds = 0, None
    for word in segment.words:
        text = word[0].strip()
        at = segment.text.find(text, offset)
        if at < 0:
            return False
        offset = at + len(text)
        if start <= word[1] and word[2] <= end:
            kept.append(word)
            bounds = (bounds[0] if bounds else at, offset)
    if bounds is None:
        return False
    segment.words = kept
    segment.text = segment.text[slice(*bounds)]
    segment.start, segment.end = max(segment.start, start), min(segment.end, end)
    return True


def shifted(segment: Segment, start: float) -> Segment:
    segment.start = round(segment.start - start, 3)
    segment.end = round(segment.end - start, 3)
    segment.words = [
        [text, round(at - start, 3), round(until - start, 3), *rest]
        for text, at, until, *rest in segment.words
    ]
    return segment
