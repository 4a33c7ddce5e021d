"""Who may do what, for every route. A route that is not listed here fails, as one that answers otherwise.

People are told apart by what they are to one recording; whoever holds a link is nobody outside of its pages.
"""

import re
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from sttweb.accounts import keys
from transcripts import sharing, webhooks
from transcripts.models import Membership, Recording, Rerun, Share, Speaker, SubtitleProfile, Term
from transcripts.routing import websocket_urlpatterns

pytestmark = pytest.mark.django_db

# What addresses hold besides the objects.
NAMES = {"number": 1, "key": "txt", "name": "note", "slug": "recordings", "uidb36": "1"}
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


class Who(IntEnum):
    """Each may do what those before may."""

    ANYBODY = 0
    SIGNED_IN = 1
    VIEWER = 2
    EDITOR = 3
    OWNER = 4


ANYBODY, SIGNED_IN, VIEWER, EDITOR, OWNER = Who
# The people of this test, by what they are.
PEOPLE = {
    "anonymous": ANYBODY,
    "token": ANYBODY,
    "stranger": SIGNED_IN,
    "viewer": VIEWER,
    "editor": EDITOR,
    "owner": OWNER,
}


@dataclass(frozen=True)
class Rule:
    """Who at least gets past the door with each verb; `of` names what the address's `pk` is of."""

    verbs: dict[str, Who]
    of: str = "recording"
    query: str = ""

    def least(self, verb: str) -> Who | None:
        implied = self.verbs.get("GET") if verb == "HEAD" else None
        return self.verbs.get(verb, implied)


def get(who: Who, **more: Any) -> Rule:
    return Rule({"GET": who}, **more)


def post(who: Who, **more: Any) -> Rule:
    return Rule({"POST": who}, **more)


