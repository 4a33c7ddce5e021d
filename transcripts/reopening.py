"""Ways back: a recording that was taken as cut short goes on, one that arrived damaged begins anew."""

from django.db import transaction
from django.db.models import F

from transcripts import events, lifecycle, reruns
from transcripts.failpoints import failpoint
from transcripts.models import Event, Hypothesis, Recording, Rerun, Segment
from transcripts.models.transcript import POSITIONS_PER_SPAN


@transaction.atomic
def reopen(recording: Recording) -> None:
    """Go back to receiving. All spans stay but the last, which only the end of the bytes had cut."""
    lifecycle.move(
        recording,
        Recording.State.RECEIVING,
        attempt=0,
        lease_until=None,
        is_cut_short=False,
        message="",
        sha256="",
        finished_at=None,
    )
    # Whoever still works on it writes nothing any more.
    Recording.objects.filter(pk=recording.pk).update(fence=F("fence") + 1)
    # Their spans may come to have other bounds.
    for rerun in Rerun.objects.open().filter(recording=recording):
        reruns.cancel(rerun)
    undone = Hypothesis.objects.of(recording).exclude(state=Hypothesis.State.DONE)
    undone.update(state=Hypothesis.State.READY, attempt=0, lease_until=None)
    last = recording.spans.order_by("-position").first()
    if recording.is_multichannel:
        # The end cut one of every channel, among which the others' segments stand.
        recording.spans.all().delete()
        _withdraw(recording, 0)
    elif last is not None:
        last.delete()
        _withdraw(recording, last.position * POSITIONS_PER_SPAN)
    failpoint("recording-moved-back")


@transaction.atomic
def start_over(recording: Recording) -> None:
    """Forget the bytes that came, and what was made of them."""
    Recording.objects.filter(pk=recording.pk).update(
        bytes_received=0, prepared_until=0.0, duration=None, fence=F("fence") + 1, lease_until=None
    )
    recording.spans.all().delete()
    _withdraw(recording, 0)


def _withdraw(recording: Recording, first: int) -> None:
    """Remove the segments from the position `first` on. What a human wrote stays."""
    segments = Segment.objects.filter(transcript__recording=recording, position__gte=first)
    removed = list(segments.filter(is_edited=False).values_list("pk", flat=True))
    segments.filter(pk__in=removed).delete()
    # Behind those that will come in the same places.
    for segment in segments.order_by("-position"):
        segments.filter(pk=segment.pk).update(position=segment.position + POSITIONS_PER_SPAN // 2)
    events.publish(recording.pk, Event.Kind.SEGMENTS, {"segments": [], "removed": removed})
