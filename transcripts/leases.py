"""Keeps a claim alive while the work goes on, and ends those of the dead."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.db import Error, connection
from django.utils import timezone

from transcripts.models import Delivery, Hypothesis, Recording, Rerun, UrlImport
from transcripts.models.lease import RENEW_SECONDS, LeasedQuerySet, machine

logger = logging.getLogger(__name__)


@contextmanager
def renewing(rows: LeasedQuerySet) -> Iterator[None]:
    """Renew the lease of the rows from a thread of its own: decoding and inference hold the caller's."""
    stop = Event()
    thread = Thread(target=_renew, args=(rows, stop), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _renew(rows: LeasedQuerySet, stop: Event) -> None:
    try:
        while not stop.wait(RENEW_SECONDS):
            try:
                rows.renew()
            except Error:
                logger.warning("A lease could not be renewed", exc_info=True)
    finally:
        connection.close()


def end_orphaned() -> None:
    """Free what processes of this machine held that are gone: their leases need not run out first.

    Where the process number was given to another meanwhile, the lease runs out as on any other machine.
    """
    working = Recording.objects.exclude(state__in=Recording.TERMINAL_STATES)
    untold = Delivery.objects.filter(state=Delivery.State.WAITING)
    for rows in (Hypothesis.objects.open(), working, UrlImport.objects.all(), Rerun.objects.open(), untold):
        held = rows.filter(lease_until__gt=timezone.now(), holder__startswith=f"{machine()}:")
        for holder in set(held.values_list("holder", flat=True)):
            if not is_alive(int(holder.rpartition(":")[2])):
                freed = rows.filter(holder=holder).update(lease_until=None)
                logger.warning("%d rows were freed of process %s, which is gone", freed, holder)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
