"""Recordings over the product's own API."""

import json
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.api.conftest import program_of
from tests.pipeline import AUDIO, work
from transcripts.models import IdempotentAnswer, Recording

pytestmark = pytest.mark.django_db


def test_file_as_body_becomes_a_recording_of_the_keys_owner(program, alice):
    made = program.post(
        "recordings?title=Note&language=en&file_name=a.wav",
        (AUDIO / "note.wav").read_bytes(),
        content_type="audio/wav",
    )
    assert made.status_code == 201, made.content
    recording = Recording.objects.get(owner=alice)
    assert made["Location"] == f"/api/v1/recordings/{recording.pk}"
    assert (recording.title, recording.source, recording.language) == ("Note", "api", "en")
    work(recording)
    found = program.get(made["Location"]).json()
    assert found["state"] == "done"
    assert "The meeting starts at nine." in found["first_words"]


def test_form_with_a_file_becomes_a_recording(program):
    file = SimpleUploadedFile("note.wav", (AUDIO / "note.wav").read_bytes())
    made = program.post("/api/v1/recordings", {"file": file, "temperature": "0.2", "is_multichannel": "true"})
    assert made.status_code == 201, made.content
    assert (made.json()["title"], made.json()["temperature"], made.json()["is_multichannel"]) == (
        "note",
        0.2,
        True,
    )


