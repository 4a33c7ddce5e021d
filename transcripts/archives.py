"""Many files of many recordings as one ZIP, made while it is sent."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED

from zipstream import ZipStream

from transcripts.exporting import UnknownFormat, file_of
from transcripts.exports import DEFAULTS, Options, file_name
from transcripts.models import Recording
from transcripts.refusals import Refused

logger = logging.getLogger(__name__)

MISSING_NAME = "Missing.txt"


def zip_name(recordings: Sequence[Recording]) -> str:
    title = recordings[0].title if len(recordings) == 1 else f"Transcripts {datetime.now(UTC):%Y-%m-%d}"
    return file_name(title, "zip")


def zip_of(
    recordings: Iterable[Recording], keys: Sequence[str], options: Options = DEFAULTS
) -> Iterator[bytes]:
    """Return a ZIP with a file for each key of each recording, in pieces; one file at a time is in memory.

    A recording that has no such file, audio for one, goes without; a file that cannot be made is named in a
    list at the end, and the others come all the same.

    Args: keys: of `exports.FORMATS` or `exporting.SOUNDS`.
    """
    archive = ZipStream(compress_type=ZIP_DEFLATED)
    names: set[str] = set()
    missing: list[str] = []
    for recording in recordings:
        for key in keys:
            try:
                file = file_of(recording, key, options)
            except UnknownFormat:
                continue
            except Refused as refused:
                missing.append(f"{file_name(recording.title, key)}: {refused}\n")
                continue
            except Exception:
                logger.exception("Recording %s could not be exported as %s", recording.pk, key)
                missing.append(f"{file_name(recording.title, key)}: This file could not be made.\n")
                continue
            compression = ZIP_STORED if file.is_compressed else ZIP_DEFLATED
            archive.add(file.pieces, unused(file.name, names), compress_type=compression)
            yield from archive.file()
    if missing:
        archive.add("".join(missing), unused(MISSING_NAME, names))
        yield from archive.file()
    yield from archive.finalize()


def unused(name: str, names: set[str]) -> str:
    """Return the name, with a number where another file has it, and note it; capitals make no difference."""
    path = PurePosixPath(name)
    candidate, number = name, 1
    while candidate.casefold() in names:
        number += 1
        candidate = f"{path.stem} ({number}){path.suffix}"
    names.add(candidate.casefold())
    return candidate
