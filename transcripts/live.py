"""Follows recordings that still grow, and cuts them into spans as their bytes come.

One process follows all of them. Each costs a child that decodes, which sleeps while nothing comes, and a
cutter; what a second of sound costs does not depend on how long the recording already is.
"""

import logging
import select
import time
from uuid import UUID

from django.db import close_old_connections, transaction
from django.db.models import Q

from transcripts import events, lifecycle, previews
from transcripts.engine.audio import MESSAGES, STALL_SECONDS
from transcripts.engine.base import SAMPLE_RATE, Audio
from transcripts.engine.errors import AudioError
from transcripts.failpoints import failpoint
from transcripts.models import Event, Recording
from transcripts.models.lease import RENEW_SECONDS
from transcripts.preparation import Preparation, Superseded, open_growing
from transcripts.progress import seconds_behind

logger = logging.getLogger(__name__)

State = Recording.State
# Seconds between two looks at how many bytes have come.
LOOK_SECONDS = 0.15
# Seconds without a byte after which a recording is let go of: a long pause, or somebody who went away.
IDLE_SECONDS = 300.0
# Seconds of audio taken from one recording before it is the next one's turn.
TURN_SECONDS = 5.0
# Seconds between two words on how far the text lags.
LAG_SECONDS = 4.0


class Follower:
    """All recordings that are followed by this process."""

    def __init__(self) -> None:
        self.followed: dict[UUID, Followed] = {}
        self.renewed_at = self.told_at = time.monotonic()
        # How many bytes a recording had when its decoder was sent home.
        self.resting: dict[UUID, int] = {}

    def run(self) -> None:
        while True:
            if not self.look():
                self.wait()

    def wait(self) -> None:
        """Wait for bytes, which only a look finds, or for what is decoded of those that are complete."""
        complete = [followed.audio for followed in self.followed.values() if followed.is_complete]
        select.select(complete, [], [], LOOK_SECONDS)

    def look(self) -> bool:
        """Go once round; return whether there is more to do at once."""
        self.renew()
        rows = {row.pk: row for row in self.interesting()}
        for pk in self.followed.keys() - rows.keys():
            self.drop(pk)
        self.resting = {pk: size for pk, size in self.resting.items() if pk in rows}
        self.begin([row for row in rows.values() if row.pk not in self.followed])
        unfinished = [self.advance(rows[pk]) for pk in list(self.followed)]
        self.tell_lag(rows)
        return any(unfinished)

    def interesting(self) -> list[Recording]:
        # Channels that are heard apart wait for the whole.
        mixed = Q(is_multichannel=False) & (Q(is_diarized=False) | Q(is_live=True))
        growing = Q(state=State.RECEIVING, bytes_received__gt=0) & mixed & ~Q(can_stream=False)
        complete = Q(state__in=[State.QUEUED, State.PREPARING], pk__in=list(self.followed))
        return list(Recording.objects.filter(growing | complete, deleted_at=None))

    def begin(self, recordings: list[Recording]) -> None:
        for recording in recordings:
            if self.resting.get(recording.pk) == recording.bytes_received:
                continue
            fence = claim(recording)
            if fence is not None:
                failpoint("recording-followed")
                logger.info("Following recording %s", recording.pk)
                self.follow(recording, fence)

    def follow(self, recording: Recording, fence: int) -> None:
        try:
            self.followed[recording.pk] = Followed(recording, fence)
        except AudioError as error:
            # Nor can it be prepared when it is complete; then its owner is told why.
            logger.info("Recording %s is not followed: %s", recording.pk, error)
            held = Recording.objects.filter(pk=recording.pk, fence=fence)
            held.update(can_stream=False, lease_until=None)
        except Exception:
            # The count of attempts bounds how often it is tried again.
            logger.exception("Recording %s cannot be followed now", recording.pk)
            Recording.objects.filter(pk=recording.pk, fence=fence).update(lease_until=None)

    def advance(self, row: Recording) -> bool:
        followed = self.followed[row.pk]
        try:
            has_more = followed.advance(row)
        except Superseded:
            logger.info("Recording %s went another way", row.pk)
            followed.is_over = True
        except Exception as error:
            if isinstance(error, AudioError) and error.permanent:
                # It may need its end to be read at all; the whole will be tried when it is complete.
                logger.info("Recording %s cannot be followed: %s", row.pk, error)
                followed.give_up()
            else:
                # Nor is it the others' fault. The count of attempts bounds how often it is tried again.
                logger.exception("Recording %s cannot be followed now", row.pk)
                followed.let_go()
        if followed.is_idle:
            followed.rest()
            self.resting[row.pk] = row.bytes_received
        if not followed.is_over:
            return has_more
        self.drop(row.pk)
        return False

    def drop(self, pk: UUID) -> None:
        self.followed.pop(pk).close()

    def tell_lag(self, rows: dict[UUID, Recording]) -> None:
        """Have the pages say how far the text lags: where workers are too busy, nothing else tells them."""
        if time.monotonic() - self.told_at < LAG_SECONDS:
            return
        self.told_at = time.monotonic()
        for pk in self.followed:
            if seconds_behind(rows[pk]):
                events.publish(pk, Event.Kind.PROGRESS)

    def renew(self) -> None:
        if time.monotonic() - self.renewed_at < RENEW_SECONDS:
            return
        self.renewed_at = time.monotonic()
        close_old_connections()
        for followed in self.followed.values():
            followed.preparation.held.renew()


