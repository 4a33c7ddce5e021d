"""Who may do what with every route for programs. One that is not listed fails, as one that answers otherwise.

Callers are told apart by the key that they show: none, somebody's page cookie instead of one, another user's
key, the owner's for reading alone, and the owner's own.
"""

import io
import re
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import Http404
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone

from sttweb.accounts import keys
from sttweb.accounts.models import ApiKey
from tests.api.routes import ANYBODY, MANAGE, READ, ROUTES, SAID, SIGNED, TRANSCRIBE
from tests.views.test_access_matrix import TUS, patterns, write_sound
from transcripts import access, api_files, sharing, webhooks
from transcripts.api import threads
from transcripts.api.azure import results
from transcripts.api.routing import websocket_urlpatterns
from transcripts.models import (
    ApiRequest,
    BatchFile,
    Membership,
    Recording,
    Rerun,
    Share,
    Speaker,
    SubtitleProfile,
    Tag,
    Term,
)

pytestmark = pytest.mark.django_db

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SOCKETS = {"azure_speech", "azure_speech_universal", "openai_realtime"}
OFTEN = {"requests_per_minute": 1_000_000}
MODEL = "fal-ai/whisper"
BATCH = {
    "locale": "en-US", "hours_kept": None, "candidates": [], "identification": {}, "channels": [],
    "profanity": "Masked", "punctuation": "", "has_words": False, "has_display_words": False,
    "has_speakers": False, "most_speakers": None, "display_name": "Talks", "description": "", "custom": {},
}  # fmt: skip
OPTIONS: dict[str, dict[str, Any]] = {
    "fal": {"diarize": False, "chunk_level": "segment"},
    "azure": {"batch": BATCH},
    "aimlapi": {},
}
# What they ask for is not there, for its owner either.
ABSENT = {
    "api/v1/recordings/<uuid:recording_id>/peaks",
    "speechtotext/models/base/<path:name>",
    "speechtotext/v3.2/models/base/<path:name>",
    "v1/models/<path:name>",
}
# Where objects of other kinds have the same name in addresses.
OTHERS = {
    "requests/<uuid:pk>": "requests/<request>",
    "cdn/files/<uuid:pk>": "cdn/files/<file>",
    "uploads/<uuid:pk>": "uploads/<under_way>",
    "trash/<uuid:recording_id>": "trash/<trashed>",
    "<uuid:recording_id>/restore": "<trashed>/restore",
}
CALLERS = ("anonymous", "cookie", "other", "reader", "owner")
MAY = {"reader": {READ}, "owner": {READ, TRANSCRIBE, MANAGE}, "other": {READ, TRANSCRIBE, MANAGE}}


@dataclass
class World:
    objects: dict[str, str]
    keys: dict[str, str]
    cookie: Client
    again: Callable[[], None]

    def address(self, pattern: str) -> str:
        """Fill in the objects that the address names."""
        pattern = pattern.removeprefix("^").replace(r"[\s\S]*$", "nothing")
        for general, other in OTHERS.items():
            pattern = pattern.replace(general, other)
        return f"/{self.filled(pattern)}"

    def filled(self, text: str) -> str:
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: self.objects[match[1]], text)

    def ask(self, caller: str, verb: str, pattern: str) -> Any:
        """Ask as this caller; whatever it does is undone."""
        address, said = self.address(pattern), self.filled(said_to(verb, pattern))
        client = self.cookie if caller == "cookie" else Client()
        headers = TUS | ({"Authorization": f"Bearer {self.keys[caller]}"} if caller in self.keys else {})
        self.again()
        with transaction.atomic():
            # A piece of an upload must look like one, or it is refused before its sender is asked for.
            kind = "application/offset+octet-stream" if "uploads" in address else "application/json"
            where, body = (f"{address}?{said}", "") if verb in ("GET", "HEAD") else (address, said or "{}")
            answer = client.generic(verb, where, body, kind, headers=headers)
            transaction.set_rollback(True)
        return answer


def said_to(verb: str, pattern: str) -> str:
    return SAID.get(("GET" if verb == "HEAD" else verb, pattern), "")