TUS = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
ROUTES = {
    "home": get(ANYBODY),
    "health": get(ANYBODY),
    "api_docs": get(ANYBODY),
    "api_clients": get(ANYBODY),
    "api_group": get(ANYBODY),
    "rows": get(SIGNED_IN),
    "recording": get(VIEWER),
    "audio": get(VIEWER),
    "peaks": get(VIEWER, query="?rate=7"),
    "export": get(VIEWER),
    "export_many": get(VIEWER),
    "takeaway": get(VIEWER),
    "subtitles": get(VIEWER),
    "review": get(VIEWER),
    "doubt": Rule({"GET": VIEWER, "POST": EDITOR}),
    "doubt_marks": get(VIEWER),
    "first_said": get(VIEWER),
    "put_back": post(EDITOR),
    "notes": Rule({"GET": VIEWER, "POST": EDITOR}),
    "note": post(EDITOR, of="note"),
    "delete_note": post(EDITOR, of="note"),
    "import_onto": post(EDITOR),
    "words": get(VIEWER),
    "find": Rule({"GET": VIEWER, "POST": VIEWER}),
    "replace": post(EDITOR),
    "undo_group": post(OWNER, of="group"),
    "edits": post(EDITOR),
    "history": get(VIEWER),
    "revision": get(VIEWER),
    "restore": post(EDITOR),
    "restore_segment": post(EDITOR, of="segment"),
    "rename": post(EDITOR),
    "segment": post(EDITOR, of="segment"),
    "language": post(OWNER),
    "tags": post(OWNER),
    "reruns": get(OWNER),
    "undo_rerun": post(OWNER, of="rerun"),
    "cancel_again": post(OWNER),
    "delete": post(OWNER),
    "cancel": post(OWNER),
    "retry": post(OWNER),
    "again": post(OWNER),
    "finish": post(OWNER),
    "sharing": get(OWNER),
    "share_create": post(OWNER),
    "share_revoke": post(OWNER),
    "member_invite": post(OWNER),
    "member_remove": post(OWNER),
    "leave": post(VIEWER),
    "sample": post(SIGNED_IN),
    "library": get(SIGNED_IN),
    "library_found": get(SIGNED_IN),
    "library_act": post(SIGNED_IN),
    "undo": post(SIGNED_IN),
    "trash": get(SIGNED_IN),
    "trash_act": post(SIGNED_IN),
    "import_alone": Rule({"GET": SIGNED_IN, "POST": SIGNED_IN}),
    "subtitle_profiles": Rule({"GET": SIGNED_IN, "POST": SIGNED_IN}),
    "delete_subtitle_profile": post(OWNER, of="profile"),
    "vocabulary": Rule({"GET": SIGNED_IN, "POST": SIGNED_IN}),
    "vocabulary_delete": post(OWNER, of="term"),
    "keys": Rule({"GET": SIGNED_IN, "POST": SIGNED_IN}),
    "key_revoke": post(OWNER, of="api_key"),
    "webhooks": Rule({"GET": SIGNED_IN, "POST": SIGNED_IN}),
    "callbacks": get(SIGNED_IN),
    "webhook": get(OWNER, of="webhook"),
    "webhook_log": get(OWNER, of="webhook"),
    "webhook_rotate": post(OWNER, of="webhook"),
    "webhook_test": post(OWNER, of="webhook"),
    "webhook_switch": post(OWNER, of="webhook"),
    "webhook_delete": post(OWNER, of="webhook"),
    "delivery_replay": post(OWNER, of="delivery"),
    "imports": post(SIGNED_IN),
    "uploads": post(SIGNED_IN),
    "upload": Rule({"HEAD": OWNER, "PATCH": OWNER, "DELETE": OWNER}),
    "account_settings": get(SIGNED_IN),
    "account_signup": Rule({"GET": ANYBODY, "POST": ANYBODY, "PUT": ANYBODY}),
    # Nobody here has a code to enter.
    "account_email_verification_sent": Rule({"GET": SIGNED_IN, "POST": SIGNED_IN, "PUT": SIGNED_IN}),
    "account_email": get(SIGNED_IN),
    "account_login": Rule({"GET": ANYBODY, "POST": ANYBODY, "PUT": ANYBODY}),
    "account_logout": Rule({"GET": ANYBODY, "POST": ANYBODY}),
    "account_inactive": get(ANYBODY),
    "account_change_password": Rule({"GET": SIGNED_IN, "POST": SIGNED_IN, "PUT": SIGNED_IN}),
    "account_delete": Rule({"GET": SIGNED_IN, "POST": SIGNED_IN}),
    "account_reset_password": Rule({"GET": ANYBODY, "POST": ANYBODY, "PUT": ANYBODY}),
    "account_reset_password_done": get(ANYBODY),
    "account_reset_password_from_key": Rule({"GET": ANYBODY, "POST": ANYBODY, "PUT": ANYBODY}),
    "account_reset_password_from_key_done": get(ANYBODY),
}

