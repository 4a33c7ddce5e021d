"""Who is heard: naming speakers, and saying whose a segment is."""

from collections.abc import Iterable

from sttweb.accounts.models import User
from transcripts import revisions
from transcripts.labels import clean_label
from transcripts.models import Revision, Speaker, Transcript
from transcripts.refusals import Refused
from transcripts.revisions import Act

NAME_LENGTH = 80
# Numbers have keys and colours: more are nobody's meeting.
MOST = 99


def assign(
    transcript: Transcript,
    author: User,
    pks: Iterable[int],
    number: int | None,
    name: str | None = None,
    *,
    is_new: bool = False,
) -> Act:
    """Give segments to a speaker, who may be a new one or be named with it; None is nobody."""
    with revisions.record(transcript, author, Revision.Kind.SPEAKER) as act:
        segments = act.all_segments(pks)
        if is_new:
            number = add(act, name or "")
        elif number is not None:
            speaker = known(act, number)
            if name is not None:
                act.put_speaker(clean_label(name, NAME_LENGTH), speaker.number)
        for segment in segments:
            act.put({"id": segment.pk, "speaker": number})
    return act


def rename(transcript: Transcript, author: User, number: int, name: str) -> Act:
    """Name a speaker; without a name it goes by its number."""
    with revisions.record(transcript, author, Revision.Kind.SPEAKER) as act:
        known(act, number)
        act.put_speaker(clean_label(name, NAME_LENGTH), number)
    return act


def merge(transcript: Transcript, author: User, number: int, into: int) -> Act:
    """Give all segments of one speaker to another, and forget the one."""
    with revisions.record(transcript, author, Revision.Kind.SPEAKER) as act:
        speaker = known(act, number)
        known(act, into)
        if number == into:
            raise Refused("Choose two different speakers to merge.")
        for pk in speaker.segments.values_list("pk", flat=True):
            act.put({"id": pk, "speaker": into})
        act.remove_speaker(number)
    return act


def add(act: Act, name: str) -> int:
    if max(act.speakers, default=0) >= MOST:
        raise Refused(f"A transcript can have at most {MOST} speakers: merge some first.")
    return act.put_speaker(clean_label(name, NAME_LENGTH))


def known(act: Act, number: int) -> Speaker:
    if number not in act.speakers:
        raise Refused(f"There is no speaker {number} any more: choose another one.", 409)
    return act.speakers[number]
