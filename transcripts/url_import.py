"""Brings in a recording that somebody gave a link to: an upload whose sender is the server itself."""

import io
import logging
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from urllib.parse import unquote
from uuid import UUID

import httpx2
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.http import parse_header_parameters

from sttweb.accounts.models import User
from transcripts import events, ingest, leases, lifecycle, outbound, queues, reopening, storage
from transcripts.ingest import Refused
from transcripts.labels import clean_label, title_from
from transcripts.models import Event, Recording, UrlImport
from transcripts.models.lease import MAX_ATTEMPTS
from transcripts.models.recording import TITLE_LENGTH
from transcripts.outbound import Answer, FetchError
from transcripts.wishes import Wishes

logger = logging.getLogger(__name__)

State = Recording.State

# What is received is committed after so many bytes, or so many seconds.
PIECE_BYTES = 1024 * 1024
PIECE_SECONDS = 1.0
# From the asking to the last byte, with all interruptions.
LONGEST = timedelta(hours=12)
# Bytes a second, as a mean over RATE_SECONDS, under which nobody is waited for.
SLOWEST = 4096
RATE_SECONDS = 60.0
# After so long a file makes room for the others that wait, if its server can go on where it was.
TURN_SECONDS = 60.0
# Tries in a row that bring no byte, and the seconds before the second of them, which then double.
MAX_TRIES = 5
FIRST_PAUSE_SECONDS = 1.0
# What may be better after a while: another writes to the file, or the disk is full.
PASSING = (423, 507)
WAIT_SECONDS = 30.0

WEB_PAGES = {"text/html", "application/xhtml+xml"}
WEB_PAGE_START = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype html|html|head)\b", re.IGNORECASE)
CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,15})-\d{1,15}|\*)/(\d{1,15}|\*)$")

HAS_CHANGED = "The file at the link changes while it is fetched: try again later."
A_WEB_PAGE = "This link leads to a web page, not to a recording: give the link of the audio or video file."


class Superseded(Exception):
    """The import was cancelled or deleted, or another worker took it over."""


def policy() -> outbound.Policy:
    return outbound.Policy(
        allowed=tuple(settings.STT_IMPORT_ALLOW), ports=frozenset(settings.STT_IMPORT_PORTS)
    )


def begin(owner: User, url: str, wishes: Wishes) -> Recording:
    """Take on a link; its file is fetched by a worker.

    Raises: Refused: it is no link that may be fetched, or there is no room.
    """
    try:
        parsed = outbound.parse(url, policy())
    except FetchError as error:
        raise Refused(str(error)) from None
    wishes = replace(
        wishes,
        source=Recording.Source.API if wishes.api_request else Recording.Source.URL,
        file_name=name_in_path(parsed),
        title=wishes.title or title_of(parsed),
    )
    recording = ingest.begin(owner, wishes, None)
    UrlImport.objects.create(recording=recording, url=str(parsed), asked_at=timezone.now())
    transaction.on_commit(partial(queues.wake, recording))
    return recording


def name_in_path(url: httpx2.URL) -> str:
    return clean_label(unquote(url.path.rstrip("/").rpartition("/")[2]), 255)


def title_of(url: httpx2.URL) -> str:
    return clean_label(title_from(name_in_path(url)) or url.host, TITLE_LENGTH)


def fetch(recording_id: UUID) -> None:
    """Fetch what is missing of the file, and send the recording on its way."""
    rows = UrlImport.objects.filter(pk=recording_id, recording__state=State.RECEIVING)
    if not rows.claim():
        return
    wanted = UrlImport.objects.select_related("recording__owner").get(pk=recording_id)
    held = rows.filter(fence=wanted.fence)
    recording = wanted.recording
    if wanted.attempt > MAX_ATTEMPTS:
        lifecycle.fail(recording, lifecycle.GAVE_UP)
        return
    try:
        with leases.renewing(held):
            Import(wanted, held).run()
    except Superseded:
        logger.info("The import of %s ended early", recording_id)
    except (FetchError, Refused) as error:
        if isinstance(error, Refused) and error.status in PASSING:
            logger.info("Import of %s waits: %s", recording_id, error)
            held.update(attempt=0)
            held.set_aside(WAIT_SECONDS)
        elif held.exists():
            lifecycle.fail(recording, str(error))
    except BaseException:
        # Something unforeseen: free for the next try, which the count of attempts bounds.
        held.update(lease_until=None)
        raise