@transaction.atomic
def claim(recording: Recording) -> int | None:
    """Take a recording to follow; return the fence, or None where another process has it."""
    if recording.state != State.RECEIVING:
        return None
    fence = lifecycle.claim(recording, State.RECEIVING)
    if fence is None or recording.can_stream is False:
        return None
    recording.can_stream = True
    recording.save(update_fields=["can_stream"])
    if recording.transcript is None:
        recording.transcripts.create(task=recording.task, language=recording.language)
    failpoint("following-claimed")
    return fence


class Followed:
    """One recording, its decoder and its cutter."""

    def __init__(self, recording: Recording, fence: int) -> None:
        self.preparation = Preparation(recording, fence)
        self.audio = open_growing(recording, self.preparation.hours_allowed())
        self.preview = previews.Preview(recording.pk)
        self.fed = 0  # bytes
        self.fed_at = self.heard_at = time.monotonic()
        self.has_format = False
        self.is_complete = False
        self.is_over = False

    def advance(self, row: Recording) -> bool:
        """Take what has come, at most one turn of it; return whether there is more."""
        if row.fence != self.preparation.fence:
            raise Superseded  # its bytes may begin anew
        if row.bytes_received > self.fed:
            self.fed, self.fed_at = row.bytes_received, time.monotonic()
            self.audio.feed(self.fed)
        if row.state != State.RECEIVING and not self.is_complete:
            self.complete(row)
        end = self.preparation.decoded + TURN_SECONDS * SAMPLE_RATE
        while self.preparation.decoded < end:
            samples = self.audio.read()
            if self.audio.has_ended:
                self.take(samples)
                self.preparation.finish(is_truncated=self.audio.is_truncated)
                self.is_over = True
                return False
            if not len(samples):
                self.preparation.note_silence()
                self.preview.offer(self.preparation.cutter.open_span())
                self.check_stall()
                return False
            self.take(samples)
        return True

    def complete(self, row: Recording) -> None:
        """All bytes are here: what is left to decode is the end."""
        if not lifecycle.move(row, State.PREPARING, fence=self.preparation.fence):
            raise Superseded
        failpoint("end-noted")
        self.is_complete = True
        self.heard_at = time.monotonic()
        self.audio.end()

    def check_stall(self) -> None:
        """Raises: AudioError: nothing more can come, and what is there is not decoded."""
        if self.is_complete and time.monotonic() - self.heard_at > STALL_SECONDS:
            raise AudioError(MESSAGES["limits"])

    def take(self, samples: Audio) -> None:
        self.heard_at = time.monotonic()
        if self.audio.info and not self.has_format:
            self.preparation.note_format(self.audio.info)
            self.has_format = True
        self.preparation.push(samples)

    @property
    def is_idle(self) -> bool:
        """Nothing has come for so long that its decoder only takes up memory."""
        return not self.is_complete and time.monotonic() - self.fed_at > IDLE_SECONDS

    def rest(self) -> None:
        """Let go of a recording until more comes of it, which is then decoded from its beginning."""
        self.preparation.held.update(lease_until=None, attempt=0)
        self.is_over = True

    def let_go(self) -> None:
        """Leave the recording to whoever takes it next, and decodes it from its beginning."""
        self.preparation.held.update(lease_until=None)
        self.is_over = True

    def give_up(self) -> None:
        """Leave the recording to the ordinary preparation, which begins when all its bytes are here."""
        self.preparation.held.update(can_stream=False, lease_until=None)
        failpoint("following-given-up")
        self.is_over = True

    def close(self) -> None:
        self.audio.close()
        self.preparation.close()
