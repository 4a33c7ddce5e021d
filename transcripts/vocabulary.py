"""The names and words that a user's recordings are prompted with."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from transcripts.labels import clean_label
from transcripts.models import Recording, Term
from transcripts.refusals import Refused

TERM_LENGTH = Term._meta.get_field("text").max_length or 100
MAX_TERMS = 1000
# Characters of a prompt that terms may fill: about half of the 223 tokens that Whisper reads, so that the
# recording's own names, which follow and of which the end counts, still fit.
TERMS_LENGTH = 400


def prompt_of(recording: Recording, own: str = "") -> str:
    """Return what the engine is told to expect: the owner's newest terms, then the recording's own.

    Args: own: what a run gives in place of the recording's own.
    """
    newest = Term.objects.filter(owner=recording.owner_id).order_by("-created_at", "-pk")
    terms = fitting(newest.values_list("text", flat=True)[:TERMS_LENGTH])
    glossary = ", ".join(reversed(terms))
    return " ".join(part for part in (glossary and f"{glossary}.", own or recording.prompt) if part)


def fitting(terms: Iterable[str], length: int = TERMS_LENGTH) -> list[str]:
    """Return the first of the terms that together have at most `length` characters."""
    kept: list[str] = []
    for term in terms:
        length -= len(term) + len(", ")
        if length < 0:
            break
        kept.append(term)
    return kept


@transaction.atomic
def remember(owner: Any, texts: Iterable[str]) -> int:
    """Add terms that the owner does not have yet; return how many were new.

    Raises: Refused: one is too long, or there would be too many.
    """
    wanted = {term: None for text in texts if (term := clean_label(text, TERM_LENGTH + 1))}
    too_long = next((term for term in wanted if len(term) > TERM_LENGTH), None)
    if too_long:
        raise Refused(
            f"“{too_long[:40]}…” is too long for the vocabulary: a term has at most {TERM_LENGTH} characters."
        )
    known = set(Term.objects.filter(owner=owner).values_list("text", flat=True))
    new = [term for term in wanted if term not in known]
    if len(known) + len(new) > MAX_TERMS:
        raise Refused(f"The vocabulary is full: it holds {MAX_TERMS} terms. Delete some of them.")
    # Another tab may add the same at the same moment.
    Term.objects.bulk_create((Term(owner=owner, text=term) for term in new), ignore_conflicts=True)
    return len(new)
