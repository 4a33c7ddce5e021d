"""The OpenAPI document held against what the addresses answer: generated calls, one by one and in a row."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from sttweb.accounts import keys
from sttweb.accounts.models import ApiKey
from transcripts.api.own.api import document
from transcripts.models import Recording

pytestmark = pytest.mark.django_db

KEY = "stt_of_generated_calls"
RECORDING = UUID("10000000-0000-4000-8000-000000000001")
SEGMENT = 1001
# What addresses name; generated ones would name nothing.
REAL = {"recording_id": str(RECORDING), "segment_id": SEGMENT, "number": 1}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
    allow_header_conformance,
    ignored_auth,
]
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]


def name_what_is_there(case: schemathesis.Case) -> None:
    """Lead a call to something that there is, unless a wrong address is what it tries."""
    path = case.meta and case.meta.components.get(ParameterLocation.PATH)
    if path and path.mode.is_positive:
        known = {name: value for name, value in REAL.items() if name in case.path_parameters}
        case.path_parameters = {**case.path_parameters, **known}


class Application(WSGIHandler):
    """Answers in the test's thread, and so in its transaction; without what only pages need."""

    def load_middleware(self, is_async: bool = False) -> None:
        with override_settings(MIDDLEWARE=["sttweb.request_id.middleware"]):
            super().load_middleware(is_async)


# Answers that come in pieces need a server that does not wait for them.
PIECES = ["stream_events", "export_recording_as_zip", "export_recordings_as_zip"]
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
schema = schemathesis.openapi.from_dict(document()).exclude(operation_id=PIECES)
schema.app = Application()
schema.config.phases.coverage.unexpected_methods = {"put"}
schema.config.checks.negative_data_rejection.expected_statuses += ["412"]


@pytest.fixture(autouse=True)
def world(alice: Any) -> Iterator[None]:
    """What the addresses of REAL lead to."""
    signals = (request_started, request_finished)
    for signal in signals:
        # It would end the test's transaction.
        signal.disconnect(close_old_connections)
    ApiKey.objects.create(
        owner=alice,
        name="Test",
        digest=keys.digest_of(KEY),
        scopes=keys.ALL_SCOPES,
        requests_per_minute=10**6,
    )
    recording = Recording.objects.create(pk=RECORDING, owner=alice, title="Talk", state="done", duration=9.0)
    transcript = recording.transcripts.create(language="en")
    speaker = transcript.speakers.create(number=1, name="Ann")
    for n, said in enumerate(("Good morning.", "Where is it?", "Here it is.")):
        words = [[word, n * 3 + i, n * 3 + i + 1, 0.4] for i, word in enumerate(said.split())]
        transcript.segments.create(
            pk=SEGMENT + n,
            position=n * 10**6,
            start=n * 3,
            end=n * 3 + 3,
            text=said,
            words=words,
            speaker=speaker,
        )
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@settings(
    max_examples=1,
    derandomize=True,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=QUIET,
)
def is_answered_as_documented(case: schemathesis.Case) -> None:
    name_what_is_there(case)
    case.call_and_validate(headers={"Authorization": f"Bearer {KEY}"}, checks=CHECKS)


# A test each, with a name of its own: xdist takes tests of one name for one.
for operation in (each for verbs in document()["paths"].values() for each in verbs.values()):
    name = operation["operationId"]
    if name not in PIECES:
        one = schema.include(operation_id=name)
        globals()[f"test_{name}_is_answered_as_documented"] = one.parametrize()(is_answered_as_documented)


def test_calls_in_a_row_are_answered_as_documented() -> None:
    """What one call makes is what the next ones are about."""

    class Calls(schema.as_state_machine()):
        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {KEY}"}}

        def validate_response(self, response: Any, case: schemathesis.Case, **sent: Any) -> None:
            case.validate_response(
                response, checks=CHECKS, headers=sent.get("headers"), transport_kwargs=sent
            )

    Calls.run(
        settings=settings(
            max_examples=12,
            stateful_step_count=8,
            derandomize=True,
            deadline=None,
            suppress_health_check=QUIET,
            phases=[Phase.generate],
        )
    )
