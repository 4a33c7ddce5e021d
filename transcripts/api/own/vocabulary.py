"""The names and words that the owner's recordings are told to expect."""

from typing import Annotated

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from transcripts import access, vocabulary
from transcripts.api.own.auth import Call, manages, reads
from transcripts.api.own.creation import IDEMPOTENCY_KEY, Made, creates
from transcripts.api.own.cursors import decoded, encoded
from transcripts.api.own.documents import joined, refusals
from transcripts.api.own.fields import Given, Paging, PathNumber, Shown, Text
from transcripts.models import Term

router = Router(tags=["Vocabulary"], auth=reads)


class TermShown(Shown):
    id: int
    text: str


class Terms(Shown):
    items: list[TermShown]
    next: str | None = Field(description="The cursor of the next page; null after the last.")


class NewTerms(Given):
    terms: list[Annotated[Text, Field(max_length=1000)]] = Field(
        min_length=1, max_length=vocabulary.MAX_TERMS
    )


class Added(Shown):
    added: int = Field(description="How many were not there yet.")


@router.get("/terms", response=Terms, openapi_extra=refusals(400))
def list_terms(request: Call, paging: Query[Paging]) -> Terms:
    rows = Term.objects.filter(owner=request.auth.user).order_by("text")
    if paging.cursor:
        rows = rows.filter(text__gt=decoded(paging.cursor, str)[0])
    found = list(rows[: paging.limit + 1])
    more = len(found) > paging.limit
    return Terms(
        items=[TermShown(id=term.pk, text=term.text) for term in found[: paging.limit]],
        next=encoded(found[paging.limit - 1].text) if more else None,
    )


@router.post(
    "/terms",
    response={201: Added},
    auth=manages,
    openapi_extra=joined(IDEMPOTENCY_KEY, refusals(400)),
)
@creates
def add_terms(request: Call, given: NewTerms) -> Made:
    """Add terms; those that are there already do not matter."""
    return Made(Added(added=vocabulary.remember(request.auth.user, given.terms)), "/api/v1/terms")


@router.delete("/terms/{int:term_id}", response={204: None}, auth=manages)
def delete_term(request: Call, term_id: PathNumber) -> HttpResponse:
    access.term_own(request.auth.user, term_id).delete()
    return HttpResponse(status=204)