# Of the pages below a link: the kinds of link that open them, for whoever holds it.
KINDS: dict[str, dict[str, Any]] = {
    "view": {},
    "silent": {"has_audio": False},
    "download": {"permission": "download"},
    "edit": {"permission": "edit"},
    "framed": {"can_embed": True},
    "locked": {"permission": "edit", "can_embed": True},
    "expired": {"permission": "edit", "can_embed": True, "expires_at": timezone.now() - timedelta(days=1)},
    "revoked": {"permission": "edit", "can_embed": True, "revoked_at": timezone.now()},
}
OPEN = {"view", "silent", "download", "edit", "framed"}
LINKS = {
    "share": {"GET": OPEN | {"locked"}, "POST": OPEN | {"locked"}},
    "share_text": {"GET": OPEN},
    "share_audio": {"GET": OPEN - {"silent"}},
    "share_export": {"GET": {"download", "edit"}},
    "share_embed": {"GET": {"framed"}},
    "share_join": {"POST": {"edit"}},
}
SOCKETS = {"recording_socket", "share_socket"}


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, str, URLPattern]]:
    """Yield namespace, name and pattern of every route."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern, pattern.namespace or prefix)
        else:
            yield prefix, pattern.name or str(pattern.pattern), pattern


ALL = list(patterns(get_resolver()))
# Of the routes for programs another test knows.
OF_PROGRAMS = {name for _, name, _ in patterns(get_resolver("transcripts.api.urls"))}
OURS = {name: pattern for prefix, name, pattern in ALL if not prefix and name not in OF_PROGRAMS}
ADMIN = [(f"{prefix}:{pattern.name}", pattern) for prefix, _, pattern in ALL if prefix and pattern.name]


@dataclass
class World:
    """One recording, and people around it."""

    objects: dict[str, Any]
    cookies: dict[str, SimpleCookie]
    client: Client = field(default_factory=Client)

    def address(self, name: str, of: str = "recording") -> str:
        names = OURS[name].pattern.converters or {}
        known = self.objects | {"pk": self.objects[of]}
        if name == "account_reset_password_from_key":
            names = {"uidb36": None, "key": None}
        return reverse(name, kwargs={argument: known[argument] for argument in names})

    def ask(self, person: str, verb: str, address: str) -> Any:
        """Ask as this person; whatever it does is undone."""
        # A piece of an upload must look like one, or it is refused before its sender is asked for.
        piece = {"content_type": "application/offset+octet-stream", "data": b"x"} if verb == "PATCH" else {}
        # One client for all: each would set all middleware up anew, and whitenoise look through its files.
        self.client.cookies = SimpleCookie(self.cookies[person].output(header="", sep=";"))
        self.objects["file"]()
        with transaction.atomic():
            answer = self.client.generic(verb, address, headers=TUS, **piece)
            transaction.set_rollback(True)
        return answer


def talk_of(owner) -> Recording:
    recording = Recording.objects.create(
        owner=owner, title="Talk", state="done", media_type="audio/wav", duration=2.0, bytes_received=99
    )
    transcript = recording.transcripts.create(language="en", revision_count=1)
    speaker = Speaker.objects.create(transcript=transcript, number=1)
    for n in range(2):
        transcript.segments.create(position=n, start=n, end=n + 1, text=f"Words {n}.", speaker=speaker)
    nothing = {"segments": {}, "speakers": {}}
    transcript.revisions.create(
        number=1, kind="replace", before=nothing, after=nothing, author=owner, group=uuid4()
    )
    return recording


@pytest.fixture
def world(alice, bob, charlie, django_user_model) -> World:
    dora = django_user_model.objects.create_user("dora@example.org", "correct horse")
    recording = talk_of(alice)
    transcript = recording.transcript
    member = Membership.objects.create(recording=recording, email=bob.email, role="viewer")
    Membership.objects.create(recording=recording, email=dora.email, role="editor")
    note = transcript.notes.create(author=alice, start=0, end=1, text="Look it up.")
    run = Rerun.objects.create(
        recording=recording, transcript=recording.transcripts.create(base=transcript), state="done"
    )
    limits = {"line_length": 42, "lines": 2, "reading_speed": 20, "shortest": 1, "longest": 7, "gap": 0.1}
    profile = SubtitleProfile.objects.create(owner=alice, name="Ours", **limits)
    share = Share(recording=recording, creator=alice)
    token = sharing.create(share, "")
    webhook, _ = webhooks.create(alice, "https://example.org/")
    objects = NAMES | {
        "api_key": keys.issue(alice, "Script")[0].pk,
        "webhook": webhook.pk,
        "delivery": webhooks.send_test(webhook).pk,
        "recording": recording.pk,
        "segment": transcript.segments.first().pk,
        "note": note.pk,
        "group": transcript.revisions.get().group,
        "rerun": run.pk,
        "profile": profile.pk,
        "term": Term.objects.create(owner=alice, text="Nakasero").pk,
        "share": share.pk,
        "member": member.pk,
        "token": token,
        "file": lambda: write_sound(recording),
    }
    signed_in = {"stranger": charlie, "viewer": bob, "editor": dora, "owner": alice}
    cookies = {person: cookies_of(user) for person, user in signed_in.items()}
    holder = Client()
    holder.get(reverse("share", args=[token]))
    return World(objects, cookies | {"anonymous": SimpleCookie(), "token": holder.cookies})


def write_sound(recording: Recording) -> None:
    recording.folder.mkdir(parents=True, exist_ok=True)
    if not recording.source_path.exists():
        with wave.open(str(recording.source_path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(bytes(64_000))


def cookies_of(user: Any) -> SimpleCookie:
    client = Client()
    client.force_login(user)
    return client.cookies


def is_sent_to_sign_in(answer: Any) -> bool:
    path = urlsplit(answer.headers.get("Location", "")).path
    return answer.status_code == 302 and path in (reverse("account_login"), reverse("admin:login"))


def outcome(answer: Any) -> str:
    if is_sent_to_sign_in(answer) or answer.status_code == 401:
        return "sign in"
    names = {404: "not found", 403: "forbidden", 405: "no such verb"}
    return names.get(answer.status_code, "failed" if answer.status_code >= 500 else "answered")


def expected(rule: Rule, verb: str, who: Who) -> set[str]:
    least = rule.least(verb)
    if least is None:
        # Whether somebody may enter can be found out before the verb.
        return {"no such verb", "not found", "sign in"}
    if who >= least:
        return {"answered"}
    return {"sign in", "not found"} if who is ANYBODY else {"not found"}


def test_every_route_is_listed() -> None:
    assert set(OURS) == set(ROUTES) | set(LINKS)
    assert {pattern.name for pattern in websocket_urlpatterns} == SOCKETS


def test_every_route_answers_each_person_and_verb_as_listed(world: World) -> None:
    wrong = []
    for name, rule in ROUTES.items():
        address = world.address(name, rule.of) + rule.query
        for person, who in PEOPLE.items():
            for verb in VERBS:
                if rule.least(verb) is None and person not in ("anonymous", "owner"):
                    continue  # no verb of this route: those in between are refused as these are
                found = outcome(world.ask(person, verb, address))
                if name.startswith("account_") and found == "answered":
                    continue  # forms of the library answer verbs of their own
                if name == "account_logout" and found == "sign in":
                    continue  # where one is led afterwards
                if found not in expected(rule, verb, who):
                    wrong.append(f"{verb} {name} by {person}: {found}")
    assert not wrong, "\n".join(wrong)


def test_trashed_recording_is_found_by_nobody(world: World) -> None:
    Recording.objects.update(deleted_at=timezone.now())
    wrong = []
    for name, rule in ROUTES.items():
        if rule.of not in ("recording", "segment", "note", "rerun") or "pk" not in (
            OURS[name].pattern.converters or {}
        ):
            continue
        for verb in rule.verbs:
            found = outcome(world.ask("owner", verb, world.address(name, rule.of) + rule.query))
            if found != "not found":
                wrong.append(f"{verb} {name}: {found}")
    assert not wrong, "\n".join(wrong)


def test_links_open_what_their_kind_permits(world: World, alice) -> None:
    recording = Recording.objects.get()
    tokens = {"unknown": "x" * 43}
    for kind, conditions in KINDS.items():
        share = Share(recording=recording, creator=alice, **conditions)
        tokens[kind] = sharing.create(share, "correct horse" if kind == "locked" else "")
    wrong = []
    for name, verbs in LINKS.items():
        for kind, token in tokens.items():
            world.objects["token"] = token
            for person in ("anonymous", "stranger", "owner"):
                for verb in VERBS:
                    kinds = verbs.get("GET" if verb == "HEAD" else verb)
                    wanted = {"no such verb"} if kinds is None else {"not found"}
                    if kinds and kind in kinds:
                        wanted = (
                            {"sign in"} if name == "share_join" and person == "anonymous" else {"answered"}
                        )
                        # A POST to a locked link without its password.
                        wanted |= {"forbidden"} if kind == "locked" and verb == "POST" else set()
                    found = outcome(world.ask(person, verb, world.address(name)))
                    if found not in wanted:
                        wrong.append(f"{verb} {name} with a link that is {kind} by {person}: {found}")
    assert not wrong, "\n".join(wrong)


def test_admin_lets_only_staff_in(world: World) -> None:
    known = {"object_id": "1", "content_type_id": 1, "app_label": "accounts", "url": "x"}
    wrong = []
    for name, pattern in ADMIN:
        if name in ("admin:login", "admin:logout"):
            continue
        names = pattern.pattern.converters or re.compile(str(pattern.pattern)).groupindex
        address = reverse(name, kwargs={argument: known.get(argument, "1") for argument in names})
        wrong += [
            f"{name} by {person}"
            for person in ("anonymous", "owner")
            if outcome(world.ask(person, "GET", address)) != "sign in"
        ]
    assert not wrong, "\n".join(wrong)