class FencedBytes(io.BytesIO):
    """Bytes for `ingest.append`, which reads them while it holds the file: then it is certain whose it is."""

    def __init__(self, data: bytes, held) -> None:
        super().__init__(data)
        self.held = held

    def read(self, size: int | None = -1, /) -> bytes:
        if not self.held.exists():
            raise Superseded
        return super().read(size)


class Import:
    """One worker's turn at one link. `held`: the row, as long as it is this worker's."""

    def __init__(self, wanted: UrlImport, held) -> None:
        self.wanted = wanted
        self.held = held
        self.recording = wanted.recording
        self.began = time.monotonic()
        self.can_resume = False
        self.percent = 0

    def run(self) -> None:
        tries = 0
        while True:
            before = self.recording.bytes_received
            try:
                if self.receive():
                    self.complete()
                else:
                    self.give_way()
                return
            except FetchError as error:
                tries = 0 if self.recording.bytes_received > before else tries + 1
                if not error.is_passing or tries == MAX_TRIES:
                    raise
                logger.info("Import of %s: %s", self.recording.pk, error)
                self.pause(FIRST_PAUSE_SECONDS * 2 ** max(0, tries - 1))

    def pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.check_held()
            time.sleep(min(1.0, seconds))

    def check_held(self) -> None:
        if not self.held.exists():
            raise Superseded
        if timezone.now() - self.wanted.asked_at > LONGEST:
            raise FetchError("The file did not arrive within 12 hours.")

    def receive(self) -> bool:
        """Ask for what is missing and keep it; return False where another's turn has come before the end."""
        self.check_held()
        with outbound.fetch(self.wanted.url, self.range_wanted(), policy()) as answer:
            if self.is_past_end(answer):
                return True
            self.accept(answer)
            rate = RateLimit()
            for piece in pieces(answer.body):
                self.keep(piece)
                rate.count(len(piece))
                if self.is_others_turn():
                    return False
        if self.recording.size is not None and self.recording.bytes_received < self.recording.size:
            raise FetchError("The link's server sent less than the whole file.", is_passing=True)
        return True

    def range_wanted(self) -> dict[str, str]:
        """Return the headers that ask for the rest of the same version, or the whole (RFC 9110, 13.1.5)."""
        if self.recording.bytes_received and self.wanted.validator:
            return {
                "Range": f"bytes={self.recording.bytes_received}-",
                "If-Range": self.wanted.validator,
            }
        return {}

    def is_past_end(self, answer: Answer) -> bool:
        """Whether there was nothing left to ask for, although the server had announced more."""
        if answer.status != 416 or not self.recording.bytes_received:
            return False
        if content_range(answer)[1] == self.recording.bytes_received:
            self.resize(self.recording.bytes_received)
            return True
        self.start_over()
        raise FetchError(HAS_CHANGED, is_passing=True)

    def accept(self, answer: Answer) -> None:
        """Prepare for the body, which goes on where the file ends or begins anew.

        Raises: FetchError, Refused: it is not to be had, or not to be taken.
        """
        outbound.check_status(answer.status)
        refuse_web_page(answer)
        received = self.recording.bytes_received
        start, total = content_range(answer) if answer.status == 206 else (0, content_length(answer))
        if start not in (0, received):
            self.start_over()
            raise FetchError("The link's server sent another part than was asked for.", is_passing=True)
        if start == 0:
            self.start_over()
            self.note_version(answer)
        elif total not in (None, self.recording.size):
            self.start_over()
            raise FetchError(HAS_CHANGED, is_passing=True)
        self.can_resume = answer.status == 206 or answer.headers.get("Accept-Ranges") == "bytes"
        if total is not None:
            check_size(total)
            ingest.announce(self.recording, total)

    def note_version(self, answer: Answer) -> None:
        etag = answer.headers.get("ETag", "")
        # A weak tag does not promise the same bytes.
        validator = etag if etag.startswith('"') else answer.headers.get("Last-Modified", "")
        self.wanted.validator = validator
        self.held.update(validator=validator)
        if name := disposition_name(answer.headers.get("Content-Disposition", "")):
            self.rename(name)

    def rename(self, name: str) -> None:
        """Call the recording as its server does, unless its owner has named it meanwhile."""
        title = clean_label(title_from(name), TITLE_LENGTH)
        rows = Recording.objects.filter(pk=self.recording.pk)
        rows.update(file_name=name)
        if title:
            rows.filter(title=title_of(httpx2.URL(self.wanted.url))).update(title=title)

    def start_over(self) -> None:
        """Forget what came: the server cannot go on from there, or the file is another one."""
        with storage.locked(self.recording.source_path) as file:
            self.check_held()
            with transaction.atomic():
                # Another file may be read along where this one could not.
                Recording.objects.filter(pk=self.recording.pk).update(size=None, can_stream=None)
                if self.recording.bytes_received:
                    reopening.start_over(self.recording)
            file.truncate(0)
        self.recording.refresh_from_db()

    def resize(self, size: int) -> None:
        Recording.objects.filter(pk=self.recording.pk).update(size=size)
        self.recording.size = size

    def keep(self, piece: bytes) -> None:
        offset = self.recording.bytes_received
        if offset == 0 and WEB_PAGE_START.match(piece):
            raise FetchError(A_WEB_PAGE)
        check_size(offset + len(piece))
        self.check_held()
        try:
            ingest.append(self.recording, offset, FencedBytes(piece, self.held), len(piece))
        except Refused:
            self.check_held()
            raise
        # Whoever gets on is not what kills workers.
        self.held.update(attempt=0)
        self.tell()

    def tell(self) -> None:
        """Move the bar on the page, at most a hundred times."""
        percent = 100 * self.recording.bytes_received // (self.recording.size or 2**63)
        if percent > self.percent:
            self.percent = percent
            events.publish(self.recording.pk, Event.Kind.PROGRESS)

    def is_others_turn(self) -> bool:
        if not self.can_resume or not self.wanted.validator or time.monotonic() - self.began < TURN_SECONDS:
            return False
        waiting = UrlImport.objects.free().filter(recording__state=State.RECEIVING)
        return waiting.exclude(pk=self.wanted.pk).exists()

    def give_way(self) -> None:
        self.held.update(lease_until=None)
        queues.enqueue("fetch", self.wanted.pk)

    def complete(self) -> None:
        self.check_held()
        if self.recording.size is None:
            ingest.announce(self.recording, self.recording.bytes_received)
        sha256 = storage.file_sha256(self.recording.source_path)
        if same := ingest.same_recording(self.recording, sha256):
            self.start_over()
            lifecycle.move(
                self.recording, State.CANCELLED, message=f"You already have this recording: “{same.title}”."
            )
            return
        ingest.finish(self.recording)
        UrlImport.objects.filter(pk=self.wanted.pk).delete()


