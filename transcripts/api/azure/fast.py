"""`POST /speechtotext/transcriptions:transcribe`: a file in, its text out of the same call."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from transcripts.api import service
from transcripts.api.azure.errors import refusal
from transcripts.api.azure.fields import Fields, parse
from transcripts.api.azure.forms import Form, read_form
from transcripts.api.azure.locales import common_code, locale_of
from transcripts.api.azure.profanity import Censor, Mode
from transcripts.api.azure.units import ms
from transcripts.api.bodies import let_go
from transcripts.api.errors import ApiError
from transcripts.api.gate import Caller, endpoint
from transcripts.api.spoken import Said, Spoken, spoken
from transcripts.api.threads import in_thread
from transcripts.engine.base import Word
from transcripts.ingest import PROMPT_LENGTH
from transcripts.labels import clean_label
from transcripts.models import ApiRequest, Recording
from transcripts.vocabulary import TERM_LENGTH, fitting

# Who names no model means the configured one.
NO_MODEL = frozenset({""})
SPEAKERS = range(2, 36)


@endpoint(refusal, "POST")
async def transcribe(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    recording, _ = await service.taken(take, request, caller)
    async with service.cancelled_with_its_caller(recording):
        recording = await service.finished(recording)
    return JsonResponse(await in_thread(answer, recording))


def take(request: HttpRequest, caller: Caller) -> tuple[Recording, None]:
    """Take in the form's file, or what its definition links to."""
    form = read_form(request, {"audio"})
    try:
        definition = parse(form.texts.get("definition", b""), "The form's field “definition”")
        asked = asked_of(definition, form.names.get("audio", ""))
        return _take(caller, asked, form, definition.text("audioUrl")), None
    finally:
        form.close()
        let_go(request)


def _take(caller: Caller, asked: service.Asked, form: Form, url: str) -> Recording:
    file = form.files.get("audio")
    if file is not None:
        return service.take_body(caller, asked, file, os.fstat(file.fileno()).st_size)
    if url:
        return service.take_link(caller, asked, url)
    raise ApiError(
        "Send the audio as the form's field “audio”, or its address as “audioUrl” of the definition.",
        code="InvalidPayload",
        param="audio",
    )


def asked_of(definition: Fields, file_name: str) -> service.Asked:
    """Put a definition into our own words.

    Raises: ApiError: something in it cannot be done, or is not what it should be.
    """
    locales = definition.texts("locales")
    channels = definition.numbers("channels")
    return service.Asked(
        ApiRequest.Vendor.AZURE,
        model_of(definition.within("models"), locales),
        NO_MODEL,
        task=task_of(definition.within("enhancedMode")),
        language=common_code(locales, "locales"),
        prompt=prompt_of(definition.within("phraseList")),
        file_name=file_name,
        is_multichannel=bool(channels),
        options={
            "locales": locales,
            "profanity": definition.choice("profanityFilterMode", Mode, Mode.MASKED),
            "diarization": is_diarized(definition.within("diarization")),
            "channels": channels,
        },
    )


def model_of(models: Fields, locales: list[str]) -> str:
    """Return the name in the address of the model for what is spoken; empty for the configured one."""
    named = [models.text(name) for name in models.values if not locales or name in locales]
    return last_part(named[0]) if named else ""


def last_part(url: str) -> str:
    """Return what an address names at its end: clients write models as addresses."""
    return unquote(url.partition("?")[0].rstrip("/").rpartition("/")[2])


def task_of(enhanced: Fields) -> str:
    if enhanced.text("task", "transcribe").lower() != "translate":
        return Recording.Task.TRANSCRIBE
    if enhanced.text("targetLanguage", "en").lower().partition("-")[0] != "en":
        raise enhanced.wrong("targetLanguage", "must be “en”: nothing else can be translated to")
    return Recording.Task.TRANSLATE


def prompt_of(phrases: Fields) -> str:
    terms = [clean_label(phrase, TERM_LENGTH) for phrase in phrases.texts("phrases")]
    return ", ".join(fitting(filter(None, terms), PROMPT_LENGTH))


def is_diarized(diarization: Fields) -> bool:
    """Whether speakers are wanted: their greatest number alone means so, too."""
    most = diarization.number("maxSpeakers")
    if most is not None and most not in SPEAKERS:
        raise diarization.wrong("maxSpeakers", f"must be from {SPEAKERS[0]} to {SPEAKERS[-1]}")
    return diarization.flag("enabled", most is not None)


@dataclass(frozen=True)
class Shape:
    """What one call's answer shows, and how."""

    locale: str
    censor: Censor
    # Those that are wanted apart; None where the sound was heard as one.
    channels: list[int] | None
    has_speakers: bool

    def phrase(self, said: Said) -> dict[str, Any]:
        facts = {
            "channel": said.channel or 0,
            "speaker": said.voice + 1,
            "offsetMilliseconds": ms(said.start),
            "durationMilliseconds": ms(said.end) - ms(said.start),
            "text": self.censor(said.text),
            "words": [self.word(word) for word in said.words if self.censor(word.text)],
            "locale": self.locale,
            "confidence": round(said.confidence, 4),
        }
        unwanted = {"channel"} if self.channels is None else set()
        unwanted |= set() if self.has_speakers else {"speaker"}
        return {name: value for name, value in facts.items() if name not in unwanted}

    def word(self, word: Word) -> dict[str, Any]:
        return {
            "text": self.censor(word.text.strip()),
            "offsetMilliseconds": ms(word.start),
            "durationMilliseconds": ms(word.end) - ms(word.start),
        }

    def combined(self, heard: Spoken) -> list[dict[str, Any]]:
        if self.channels is None:
            return [{"text": self.censor(heard.text)}]
        heard_apart = [channel for channel in heard.channels if channel in self.channels]
        # Clients read the first without looking.
        return [
            {"channel": channel, "text": self.censor(text_of(heard.of_channel(channel)))}
            for channel in heard_apart or self.channels[:1]
        ]


def text_of(segments: Iterable[Said]) -> str:
    return " ".join(said.text for said in segments)


def answer(recording: Recording) -> dict[str, Any]:
    request = recording.api_request
    assert request is not None  # noqa: S101
    options, heard = request.options, spoken(recording)
    shape = Shape(
        locale=locale_of(heard.language, options["locales"]) if heard.language else "",
        censor=Censor(Mode(options["profanity"]), heard.language),
        channels=options["channels"],
        has_speakers=options["diarization"],
    )
    wanted = [s for s in heard.segments if shape.channels is None or (s.channel or 0) in shape.channels]
    return {
        "durationMilliseconds": ms(heard.duration),
        "combinedPhrases": shape.combined(heard),
        "phrases": [shape.phrase(said) for said in wanted],
    }
