"""Files that programs send before they ask for their text: kept for a while, and counted in the quota."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from sttweb.accounts.models import ApiKey, User
from transcripts import quotas
from transcripts.ingest import READ_BYTES, Readable
from transcripts.labels import clean_label
from transcripts.models import ApiFile
from transcripts.refusals import Refused

KEPT = timedelta(days=7)
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=30)
MAX_PARTS = 10_000
ETAG = re.compile("[0-9a-f]{64}")
NAME = "upload.bin"


def begin(owner: User, key: ApiKey, name: str, kept: timedelta | None = None) -> ApiFile:
    """Make a place for a file, whose bytes then come whole or in parts.

    Args: kept: how long its sender wants it kept.
    Raises: Refused: too many are waited for.
    """
    waited_for = ApiFile.objects.filter(owner=owner, is_complete=False, expires_at__gt=timezone.now())
    if waited_for.count() >= settings.STT_MAX_OPEN_UPLOADS:
        raise Refused("Too many of your files are not here yet: send them, or wait until they expire.", 429)
    kept = min(max(kept or KEPT, SHORTEST), LONGEST)
    if key.retention_hours:
        kept = min(kept, timedelta(hours=key.retention_hours))
    label = clean_label(name, 255) or NAME
    return ApiFile.objects.create(owner=owner, key=key, name=label, expires_at=timezone.now() + kept)


def take(file: ApiFile, body: Readable, size: int) -> str:
    """Take the file in, whole; return its SHA-256. Sent again, it replaces what was there.

    Raises: Refused: there is no room for it, or it did not arrive whole.
    """
    _reserve(file, size, size - file.size)
    digest = _write(file.path, body, size)
    _complete(file, size)
    return digest


def take_part(file: ApiFile, number: int, body: Readable, size: int) -> str:
    """Take one of the parts that `join` makes the file of; return its SHA-256, by which `join` knows it.

    Raises: Refused: there is no room for it, or it did not arrive whole.
    """
    if file.is_complete:
        raise Refused("This file is complete: nothing can be added to it.")
    if not 1 <= number <= MAX_PARTS:
        raise Refused(f"Number the parts from 1 to {MAX_PARTS}.")
    _reserve(file, file.size + size, size)
    draft = file.folder / f"draft-{number}"
    digest = _write(draft, body, size)
    draft.rename(_part(file, number, digest))
    return digest


def join(file: ApiFile, parts: Iterable[tuple[int, str]]) -> None:
    """Make the file of its parts, in the order of their numbers. Asked again, it does nothing.

    Args: parts: each one's number, and what `take_part` returned for it.
    Raises: Refused: one of them is not here.
    """
    if file.is_complete:
        return
    paths = [_known_part(file, number, digest) for number, digest in sorted(parts)]
    if not paths:
        raise Refused("Name the parts that the file is made of.")
    size = sum(path.stat().st_size for path in paths)
    quotas.check_disk(size)
    with tempfile.NamedTemporaryFile(dir=file.folder, delete=False) as whole:
        for path in paths:
            with path.open("rb") as part:
                shutil.copyfileobj(part, whole, READ_BYTES)
        _settle(whole, file.path)
    for path in file.folder.glob("part-*"):
        path.unlink(missing_ok=True)
    _complete(file, size)


def delete_expired() -> None:
    """Remove what has been kept for as long as it may be, and what was left of accounts that are gone."""
    for file in ApiFile.objects.filter(expires_at__lt=timezone.now()):
        file.delete_files()
        file.delete()
    folders = {path.name: path for path in (settings.DATA_DIR / "files").glob("*")}
    known = {str(pk) for pk in ApiFile.objects.values_list("pk", flat=True)}
    for name in folders.keys() - known:
        shutil.rmtree(folders[name], ignore_errors=True)


def _reserve(file: ApiFile, size: int, more: int) -> None:
    """Keep room for `more` bytes of a file that is then to have `size`."""
    if size > settings.STT_API_BYTES:
        raise Refused(f"The file is larger than the {settings.STT_API_BYTES // 1_000_000} MB allowed.", 413)
    with quotas.reserving():
        quotas.check(file.owner, more)
        ApiFile.objects.filter(pk=file.pk).update(size=F("size") + more)


def _write(path: Path, body: Readable, size: int) -> str:
    if size == 0:
        raise Refused("The file is empty.")
    path.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        while piece := body.read(READ_BYTES):
            draft.write(piece)
            digest.update(piece)
        if draft.tell() != size:
            Path(draft.name).unlink()
            raise Refused("The file did not arrive whole: send it again.")
        _settle(draft, path)
    return digest.hexdigest()


def _settle(draft: "tempfile._TemporaryFileWrapper[bytes]", path: Path) -> None:
    """Put a file in its place once it is on the disk."""
    draft.flush()
    os.fsync(draft.fileno())
    Path(draft.name).rename(path)


def _complete(file: ApiFile, size: int) -> None:
    ApiFile.objects.filter(pk=file.pk).update(size=size, is_complete=True)


def _part(file: ApiFile, number: int, digest: str) -> Path:
    return file.folder / f"part-{number:05}-{digest}"


def _known_part(file: ApiFile, number: int, digest: str) -> Path:
    path = _part(file, number, digest) if ETAG.fullmatch(digest) else None
    if path is None or not path.exists():
        raise Refused(f"Part {number} is not here: send it again.")
    return path


def open_whole(file: ApiFile) -> IO[bytes]:
    """Raises: Refused: its bytes have not come yet."""
    if not file.is_complete:
        raise Refused("The file at this address was announced, and not sent yet.")
    return file.path.open("rb")
