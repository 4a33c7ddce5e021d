"""Whatever Azure's documents and forms hold: it is taken, or refused in a sentence."""

import json
from contextlib import suppress
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http.multipartparser import MultiPartParserError
from hypothesis import given, settings
from hypothesis import strategies as st

from transcripts.api.azure.dialects import DATED, V3_2
from transcripts.api.azure.errors import refusal
from transcripts.api.azure.fast import asked_of
from transcripts.api.azure.fields import Fields, parse
from transcripts.api.azure.forms import read_form
from transcripts.api.azure.submission import settings_of, urls_of
from transcripts.api.errors import ApiError, KeyRefused, RateLimited
from transcripts.refusals import Refused

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("ab-7é\x00\ud800", max_size=8)
    | st.sampled_from(["en-US", "de-DE", "Masked", "None", "PT12H", "P2D", "http://example.org/a.wav"])
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["enabled", "maxSpeakers", "speakers", "maxCount", "phrases", "self", "candidateLocales"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
PROPERTIES = [
    *("timeToLiveHours", "timeToLive", "channels", "diarization", "diarizationEnabled", "punctuationMode"),
    *(
        "profanityFilterMode",
        "languageIdentification",
        "wordLevelTimestampsEnabled",
        "destinationContainerUrl",
    ),
]


def documents(*names: str) -> Any:
    return st.dictionaries(st.sampled_from(names), VALUES, max_size=len(names))


def sent(document: dict[str, Any]) -> Fields:
    """The document as it comes over the wire."""
    return parse(json.dumps(document).encode(), "It")


@settings(deadline=None)
@given(
    documents(
        *("locales", "models", "profanityFilterMode", "diarization", "channels", "phraseList"),
        *("enhancedMode", "audioUrl"),
    )
)
def test_any_definition_is_understood_or_refused(document: dict[str, Any]) -> None:
    with suppress(ApiError):
        asked = asked_of(sent(document), "a.wav")
        json.dumps(asked.options, allow_nan=False)


@settings(deadline=None)
@given(
    documents("contentUrls", "displayName", "customProperties"),
    documents(*PROPERTIES),
    st.sampled_from([DATED, V3_2]),
)
def test_any_batch_is_understood_or_refused(
    document: dict[str, Any], properties: dict[str, Any], dialect: Any
) -> None:
    named = {"displayName": "Minutes", "locale": "en-US", **document, "properties": properties}
    with suppress(ApiError):
        urls_of(sent(named))
    with suppress(ApiError):
        json.dumps(settings_of(sent(named), dialect).identification, allow_nan=False)


def form_request(body: bytes, content_type: str = "multipart/form-data; boundary=limit") -> ASGIRequest:
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())],
    }
    return ASGIRequest(scope, BytesIO(body))


PIECES = st.sampled_from(
    [
        *(b"--limit", b"--", b"\r\n", b"\xff\x00", b"sound", b"; filename*=utf-8''%ff"),
        b"Content-Disposition: form-data",
        b'Content-Disposition: form-data; name="audio"',
        b'Content-Disposition: form-data; name="definition"',
    ]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=20))
def test_any_body_is_taken_apart_or_refused(pieces: list[bytes]) -> None:
    with suppress(Refused, MultiPartParserError):
        read_form(form_request(b"".join(pieces)), {"audio"}).close()


def test_file_of_a_form_stays_as_it_was_sent_with_and_without_a_name() -> None:
    sound = bytes(range(256)) * 5000
    for named in ("", '; filename="übung.wav"'):
        head = f'--limit\r\nContent-Disposition: form-data; name="audio"{named}\r\n\r\n'.encode()
        rest = b'\r\n--limit\r\nContent-Disposition: form-data; name="definition"\r\n\r\n{}\r\n--limit--\r\n'
        form = read_form(form_request(head + sound + rest), {"audio"})
        assert form.files["audio"].read() == sound
        assert form.texts == {"definition": b"{}"}
        assert form.names["audio"] == ("übung.wav" if named else "")
        form.close()


def test_clients_are_asked_for_patience_only_where_it_helps() -> None:
    limited, unknown = refusal(RateLimited(7)), refusal(KeyRefused())
    assert (limited.status_code, limited["Retry-After"]) == (429, "7")
    assert json.loads(limited.content)["innerError"]["code"] == "QuotaViolation"
    assert unknown.status_code == 401
    assert "Retry-After" not in unknown
