"""How fast this installation transcribes: what it needed for the work it has done."""

from contextlib import suppress

from django.db import IntegrityError
from django.db.models import F

from transcripts.models import Speed

# Seconds of work before its speed is worth an estimate, and after which older work counts for little.
SETTLED_SECONDS = 5.0
KEPT_SECONDS = 600.0


def note(model: str, sound: float, work: float) -> None:
    """Count `sound` seconds of a recording that were transcribed in `work` seconds."""
    kept = KEPT_SECONDS / (KEPT_SECONDS + work)
    rows = Speed.objects.filter(model=model)
    if rows.update(sound=F("sound") * kept + sound, work=F("work") * kept + work):
        return
    # Where another worker was first, one batch more or less makes no difference.
    with suppress(IntegrityError):
        Speed.objects.create(model=model, sound=sound, work=work)


def speed_of(model: str) -> float | None:
    """Return seconds of sound in a second of work, or None before enough was done to know."""
    row = Speed.objects.filter(model=model, work__gte=SETTLED_SECONDS).first()
    return row.sound / row.work if row and row.sound else None
