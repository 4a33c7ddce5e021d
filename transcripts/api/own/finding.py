"""Find and replace, in one recording or in all of the owner's."""

from uuid import UUID

from ninja import Router
from pydantic import Field

from transcripts import access, replacing
from transcripts.api.own.auth import Call, manages, reads
from transcripts.api.own.documents import refusals
from transcripts.api.own.fields import Given, Shown, Text
from transcripts.api.own.transcripts import transcript_of
from transcripts.finding import QUERY_LENGTH, Finder, Query
from transcripts.replacing import TranscriptHits

router = Router(tags=["Find and replace"], auth=reads)

# Places that are listed; the rest are counted.
MOST_SHOWN = 1000


class Search(Given):
    text: Text = Field(min_length=1, max_length=QUERY_LENGTH)
    match_case: bool = False
    whole_word: bool = False
    is_regex: bool = False


class Replacement(Search):
    replacement: Text = Field(max_length=QUERY_LENGTH)


class PlaceShown(Shown):
    recording: UUID
    segment: int
    at: float = Field(description="Seconds of the recording.")
    start: int = Field(description="Characters (UTF-16) of the segment's text before it.")
    end: int
    before: str
    found: str
    after: str


class Found(Shown):
    count: int
    recordings: int
    places: list[PlaceShown] = Field(description=f"The first {MOST_SHOWN} at most.")


class Replaced(Shown):
    count: int
    recordings: list[UUID] = Field(description="In which something was replaced: a revision each.")


def query_of(search: Search) -> Query:
    return Query(
        text=search.text,
        replacement=search.replacement if isinstance(search, Replacement) else "",
        match_case=search.match_case,
        whole_word=search.whole_word,
        is_regex=search.is_regex,
    )


def found_shown(found: list[TranscriptHits]) -> Found:
    places = [(hits, place) for hits in found for place in hits.places(MOST_SHOWN)][:MOST_SHOWN]
    return Found(
        count=sum(hits.count for hits in found),
        recordings=len(found),
        places=[
            PlaceShown(
                recording=hits.recording.pk,
                segment=place.segment_id,
                at=place.at,
                start=place.start,
                end=place.end,
                before=place.before,
                found=place.found,
                after=place.after,
            )
            for hits, place in places
        ],
    )


@router.post("/recordings/{uuid:recording_id}/find", response=Found, openapi_extra=refusals(400, 409))
def find(request: Call, recording_id: UUID, search: Search) -> Found:
    """Where something is said in a recording."""
    transcript = transcript_of(access.recording_read(request.auth.user, recording_id))
    return found_shown(replacing.find(Finder(query_of(search)), [transcript]))


@router.post("/find", response=Found, openapi_extra=refusals(400))
def find_everywhere(request: Call, search: Search) -> Found:
    """Where something is said in any of the key owner's recordings."""
    transcripts = replacing.current_transcripts(request.auth.user)
    return found_shown(replacing.find(Finder(query_of(search)), transcripts))


@router.post(
    "/recordings/{uuid:recording_id}/replace",
    response=Replaced,
    auth=manages,
    openapi_extra=refusals(400, 409),
)
def replace(request: Call, recording_id: UUID, search: Replacement) -> Replaced:
    """Replace it wherever it is said, as one revision."""
    recording = access.recording_write(request.auth.user, recording_id)
    transcript = transcript_of(recording)
    _, count = replacing.replace(Finder(query_of(search)), transcript, request.auth.user)
    return Replaced(count=count, recordings=[recording.pk] if count else [])


@router.post("/replace", response=Replaced, auth=manages, openapi_extra=refusals(400, 409))
def replace_everywhere(request: Call, search: Replacement) -> Replaced:
    """Replace it in all of the key owner's recordings, as one revision each."""
    done = replacing.replace_everywhere(query_of(search), request.auth.user)
    return Replaced(
        count=sum(count for _, count in done), recordings=[act.transcript.recording_id for act, _ in done]
    )
