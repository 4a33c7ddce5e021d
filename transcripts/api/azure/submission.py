"""What a request for a batch asks for."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from transcripts import batches, quotas
from transcripts.api import service
from transcripts.api.azure.dialects import Dated, Settings
from transcripts.api.azure.fast import NO_MODEL, SPEAKERS, last_part
from transcripts.api.azure.fields import Fields, body_of
from transcripts.api.azure.locales import code_of, common_code
from transcripts.api.azure.profanity import Mode
from transcripts.api.errors import ApiError
from transcripts.api.gate import Caller
from transcripts.models import ApiRequest
from transcripts.refusals import Refused

MAX_URLS = 1000
MAX_CANDIDATES = 10
PUNCTUATION = ("None", "Dictated", "Automatic", "DictatedAndAutomatic")
# What the vendor does with a recording of several channels unless it is told otherwise.
CHANNELS = [0, 1]
MAX_CUSTOM, CUSTOM_NAME_LENGTH, CUSTOM_LENGTH = 10, 64, 256
# What cannot be done here, and is not passed over: the texts would be waited for elsewhere.
ELSEWHERE = {
    "contentContainerUrl": "is not read here: list the files one by one in “contentUrls”",
    "dataset": "is not known here: list the files in “contentUrls”",
}


def submit(request: HttpRequest, caller: Caller, dialect: Dated) -> ApiRequest:
    """Take a batch on.

    Raises: Refused: something in it cannot be done, or none of its files can be taken.
    """
    body = body_of(request)
    urls, settings = urls_of(body), settings_of(body, dialect)
    model = last_part(body.within("model").text("self"))
    asked = service.Asked(
        ApiRequest.Vendor.AZURE,
        model,
        NO_MODEL,
        language=common_code(settings.candidates or [settings.locale], "locale"),
        title=settings.display_name if len(urls) == 1 else "",
        is_multichannel=True,
        options={"batch": asdict(settings), batches.HOURS: settings.hours_kept},
        kept=timedelta(hours=settings.hours_kept) if settings.hours_kept else None,
    )
    with quotas.reserving(), transaction.atomic():
        accepted, wishes = service.accept(caller, asked)
        batches.begin(accepted, urls, wishes)
    return accepted


def urls_of(body: Fields) -> list[str]:
    for name, what in ELSEWHERE.items():
        if body.has(name):
            raise body.wrong(name, what, "InvalidRecordingsUri")
    urls = body.texts("contentUrls")
    if not urls:
        raise body.wrong("contentUrls", "must list the files by their links", "InvalidRecordingsUri")
    if len(urls) > MAX_URLS:
        raise body.wrong(
            "contentUrls", f"may have at most {MAX_URLS} links", "ExceededNumberOfRecordingsUris"
        )
    try:
        batches.check_links(urls)
    except Refused as refused:
        raise ApiError(str(refused), code="InvalidRecordingsUri", param="contentUrls") from None
    return urls


def settings_of(body: Fields, dialect: Dated) -> Settings:
    """Read everything but the links and the model.

    Raises: ApiError: something is not what it should be.
    """
    for name in ("displayName", "locale"):
        if not body.text(name):
            raise body.wrong(name, "is required")
    code_of(body.text("locale"), "locale")
    properties = body.within("properties")
    if properties.has("destinationContainerUrl"):
        raise properties.wrong("destinationContainerUrl", "is not written to here: fetch the files' links")
    identification = properties.within("languageIdentification")
    has_speakers, most_speakers = dialect.speakers(properties)
    if most_speakers is not None and most_speakers not in SPEAKERS:
        raise properties.wrong("diarization", f"may have {SPEAKERS[0]} to {SPEAKERS[-1]} speakers")
    return Settings(
        locale=body.text("locale"),
        hours_kept=dialect.hours_kept(properties),
        candidates=candidates_of(identification),
        identification=identification.values,
        channels=channels_of(properties),
        profanity=properties.choice("profanityFilterMode", Mode, Mode.MASKED),
        punctuation=properties.choice("punctuationMode", PUNCTUATION, PUNCTUATION[-1]),
        has_words=properties.flag("wordLevelTimestampsEnabled"),
        has_display_words=properties.flag("displayFormWordLevelTimestampsEnabled"),
        has_speakers=has_speakers,
        most_speakers=most_speakers,
        **names_of(body),
    )


def channels_of(properties: Fields) -> list[int]:
    channels = properties.numbers("channels") or CHANNELS
    if min(channels) < 0:
        raise properties.wrong("channels", "must be counted from 0", "InvalidChannels")
    return channels


def candidates_of(identification: Fields) -> list[str]:
    candidates = identification.texts("candidateLocales")
    if len(candidates) > MAX_CANDIDATES:
        raise identification.wrong("candidateLocales", f"may have at most {MAX_CANDIDATES} locales")
    for candidate in candidates:
        code_of(candidate, identification.target("candidateLocales"))
    return candidates


def names_of(body: Fields) -> dict[str, Any]:
    """Return what can be changed later, too."""
    return {
        "display_name": body.text("displayName"),
        "description": body.text("description"),
        "custom": custom_of(body),
    }


def custom_of(body: Fields) -> dict[str, str]:
    custom = body.within("customProperties")
    values = {name: custom.text(name) for name in custom.values}
    if (
        len(values) > MAX_CUSTOM
        or any(len(name) > CUSTOM_NAME_LENGTH for name in values)
        or any(len(value) > CUSTOM_LENGTH for value in values.values())
    ):
        raise body.wrong("customProperties", f"may have {MAX_CUSTOM} short texts at most")
    return values


def change(request: HttpRequest, accepted: ApiRequest) -> None:
    """Change the names of a batch to those of the request's body.

    Raises: ApiError: something is not what it should be.
    """
    body = body_of(request)
    if body.has("displayName") and not body.text("displayName"):
        raise body.wrong("displayName", "must not be empty")
    names = {"displayName": "display_name", "description": "description", "customProperties": "custom"}
    new = names_of(body)
    with transaction.atomic():
        accepted = ApiRequest.objects.select_for_update().get(pk=accepted.pk)
        accepted.options["batch"] |= {key: new[key] for name, key in names.items() if name in body.values}
        accepted.save(update_fields=["options"])
