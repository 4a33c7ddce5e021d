"""Notes, exports, sharing and the rest over the product's own API."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.api.conftest import program_of
from tests.views.test_exports import body
from transcripts import outbox
from transcripts.exports import FORMATS
from transcripts.models import Delivery, IdempotentAnswer, Recording, Share

pytestmark = pytest.mark.django_db


def test_notes_are_made_changed_and_deleted(program, text):
    url = f"recordings/{text.pk}/notes"
    made = program.send("post", url, {"start": 4, "end": 6, "text": "Ask Ben."})
    assert made.status_code == 201, made.content
    listed = program.get(url).json()["items"]
    assert [(n["text"], n["excerpt"]) for n in listed] == [("Ask Ben.", "Where is the report?")]
    tag = program.get(made["Location"])["ETag"]
    note = made["Location"].removeprefix("/api/v1/")
    assert program.send("patch", note, {"text": "Ask Ann."}, If_Match=tag).json()["text"] == "Ask Ann."
    assert program.send("patch", note, {"text": "Lost."}, If_Match=tag).status_code == 412
    assert program.send("post", url, {"start": 4, "end": 3}).status_code == 400
    assert program.delete(note).status_code == 204
    assert program.get(note).status_code == 404


def test_every_format_is_exported_and_several_as_a_zip(program, text):
    formats = program.get("formats").json()
    assert {f["key"] for f in formats["formats"]} >= set(FORMATS)
    for key in FORMATS:
        answer = program.get(f"recordings/{text.pk}/export/{key}")
        assert answer.status_code == 200
        assert answer["Content-Type"] == FORMATS[key].media_type
    plain = program.get(f"recordings/{text.pk}/export/txt?speakers=false&start=3.5&end=6.5").content.decode()
    assert (plain.strip().endswith("Where is the report?"), "Ben" in plain) == (True, False)
    assert program.get(f"recordings/{text.pk}/export/exe").status_code == 404
    assert program.get(f"recordings/{text.pk}/export/srt?profile=nobodys").status_code == 400
    for path in (
        f"recordings/{text.pk}/export?key=txt&key=srt",
        f"export?recording={text.pk}&key=txt&key=srt",
    ):
        names = zipfile.ZipFile(io.BytesIO(body(program.get(path)))).namelist()
        assert sorted(name.rpartition(".")[2] for name in names) == ["srt", "txt"]
    assert program.get(f"recordings/{text.pk}/export?key=exe").status_code == 400


def test_sound_is_given_in_ranges(program, text):
    text.folder.mkdir(parents=True)
    text.source_path.write_bytes(bytes(range(100)))
    url = f"recordings/{text.pk}/audio"
    part = program.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part["Content-Range"] == "bytes 10-19/100"
    assert program.get(url, headers={"Range": "bytes=100-"}).status_code == 416
    assert program.get(f"recordings/{text.pk}/peaks").status_code == 404
    assert program.get(f"recordings/{text.pk}/peaks?rate=7").status_code == 422


def test_link_is_told_once_and_opens_what_it_permits_until_it_is_revoked(program, client, text):
    url = f"recordings/{text.pk}/shares"
    wish = {"label": "Board", "permission": "download", "expires_in_days": 7}
    made = program.send("post", url, wish, Idempotency_Key="k").json()
    assert made == program.send("post", url, wish, Idempotency_Key="k").json()
    assert (Share.objects.count(), made["embed_url"]) == (1, None)
    token = made["url"].rstrip("/").rpartition("/")[2]
    assert token not in IdempotentAnswer.objects.get().body
    assert client.get(made["url"]).status_code == 200
    [listed] = program.get(url).json()["items"]
    assert (listed["label"], "url" in listed) == ("Board", False)
    assert program.delete(f"{url}/{made['id']}").status_code == 204
    assert client.get(made["url"]).status_code == 404
    assert "password" in program.send("post", url, {"password": "abc"}).json()["detail"]
    assert program.send("post", url, {"start": 5, "end": 2}).status_code == 400


def test_members_are_invited_and_removed_and_leave(program, bob, text):
    url, theirs = f"recordings/{text.pk}/members", program_of(bob)
    made = program.send("post", url, {"email": "Bob@example.org", "role": "editor"})
    assert (made.status_code, made.json()["email"]) == (201, "bob@example.org")
    assert [item["title"] for item in theirs.get("recordings?whose=shared").json()["items"]] == ["talk"]
    assert theirs.get(url).status_code == 404
    assert theirs.send("post", f"recordings/{text.pk}/leave").status_code == 204
    assert theirs.get(f"recordings/{text.pk}").status_code == 404
    again = program.send("post", url, {"email": "bob@example.org"}).json()
    assert program.delete(f"{url}/{again['id']}").status_code == 204
    assert program.get(url).json()["items"] == []
    assert program.send("post", f"recordings/{text.pk}/leave").status_code == 409
    assert "e-mail" in program.send("post", url, {"email": "nobody"}).json()["detail"]


def test_terms_are_remembered_listed_and_forgotten(program, strangers):
    assert program.send("post", "terms", {"terms": ["Nakasero", "Kololo", "Kololo"]}).json() == {"added": 2}
    page = program.get("terms?limit=1").json()
    rest = program.get(f"terms?limit=1&cursor={page['next']}").json()
    assert [page["items"][0]["text"], rest["items"][0]["text"], rest["next"]] == ["Kololo", "Nakasero", None]
    term = page["items"][0]["id"]
    assert strangers.delete(f"terms/{term}").status_code == 404
    assert program.delete(f"terms/{term}").status_code == 204


def test_tags_are_put_on_several_recordings_and_taken_off(program, strangers, text):
    both = {"name": "Law", "recordings": [str(text.pk)]}
    assert program.send("post", "tags/add", both).status_code == 204
    assert program.get("tags").json()["items"] == [{"name": "Law", "recordings": 1}]
    assert [i["id"] for i in program.get("recordings?tag=Law").json()["items"]] == [str(text.pk)]
    assert strangers.send("post", "tags/add", both).status_code == 404
    assert program.send("post", "tags/remove", both).status_code == 204
    assert program.get("tags").json()["items"] == []


def test_trash_is_listed_and_emptied(program, strangers, text, alice):
    Recording.objects.create(owner=alice, title="Old", state="done", bytes_received=7)
    for item in program.get("recordings").json()["items"]:
        program.delete(f"recordings/{item['id']}")
    page = program.get("trash?limit=1").json()
    assert (len(page["items"]), page["bytes"]) == (1, 7 + text.bytes_received)
    assert strangers.delete(f"trash/{page['items'][0]['id']}").status_code == 404
    assert program.delete(f"trash/{page['items'][0]['id']}").status_code == 204
    assert program.delete("trash").json() == {"deleted": 1}
    assert not Recording.objects.exists()


def test_run_over_what_has_no_sound_is_refused(program, text, strangers):
    url = f"recordings/{text.pk}/reruns"
    assert "No speech" in program.send("post", url, {}).json()["detail"]
    assert "language" in program.send("post", url, {"language": "xx"}).json()["detail"]
    assert program.get(url).json()["items"] == []
    assert strangers.get(url).status_code == 404
    assert program.get("reruns/1").status_code == 404


def test_run_is_started_listed_and_cancelled(program, text):
    text.spans.create(position=0, start=0.0, end=9.0, pieces=[[0.0, 9.0]])
    run = program.send("post", f"recordings/{text.pk}/reruns", {"start": 1, "end": 3})
    assert run.status_code == 201, run.content
    assert program.get(run["Location"]).json()["state"] == "cutting"
    assert program.send("post", f"recordings/{text.pk}/reruns", {}).status_code == 409
    cancel = f"{run['Location'].removeprefix('/api/v1/')}/cancel"
    assert program.send("post", cancel).json()["state"] == "cancelled"
    assert program.send("post", cancel).status_code == 409
    assert len(program.get(f"recordings/{text.pk}/reruns").json()["items"]) == 1


def test_doubtful_words_are_walked_through_and_settled(program, text):
    segment = text.transcript.segments.first()
    segment.words = [["Good", 1.0, 2.0, 0.9], ["morning.", 2.0, 3.0, 0.2]]
    segment.save()
    url = f"recordings/{text.pk}/doubts"
    [doubt] = program.get(url).json()["items"]
    verdict = {"segment": doubt["segment"], "word": doubt["word"], "term": doubt["term"], "text": "mourning"}
    settled = program.send("post", url, verdict).json()
    assert settled["segments"][0]["text"] == "Good mourning."
    assert program.get(url).json()["count"] == 0
    assert program.get(f"recordings/{text.pk}/dropped").json()["items"] == []
    gone = {"hypothesis": 1, "number": 0}
    assert program.send("post", f"recordings/{text.pk}/dropped", gone).status_code == 409


def test_words_are_found_and_replaced_here_and_everywhere(program, strangers, text):
    found = program.send("post", f"recordings/{text.pk}/find", {"text": "report"}).json()
    assert (found["count"], found["places"][0]["before"]) == (1, "Where is the ")
    assert strangers.send("post", "find", {"text": "report"}).json()["count"] == 0
    change = {"text": "report", "replacement": "paper"}
    assert program.send("post", f"recordings/{text.pk}/replace", change).json()["count"] == 1
    back = {"text": "paper", "replacement": "report"}
    assert program.send("post", "replace", back).json()["recordings"] == [str(text.pk)]
    assert program.send("post", "find", {"text": "(", "is_regex": True}).status_code == 400


def test_subtitles_are_checked_against_a_profile_of_ones_own(program, text):
    made = program.send("post", "subtitle-profiles", {"name": "Ours", "longest": 1.5})
    assert made.status_code == 201, made.content
    checked = program.get(f"recordings/{text.pk}/subtitles?profile={made.json()['id']}").json()
    assert (checked["profile"], checked["subtitles"], checked["findings"]) == ("Ours", 6, [])
    assert program.send("post", "subtitle-profiles", {"name": "Ours"}).status_code == 400
    assert program.delete(f"subtitle-profiles/{made.json()['id']}").status_code == 204
    assert program.get("subtitle-profiles").json()["items"] == []


def test_text_of_a_file_becomes_a_recording_or_replaces_one(program):
    def file():
        return SimpleUploadedFile("talk.txt", b"Good morning. Here we are.")

    made = program.post("/api/v1/texts", {"file": file(), "title": "Talk"})
    assert (made.status_code, made.json()["source"], made.json()["title"]) == (201, "text", "Talk")
    url = f"recordings/{made.json()['id']}/text"
    onto = program.post(url, {"file": SimpleUploadedFile("other.txt", b"Another text.")})
    assert onto.json() == {"revision": 1}
    assert "file" in program.post(url, {}).json()["detail"]


def test_webhook_is_made_changed_tested_replayed_and_deleted(program, strangers, text):
    made = program.send("post", "webhooks", {"url": "https://example.org/hook", "events": ["recording.done"]})
    assert (made.status_code, made.json()["secret"][:6]) == (201, "whsec_"), made.content
    url = made["Location"].removeprefix("/api/v1/")
    assert "secret" not in program.get(url).json()
    assert strangers.get(url).status_code == 404
    changed = program.send("patch", url, {"events": []}, If_Match=program.get(url)["ETag"]).json()
    assert (changed["events"], changed["url"]) == ([], "https://example.org/hook")
    assert program.send("post", f"{url}/rotate").json()["secret"] != made.json()["secret"]
    sent = program.send("post", f"{url}/test")
    assert (sent.status_code, sent.json()["event"]) == (202, outbox.TEST)
    replay = f"deliveries/{sent.json()['id']}/replay"
    assert program.send("post", replay).status_code == 409
    Delivery.objects.update(state="failed")
    assert program.send("post", replay).json()["state"] == "waiting"
    assert strangers.send("post", replay).status_code == 404
    assert [d["id"] for d in program.get(f"{url}/deliveries").json()["items"]] == [sent.json()["id"]]
    assert program.send("patch", url, {"is_enabled": False}).json()["is_enabled"] is False
    assert program.send("post", f"{url}/test").status_code == 409
    assert program.send("post", "webhooks", {"url": "file:///etc/passwd"}).status_code == 400
    assert program.delete(url).status_code == 204


def test_account_tells_its_limits_and_models(program, alice):
    me = program.get("me").json()
    assert (me["email"], me["key"]["scopes"]) == (alice.email, ["transcribe", "read", "manage"])
    assert me["limits"]["bytes_most"] > me["limits"]["bytes_used"] == 0
    assert [model["is_default"] for model in program.get("models").json()["items"]].count(True) == 1
