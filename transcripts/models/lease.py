"""Work that one process at a time holds, and loses when it stops renewing it, or dies."""

import os
import socket
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

# A holder renews every RENEW_SECONDS; after LEASE_SECONDS without that it is taken to be dead.
LEASE_SECONDS = 15
RENEW_SECONDS = 5
# When this many holders have died on it, the work itself is taken to be what kills them.
MAX_ATTEMPTS = 3


def lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=LEASE_SECONDS)


@cache
def machine() -> str:
    """Return what tells apart where process numbers mean something: the running kernel, and its namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return socket.gethostname()


def holder() -> str:
    """Return who this process is: others on the machine can see when it is gone."""
    return f"{machine()}:{os.getpid()}"


class LeasedQuerySet(models.QuerySet):
    def free(self) -> Self:
        """Rows that nobody alive holds."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=timezone.now()))

    def claim(self, **changes: object) -> int:
        """Take the free rows of this queryset; return how many were taken."""
        return self.free().update(
            fence=F("fence") + 1,
            attempt=F("attempt") + 1,
            lease_until=lease_end(),
            holder=holder(),
            **changes,
        )

    def renew(self) -> int:
        return self.update(lease_until=lease_end())

    def release(self) -> int:
        """Hand the work back untouched: the attempt does not count."""
        return self.update(lease_until=None, attempt=F("attempt") - 1)

    def set_aside(self, seconds: float) -> int:
        """Let nobody take the rows for so long. They have no holder, whose death would free them."""
        return self.update(lease_until=timezone.now() + timedelta(seconds=seconds), holder="")

    def call_back(self) -> int:
        """Free those that were set aside."""
        return self.filter(holder="").update(lease_until=None)


class Leased(models.Model):
    """A row that one worker at a time works on.

    The fence grows with each claim. Every write of a worker is filtered by the fence it claimed under, so one
    that was paused, replaced, and wakes up again changes nothing.
    """

    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    holder = models.CharField(max_length=80, blank=True, help_text="Who claimed it last.")

    class Meta:
        abstract = True