def test_link_is_taken_on(program):
    made = program.send("post", "recordings", {"url": "https://example.org/talk.mp3", "title": "Talk"})
    assert made.status_code == 201, made.content
    assert (made.json()["state"], made.json()["title"]) == ("receiving", "Talk")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"url": "ftp://example.org/a.mp3"}, 400, "link"),
        ({"url": "https://example.org/a.mp3", "model": "whisper-9"}, 400, "/api/v1/models"),
        ({"url": "https://example.org/a.mp3", "language": "xx"}, 400, "language"),
        ({"url": "https://example.org/a.mp3", "task": "sing"}, 422, "body.task"),
        ({"title": "Without"}, 422, "body.url"),
        ({"url": "https://example.org/a.mp3", "titel": "Typo"}, 422, "body.titel"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_sentence(program, body, status, words):
    refused = program.send("post", "recordings", body)
    assert refused.status_code == status, refused.content
    assert refused["Content-Type"] == "application/problem+json"
    assert words in refused.json()["detail"]
    assert refused.json()["request_id"] == refused["X-Request-Id"]
    assert not Recording.objects.exists()


def test_same_idempotency_key_makes_one_recording(program):
    body = {"url": "https://example.org/talk.mp3"}
    first = program.send("post", "recordings", body, Idempotency_Key="abc")
    again = program.send("post", "recordings", body, Idempotency_Key="abc")
    assert first.json() == again.json()
    assert (again.status_code, again["Idempotency-Replayed"], again["Location"]) == (
        201,
        "true",
        first["Location"],
    )
    assert Recording.objects.count() == 1
    other = program.send("post", "recordings", {"url": "https://example.org/2.mp3"}, Idempotency_Key="abc")
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    IdempotentAnswer.objects.update(status=None)
    assert program.send("post", "recordings", body, Idempotency_Key="abc").status_code == 409
    assert "talk" not in IdempotentAnswer.objects.get().body


def test_refused_call_can_be_sent_again_with_its_idempotency_key(program):
    assert program.send("post", "recordings", {"url": "nothing"}, Idempotency_Key="k").status_code == 400
    good = {"url": "https://example.org/talk.mp3"}
    assert program.send("post", "recordings", good, Idempotency_Key="k").status_code == 201


def test_same_file_in_a_form_of_another_boundary_is_the_same_call(program):
    for _ in range(2):
        file = SimpleUploadedFile("note.wav", (AUDIO / "note.wav").read_bytes())
        made = program.post("/api/v1/recordings", {"file": file}, headers={"Idempotency-Key": "f"})
        assert made.status_code == 201, made.content
    assert Recording.objects.count() == 1


def test_list_goes_on_where_the_page_before_ended(program, alice):
    made = [Recording.objects.create(owner=alice, title=f"Talk {n}", state="done") for n in range(5)]
    for order, wanted in (("newest", made[::-1]), ("oldest", made), ("title", made)):
        seen, cursor = [], ""
        while cursor is not None:
            page = program.get(f"recordings?limit=2&order={order}&cursor={cursor}").json()
            seen += [item["title"] for item in page["items"]]
            cursor = page["next"]
            if len(seen) == 2 and order == "newest":
                Recording.objects.create(owner=alice, title="Between", state="done").delete()
        assert seen == [recording.title for recording in wanted]


def test_list_is_narrowed_down_and_searched(program, text, alice):
    Recording.objects.create(owner=alice, title="Other", state="failed")
    found = program.get("recordings?q=report").json()["items"]
    assert [item["id"] for item in found] == [str(text.pk)]
    assert found[0]["hits"] == [{"start": 4.0, "text": "Where is the report?"}]
    assert [i["title"] for i in program.get("recordings?state=failed").json()["items"]] == ["Other"]
    assert [i["title"] for i in program.get("recordings?speaker=ben").json()["items"]] == ["talk"]


@pytest.mark.parametrize("cursor", ["x", "WzFd", "W10", "eyJhIjoxfQ", "é"])
def test_forged_cursor_is_refused(program, cursor):
    refused = program.get(f"recordings?cursor={cursor}")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_cursor")


def test_changes_need_the_state_that_was_seen(program, text):
    url = f"recordings/{text.pk}"
    tag = program.get(url)["ETag"]
    changed = program.send("patch", url, {"title": "New", "tags": ["Law", "May"]}, If_Match=tag)
    assert (changed.json()["title"], changed.json()["tags"]) == ("New", ["Law", "May"])
    late = program.send("patch", url, {"title": "Lost"}, If_Match=tag)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    kept = program.send("patch", url, {"tags": ["law"]}, If_Match=changed["ETag"])
    assert kept.json()["tags"] == ["Law"]
    assert program.get(url, headers={"If-None-Match": kept["ETag"]}).status_code == 304


def test_language_of_what_has_ended_stays(program, text):
    assert program.send("patch", f"recordings/{text.pk}", {"language": "de"}).status_code == 409
    assert program.send("patch", f"recordings/{text.pk}", {"language": "xx"}).status_code == 400


def test_deleted_recording_is_in_the_trash_until_it_is_restored(program, text):
    assert program.delete(f"recordings/{text.pk}").status_code == 204
    assert program.get(f"recordings/{text.pk}").status_code == 404
    assert program.send("post", f"recordings/{text.pk}/restore").json()["title"] == "talk"
    assert program.get(f"recordings/{text.pk}").status_code == 200
    assert program.send("post", f"recordings/{text.pk}/restore").status_code == 404


def test_work_is_cancelled_tried_again_and_finished(program, alice):
    made = program.send("post", "recordings", {"url": "https://example.org/talk.mp3"}).json()
    url = f"recordings/{made['id']}"
    assert program.send("post", f"{url}/cancel").json()["state"] == "cancelled"
    assert program.send("post", f"{url}/cancel").status_code == 409
    assert program.send("post", f"{url}/retry").json()["state"] == "receiving"
    assert program.send("post", f"{url}/retry").status_code == 409
    assert "empty" in program.send("post", f"{url}/finish").json()["detail"]


def test_keys_do_only_what_their_scopes_say(alice, text):
    reader = program_of(alice, "read")
    assert reader.get(f"recordings/{text.pk}").status_code == 200
    for verb, path in (("post", "recordings"), ("delete", f"recordings/{text.pk}")):
        refused = reader.send(verb, path, {"url": "https://example.org/a.mp3"})
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert program_of(alice, "transcribe").get("recordings").status_code == 403


def test_unknown_keys_and_verbs_and_addresses_are_problems(client, program, text):
    refused = client.get("/api/v1/recordings")
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
    assert "Authorization" in refused.json()["detail"]
    verbs = program.put(f"recordings/{text.pk}")
    assert (verbs.status_code, verbs["Content-Type"]) == (405, "application/problem+json")
    assert set(verbs["Allow"].split(", ")) == {"GET", "PATCH", "DELETE"}
    assert program.get("nothing").json()["status"] == 404
    assert program.head(f"recordings/{text.pk}").status_code == 200
    malformed = program.post("recordings", "{", content_type="application/json")
    assert malformed.status_code == 422, malformed.content
    assert program.patch(f"recordings/{text.pk}", "{", content_type="application/json").status_code == 400


def test_strangers_find_nothing(strangers, text):
    for path in ("", "/transcript", "/segments", "/revisions", "/original", "/speakers"):
        assert strangers.get(f"recordings/{text.pk}{path}").status_code == 404
        assert (
            strangers.get(f"recordings/{uuid4()}{path}").json()["detail"]
            == strangers.get(f"recordings/{text.pk}{path}").json()["detail"]
        )
    assert strangers.send("patch", f"recordings/{text.pk}", {"title": "Mine"}).status_code == 404
    assert strangers.delete(f"recordings/{text.pk}").status_code == 404
    assert json.loads(strangers.get("recordings").content)["items"] == []
