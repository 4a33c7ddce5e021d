"""Forms whose files may come without a file name, which Django takes for text and cuts off."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO

from django.conf import settings
from django.http import HttpRequest
from django.http.multipartparser import ChunkIter, LazyStream, MultiPartParserError, Parser
from django.utils.http import parse_header_parameters

from transcripts.api.errors import ApiError

READ_BYTES = 256 * 1024
# Of a part that is text, and parts in all.
TEXT_BYTES = 1_000_000
MAX_PARTS = 20


@dataclass
class Form:
    """Parts by their names: texts as bytes, files as open files that vanish when they are closed."""

    texts: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, IO[bytes]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def close(self) -> None:
        for file in self.files.values():
            file.close()


def read_form(request: HttpRequest, file_names: Iterable[str]) -> Form:
    """Take a form apart. Parts of these names are files, whether they have a file name or not.

    Raises: ApiError: it is no form, or one of its texts is too large.
    """
    form = Form()
    try:
        for number, (_, headers, stream) in enumerate(Parser(_stream(request), _boundary(request))):
            facts = headers.get("content-disposition", ("", {}))[1]
            name = _said(facts, "name")
            if number >= MAX_PARTS:
                raise ApiError(f"The form has more than {MAX_PARTS} parts.", code="InvalidPayload")
            if name in file_names and name not in form.files:
                form.names[name] = _said(facts, "filename")
                form.files[name] = _spooled(stream)
            elif name:
                form.texts[name] = _text(name, stream)
    except BaseException:
        form.close()
        raise
    return form


def _said(facts: Mapping[str, bytes | str], name: str) -> str:
    value = facts.get(name, b"")
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _stream(request: HttpRequest) -> LazyStream:
    return LazyStream(ChunkIter(request, READ_BYTES))


def _boundary(request: HttpRequest) -> bytes:
    kind, facts = parse_header_parameters(request.META.get("CONTENT_TYPE", ""))
    if kind != "multipart/form-data" or not facts.get("boundary"):
        raise ApiError("Send a form: the Content-Type must be multipart/form-data.", 415)
    try:
        return facts["boundary"].encode("ascii")
    except UnicodeEncodeError:
        raise MultiPartParserError from None


def _spooled(stream: LazyStream) -> IO[bytes]:
    file = tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115
    for piece in stream:
        file.write(piece)
    file.seek(0)
    return file


def _text(name: str, stream: LazyStream) -> bytes:
    text = stream.read(TEXT_BYTES + 1)
    if len(text) > TEXT_BYTES:
        raise ApiError(f"The form's field “{name[:40]}” is too large to be text.", 413, param=name[:40])
    return text