class RateLimit:
    """Notices senders that keep a worker busy with next to nothing."""

    def __init__(self) -> None:
        self.since = time.monotonic()
        self.received = 0

    def count(self, length: int) -> None:
        self.received += length
        elapsed = time.monotonic() - self.since
        if elapsed < RATE_SECONDS:
            return
        if self.received < SLOWEST * elapsed:
            raise FetchError("The link's server sends too slowly: download the file yourself and upload it.")
        self.since, self.received = time.monotonic(), 0


def pieces(body: Iterator[bytes]) -> Iterator[bytes]:
    """Gather what comes into pieces that are worth a commit. What came before a cut is one, too."""
    gathered, since = bytearray(), time.monotonic()
    failure: Exception | None = None
    try:
        for part in body:
            gathered += part
            if len(gathered) >= PIECE_BYTES or time.monotonic() - since >= PIECE_SECONDS:
                yield bytes(gathered)
                gathered, since = bytearray(), time.monotonic()
    except Exception as error:
        failure = error
    if gathered:
        yield bytes(gathered)
    if failure is not None:
        raise failure


def refuse_web_page(answer: Answer) -> None:
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in WEB_PAGES:
        raise FetchError(A_WEB_PAGE)
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise FetchError("The link's server sends the file packed: download it yourself and upload it.")


def check_size(size: int) -> None:
    if size > settings.STT_IMPORT_BYTES:
        most = settings.STT_IMPORT_BYTES / 1e9
        raise Refused(f"The file at the link is larger than the {most:g} GB that may be fetched.", 413)


def content_range(answer: Answer) -> tuple[int | None, int | None]:
    """Return the first byte and the size of the whole, as far as the answer says."""
    match = CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
    if match is None:
        return None, None
    return (int(match[1]) if match[1] else None), (None if match[2] == "*" else int(match[2]))


def content_length(answer: Answer) -> int | None:
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdecimal() and len(length) <= 15 else None


def disposition_name(header: str) -> str:
    """Return the file name that a Content-Disposition gives (RFC 6266), as a label."""
    try:
        name = parse_header_parameters(header)[1].get("filename", "")
    except (ValueError, LookupError):
        return ""
    return clean_label(name.replace("\\", "/").rpartition("/")[2], 255)
