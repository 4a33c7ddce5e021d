"""An owner's tags, and which recordings bear them."""

from collections.abc import Iterable

from sttweb.accounts.models import User
from transcripts.labels import clean_label
from transcripts.models import Recording, Tag
from transcripts.refusals import Refused

NAME_LENGTH = 50
MAX_TAGS = 500


def add(owner: User, recordings: Iterable[Recording], name: str) -> Tag:
    """Give the recordings, all of them the owner's, a tag; a name in other capitals is the same tag.

    Raises: Refused: it has no name, or the owner has too many tags.
    """
    name = clean_label(name, NAME_LENGTH)
    if not name:
        raise Refused("Write the tag's name first.")
    tag = Tag.objects.filter(owner=owner, name__iexact=name).first()
    if tag is None:
        if Tag.objects.filter(owner=owner).count() >= MAX_TAGS:
            raise Refused(f"You have {MAX_TAGS} tags already: use one of them.")
        tag, _ = Tag.objects.get_or_create(owner=owner, name=name)
    tag.recordings.add(*recordings)
    return tag


def remove(owner: User, recordings: Iterable[Recording], name: str) -> None:
    """Take a tag off the recordings; one that no recording bears any more is forgotten."""
    for tag in Tag.objects.filter(owner=owner, name__iexact=clean_label(name, NAME_LENGTH)):
        tag.recordings.remove(*recordings)
        if not tag.recordings.exists():
            tag.delete()