@pytest.fixture
def world(alice, bob, charlie, monkeypatch: pytest.MonkeyPatch) -> World:
    # What other threads wrote could not be undone, and they would not see what this one has.
    monkeypatch.setattr(
        threads,
        "database_sync_to_async",
        lambda function, **_: sync_to_async(function, thread_sensitive=True),
    )
    key, owner = keys.issue(alice, "Owner's", **OFTEN)
    calls = calls_of(key)
    recording = talk_of(calls)
    transcript = recording.transcript
    under_way = Recording.objects.create(owner=alice, state="receiving", size=99)
    trashed = Recording.objects.create(owner=alice, state="done", deleted_at=timezone.now())
    file = api_files.begin(alice, key, "whisper")
    share = Share(recording=recording, creator=alice)
    token = sharing.create(share, "")
    webhook, _ = webhooks.create(alice, "https://example.org/")
    run = Rerun.objects.create(
        recording=recording, transcript=recording.transcripts.create(base=transcript), state="done"
    )
    limits = {"line_length": 42, "lines": 2, "reading_speed": 20, "shortest": 1, "longest": 7, "gap": 0.1}
    objects = {
        "recording_id": recording.pk,
        "segment_id": transcript.segments.earliest("position").pk,
        "note_id": transcript.notes.create(author=alice, start=0, end=1, text="Look it up.").pk,
        "term_id": Term.objects.create(owner=alice, text="Nakasero").pk,
        "tag_id": Tag.objects.create(owner=alice, name="Board").pk,
        "share_id": share.pk,
        "member_id": Membership.objects.create(recording=recording, email="eve@example.org").pk,
        "webhook_id": webhook.pk,
        "delivery_id": webhooks.send_test(webhook).pk,
        "token": token,
        "rerun_id": run.pk,
        "profile_id": SubtitleProfile.objects.create(owner=alice, name="Ours", **limits).pk,
        "number": 1,
        "pk": calls["azure"].pk,
        "request": calls["fal"].pk,
        "under_way": under_way.pk,
        "trashed": trashed.pk,
        "file": file.pk,
        "generation_id": calls["aimlapi"].pk,
        "file_id": results.file_id(calls["azure"], results.REPORT),
        "upload": uuid.uuid4(),
        "owner": "fal-ai",
        "name": "whisper",
        "key": "txt",
        "path": "nothing/here",
        "rest": "nothing/here",
    }
    shown = {
        "other": keys.issue(bob, "Another's", **OFTEN)[1],
        "reader": keys.issue(alice, "Reader's", [READ], **OFTEN)[1],
        "owner": owner,
    }
    cookie = Client()
    cookie.force_login(alice)

    def again() -> None:
        # What was deleted and is back cannot be there twice.
        shutil.rmtree(settings.DATA_DIR / "discarded", ignore_errors=True)
        for each in (recording, under_way, trashed):
            write_sound(each)
        api_files.take(file, io.BytesIO(b"sound"), 5)

    return World({k: str(v) for k, v in objects.items()}, shown, cookie, again)


def calls_of(key: ApiKey) -> dict[str, ApiRequest]:
    """Make a call of each vendor whose addresses name one."""
    later = timezone.now() + timedelta(hours=1)
    return {
        vendor: ApiRequest.objects.create(
            owner=key.owner, key=key, vendor=vendor, model=MODEL, options=options, expires_at=later
        )
        for vendor, options in OPTIONS.items()
    }


def talk_of(calls: dict[str, ApiRequest]) -> Recording:
    """Give each call its recording; return the first, which has text."""
    sound = {"source": "api", "media_type": "audio/wav", "duration": 2.0, "bytes_received": 99}
    recording, *_ = [
        Recording.objects.create(owner=call.owner, title="Talk", state="done", api_request=call, **sound)
        for call in calls.values()
    ]
    BatchFile.objects.create(
        api_request=calls["azure"], number=0, url="https://example.org/", recording=recording
    )
    transcript = recording.transcripts.create(language="en", revision_count=1)
    speaker = Speaker.objects.create(transcript=transcript, number=1)
    for n in range(2):
        transcript.segments.create(position=n, start=n, end=n + 1, text=f"Words {n}.", speaker=speaker)
    nothing: dict[str, Any] = {"segments": {}, "speakers": {}}
    transcript.revisions.create(number=1, kind="text", before=nothing, after=nothing)
    return recording


def as_written(pattern: URLPattern) -> str:
    """Return the address, with what stands for an object named alike by all who make routes."""
    return str(pattern.pattern).replace("uuidstr:", "uuid:")


def outcome(answer: Any) -> str:
    names = {401: "no key", 403: "forbidden", 404: "not found", 405: "no such verb", 422: "malformed"}
    return names.get(answer.status_code, "failed" if answer.status_code >= 500 else "answered")


def expected(needed: str, caller: str, *, is_of_owner: bool) -> set[str]:
    if needed == ANYBODY:
        return {"answered"}
    if needed == SIGNED:
        return {"no key", "not found", "forbidden"}
    if caller not in MAY:
        return {"no key"}
    if needed not in MAY[caller]:
        return {"forbidden"}
    return {"not found"} if is_of_owner and caller == "other" else {"answered", "malformed"}


def test_nothing_belongs_to_nobody(world: World) -> None:
    nobody, file = AnonymousUser(), uuid.UUID(world.objects["file"])
    with pytest.raises(Http404):
        access.api_file_own(nobody, file)
    with pytest.raises(Http404):
        access.api_request_own(nobody, world.objects["request"], ApiRequest.Vendor.FAL)
    for find in (access.term_own, access.subtitle_profile_own, access.key_own, access.webhook_own):
        with pytest.raises(Http404):
            find(nobody, 1)


def test_every_route_is_listed() -> None:
    found = {as_written(pattern) for _, _, pattern in patterns(get_resolver("transcripts.api.urls"))}
    assert found == set(ROUTES)
    assert {pattern.name for pattern in websocket_urlpatterns} == SOCKETS


def test_every_route_answers_each_caller_and_verb_as_listed(world: World) -> None:
    wrong = []
    for pattern, verbs in ROUTES.items():
        for verb in VERBS:
            objects = pattern + said_to(verb, pattern)
            is_of_owner = re.search(r"<(?:\w+:)?(pk|token|\w+_id)>", objects) is not None
            needed = verbs.get("GET" if verb == "HEAD" and verb not in verbs else verb)
            for caller in CALLERS if needed else ["owner"]:
                found = outcome(world.ask(caller, verb, pattern))
                right = {"no such verb", "not found"}
                if needed:
                    right = expected(needed, caller, is_of_owner=is_of_owner)
                if pattern in ABSENT and "answered" in right:
                    right = {"not found"}
                if verb == "HEAD":
                    right |= {"no such verb"}
                if found not in right:
                    wrong.append(f"{verb} {pattern} for {caller}: {found}, not {' or '.join(sorted(right))}")
    assert not wrong, "\n".join(wrong)
