"""Of several changes to the same state the first one counts, and each is done whole or not at all."""

from collections.abc import Callable
from contextlib import closing, suppress
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest
from django.db import connection

from sttweb.accounts.models import User
from tests.api.conftest import Program
from transcripts import tagging, webhooks
from transcripts.api.own import etags
from transcripts.models import Recording

Made = tuple[str, dict[str, Any]]


def a_recording(alice: User, text: Recording) -> Made:
    return f"recordings/{text.pk}", {"title": "New"}


def a_note(alice: User, text: Recording) -> Made:
    note = text.transcript.notes.create(author=alice, start=0, end=1, text="Look it up.")
    return f"notes/{note.pk}", {"text": "Ask Ann."}


def a_webhook(alice: User, text: Recording) -> Made:
    webhook, _ = webhooks.create(alice, "https://example.org/")
    return f"webhooks/{webhook.pk}", {"is_enabled": False}


def a_segment(alice: User, text: Recording) -> Made:
    return f"segments/{text.transcript.segments.earliest('position').pk}", {"speaker": None}


each = pytest.mark.parametrize("make", [a_recording, a_note, a_webhook, a_segment])


@each
@pytest.mark.parametrize("verbs", [("patch", "patch"), ("patch", "delete")])
@pytest.mark.django_db(transaction=True)
def test_of_two_changes_to_the_same_state_one_is_refused(
    alice: User,
    program: Program,
    text: Recording,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[User, Recording], Made],
    verbs: tuple[str, str],
) -> None:
    path, body = make(alice, text)
    tag, parse, both, answers = program.get(path)["ETag"], etags.parse_etags, Barrier(2), []

    def parse_when_both_look(header: str) -> list[str]:
        # Nobody else gets here before the first one is done.
        with suppress(BrokenBarrierError):
            both.wait(1)
        return parse(header)

    def change(verb: str) -> None:
        with closing(connection):
            sent = body if verb == "patch" else None
            answers.append(program.send(verb, path, sent, If_Match=tag).status_code)

    monkeypatch.setattr(etags, "parse_etags", parse_when_both_look)
    threads = [Thread(target=change, args=[verb]) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    # What was deleted first is not there any more.
    assert sorted(answers)[0] in {200, 204}
    assert sorted(answers)[1] in ({412} if verbs[1] == "patch" else {404, 412})


@each
@pytest.mark.django_db
def test_what_changed_meanwhile_is_not_deleted(
    alice: User, program: Program, text: Recording, make: Callable[[User, Recording], Made]
) -> None:
    path, body = make(alice, text)
    tag = program.get(path)["ETag"]
    assert program.send("patch", path, body, If_Match=tag).status_code == 200
    late = program.send("delete", path, If_Match=tag)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    seen = program.get(path)["ETag"]
    assert program.send("delete", path, If_Match=seen).status_code in {200, 204}


@pytest.mark.django_db
def test_title_stays_where_a_tag_is_refused(
    alice: User, program: Program, text: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tagging, "MAX_TAGS", 0)
    refused = program.send("patch", f"recordings/{text.pk}", {"title": "New", "tags": ["Law"]})
    assert refused.status_code == 400
    text.refresh_from_db()
    assert text.title == "talk"
