"""`POST /speech/recognition/…`: at most a minute of sound as the body, its text as the answer."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from transcripts.api import service
from transcripts.api.azure.errors import refusal
from transcripts.api.azure.fast import NO_MODEL
from transcripts.api.azure.fields import Fields
from transcripts.api.azure.locales import code_of
from transcripts.api.azure.profanity import Censor, Mode
from transcripts.api.azure.results import lexical
from transcripts.api.azure.units import ticks
from transcripts.api.bodies import let_go
from transcripts.api.errors import ApiError
from transcripts.api.gate import Caller, endpoint
from transcripts.api.spoken import Said, Spoken, spoken
from transcripts.api.threads import in_thread
from transcripts.engine.base import Word
from transcripts.models import ApiRequest, Recording

State = Recording.State

MODES = ("interactive", "conversation", "dictation")
LONGEST_SECONDS = 60.0
# Containers count whole frames.
GRACE_SECONDS = 0.5
# A minute in the largest format that anybody sends: 48 kHz, two channels, floating point.
MAX_BYTES = 25_000_000
TOO_LONG = "This address takes at most 60 s of sound: send longer recordings to transcriptions:transcribe."
PROFANITY = {"masked": Mode.MASKED, "removed": Mode.REMOVED, "raw": Mode.NONE}


@endpoint(refusal, "POST")
async def recognize(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    recording, _ = await service.taken(take, request, caller)
    async with service.cancelled_with_its_caller(recording):
        recording = await heard(recording)
    return JsonResponse(await in_thread(answer, recording))


def take(request: HttpRequest, caller: Caller) -> tuple[Recording, None]:
    asked = asked_of(request)
    size = int(request.META.get("CONTENT_LENGTH") or 0)
    if size > MAX_BYTES:
        raise ApiError(TOO_LONG, 413, code="InvalidPayload")
    try:
        return service.take_body(caller, asked, request, size), None
    finally:
        let_go(request)


def asked_of(request: HttpRequest) -> service.Asked:
    """Read the query.

    Raises: ApiError: something in it cannot be done, or is not what it should be.
    """
    query = Fields(request.GET.dict())
    if "Pronunciation-Assessment" in request.headers:
        raise ApiError("Pronunciation is not assessed here: leave the header Pronunciation-Assessment out.")
    if not query.text("language"):
        raise query.wrong("language", "is required, for example “en-US”", "InvalidLocale")
    return service.Asked(
        ApiRequest.Vendor.AZURE,
        query.text("cid"),
        NO_MODEL,
        language=code_of(query.text("language"), "language"),
        options={
            "is_detailed": query.choice("format", ("simple", "detailed"), "simple") == "detailed",
            "has_words": query.choice("wordLevelTimestamps", ("true", "false"), "false") == "true",
            "profanity": PROFANITY[query.choice("profanity", PROFANITY, "masked")],
        },
    )


async def heard(recording: Recording) -> Recording:
    """Wait for the text of a short recording.

    Raises: ApiError: it is not short, failed, or was cancelled or deleted.
    """
    async for current in service.changes(recording.pk):
        if is_too_long(current):
            await in_thread(service.cancel, recording.pk)
            raise ApiError(TOO_LONG, 400, code="InvalidPayload")
        if await in_thread(service.is_heard, current):
            return current
    raise ApiError("This recording was deleted.", 404)


def is_too_long(recording: Recording) -> bool:
    # Before it was decoded its length is what its header says, and headers of streams say anything.
    is_decoded = recording.state in (State.TRANSCRIBING, State.FINISHING, State.DONE)
    return is_decoded and (recording.duration or 0.0) > LONGEST_SECONDS + GRACE_SECONDS


def answer(recording: Recording) -> dict[str, Any]:
    request = recording.api_request
    assert request is not None  # noqa: S101
    found = spoken(recording)
    if not found.segments:
        status = "NoMatch" if recording.spans.exists() else "InitialSilenceTimeout"
        return {"RecognitionStatus": status, "Offset": 0, "Duration": ticks(found.duration)}
    censor = Censor(Mode(request.options["profanity"]), found.language)
    start, end = found.segments[0].start, max(said.end for said in found.segments)
    facts = {
        "RecognitionStatus": "Success",
        "Offset": ticks(start),
        "Duration": ticks(end) - ticks(start),
        "DisplayText": censor(found.text),
    }
    if request.options["is_detailed"]:
        facts["NBest"] = [best(found, censor, has_words=request.options["has_words"])]
    return facts


def best(found: Spoken, censor: Censor, *, has_words: bool) -> dict[str, Any]:
    spoken_form = lexical(found.text)
    facts: dict[str, Any] = {
        "Confidence": round(confidence(found.segments), 7),
        "Lexical": spoken_form,
        "ITN": spoken_form,
        "MaskedITN": censor(spoken_form),
        "Display": censor(found.text),
    }
    if has_words:
        facts["Words"] = [word_of(word) for word in found.words if lexical(word.text)]
    return facts


def confidence(segments: tuple[Said, ...]) -> float:
    return sum(said.confidence for said in segments) / len(segments)


def word_of(word: Word) -> dict[str, Any]:
    start = ticks(word.start)
    return {"Word": lexical(word.text), "Offset": start, "Duration": ticks(word.end) - start}
