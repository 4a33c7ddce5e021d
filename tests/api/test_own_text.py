"""Transcripts, segments and speakers over the product's own API."""

import pytest

from tests.api.conftest import program_of
from transcripts.models import Membership

pytestmark = pytest.mark.django_db


def test_transcript_is_given_whole_and_in_segments_with_words(program, note):
    whole = program.get(f"recordings/{note.pk}/transcript").json()
    assert "The meeting starts at nine." in whole["text"]
    assert (whole["revision"], whole["can_undo"]) == (0, False)
    assert 0 < whole["accuracy"] <= 1
    page = program.get(f"recordings/{note.pk}/segments?words=true&limit=1").json()
    first = page["items"][0]
    assert " ".join(word["text"].strip() for word in first["words"]) == first["text"]
    rest = program.get(f"recordings/{note.pk}/segments?limit=1&cursor={page['next'] or ''}").json()
    assert page["next"] is None or rest["items"][0]["position"] > first["position"]
    assert not any(p["is_changed"] for p in program.get(f"recordings/{note.pk}/original").json()["items"])


def test_text_is_corrected_only_in_the_version_that_was_seen(program, segments):
    first = segments()[0]
    url = f"segments/{first['id']}"
    tag = program.get(url)["ETag"]
    corrected = program.send("patch", url, {"text": "Good evening."}, If_Match=tag)
    assert corrected.json()["text"] == "Good evening."
    assert corrected.json()["words"][1]["text"].strip() == "evening."
    assert corrected["ETag"] != tag
    late = program.send("patch", url, {"text": "Good night."}, If_Match=tag)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    by_version = {"text": "Good night.", "version": first["version"]}
    assert program.send("patch", url, by_version).status_code == 412
    assert program.send("patch", url, {"text": "Good night."}).status_code == 428
    assert program.get(url).json()["text"] == "Good evening."


def test_one_change_of_several_kinds_is_done_whole_or_not_at_all(program, segments, text):
    first = segments()[0]
    url = f"segments/{first['id']}"
    wrong = {"text": "Changed.", "speaker": 77, "version": first["version"]}
    assert program.send("patch", url, wrong).status_code == 409
    assert segments()[0] == first
    right = {"text": "Changed.", "start": 0.5, "speaker": 2, "version": first["version"]}
    changed = program.send("patch", url, right).json()
    assert (changed["text"], changed["start"], changed["end"], changed["speaker"]) == (
        "Changed.",
        0.5,
        3.0,
        2,
    )


def test_structure_is_changed_undone_and_redone(program, segments, text):
    first, _, third = segments()
    cut = {"at": 5, "version": first["version"]}
    split = program.send("post", f"segments/{first['id']}/split", cut).json()
    assert [s["text"] for s in split["segments"]] == ["Good", "morning."]
    assert program.send("post", f"segments/{first['id']}/split", cut).status_code == 412
    merged = program.send("post", f"segments/{third['id']}/merge", {"version": third["version"]}).json()
    assert merged["removed"] == [third["id"]]
    made = program.send(
        "post", f"recordings/{text.pk}/segments", {"after": None, "start": 0, "end": 0.5, "text": "Hello."}
    )
    assert (made.status_code, segments()[0]["text"]) == (201, "Hello.")
    assert program.get(made["Location"]).json()["text"] == "Hello."
    assert program.delete(made["Location"]).json()["removed"] == [segments_id(made)]
    undone = program.send("post", f"recordings/{text.pk}/undo").json()
    assert (undone["sentence"], segments()[0]["text"]) == ("Undone: Deleted segments", "Hello.")
    assert program.send("post", f"recordings/{text.pk}/redo").json()["kind"] == "redo"
    assert [s["text"] for s in segments()] == ["Good", "morning.", "Where is the report? Here it is."]
    chosen = {"segments": [s["id"] for s in segments()]}
    assert len(program.send("post", f"recordings/{text.pk}/segments/delete", chosen).json()["removed"]) == 3


def segments_id(made) -> int:
    return int(made["Location"].rpartition("/")[2])


def test_history_is_told_and_led_back_in(program, segments, text):
    first = segments()[0]
    for word in ("One.", "Two."):
        program.send("patch", f"segments/{first['id']}", {"text": word}, If_Match="*")
        program.send("patch", f"segments/{first['id']}", {"speaker": None}, If_Match="*")
        program.send("patch", f"segments/{first['id']}", {"speaker": 2}, If_Match="*")
    page = program.get(f"recordings/{text.pk}/revisions?limit=1").json()
    assert page["items"][0]["kind"] == "speaker"
    older = program.get(f"recordings/{text.pk}/revisions?cursor={page['next']}&segment={first['id']}").json()
    assert [item["number"] for item in older["items"]] == list(range(page["items"][0]["number"] - 1, 0, -1))
    one = program.get(f"recordings/{text.pk}/revisions/1").json()
    assert one["changes"][0]["words"][-1] == {"kind": "insert", "text": "One."}
    assert program.get(f"recordings/{text.pk}/revisions/99").status_code == 404
    back = program.send("post", f"segments/{first['id']}/restore", {"revision": 1}).json()
    assert back["segments"][0]["text"] == "One."
    program.send("post", f"recordings/{text.pk}/revisions/0/restore")
    assert segments()[0]["text"] == "Good morning."


def test_speakers_are_named_assigned_and_merged(program, segments, text):
    url = f"recordings/{text.pk}/speakers"
    assert [s["label"] for s in program.get(url).json()["items"]] == ["Ann", "Ben"]
    assert program.send("patch", f"{url}/1", {"name": "Anna"}).json()["speakers"][0]["name"] == "Anna"
    third = segments()[2]["id"]
    new = program.send("post", f"{url}/assign", {"segments": [third], "is_new": True, "name": "Cy"}).json()
    assert (new["segments"][0]["speaker"], new["speakers"][2]["label"]) == (3, "Cy")
    merged = program.send("post", f"{url}/3/merge", {"into": 1}).json()
    assert [s["number"] for s in merged["speakers"]] == [1, 2]
    assert program.send("post", f"{url}/9/merge", {"into": 1}).status_code == 409


def test_members_read_or_edit_as_the_owner_said(program, bob, text, segments):
    member = Membership.objects.create(recording=text, email=bob.email, role="viewer")
    theirs, segment = program_of(bob), segments()[0]["id"]
    assert theirs.get(f"recordings/{text.pk}").json()["role"] == "viewer"
    assert theirs.get(f"segments/{segment}").status_code == 200
    assert theirs.send("patch", f"segments/{segment}", {"text": "No."}, If_Match="*").status_code == 404
    member.role = "editor"
    member.save()
    assert theirs.send("patch", f"segments/{segment}", {"text": "Yes."}, If_Match="*").status_code == 200
    assert theirs.send("patch", f"recordings/{text.pk}", {"tags": ["mine"]}).status_code == 404


def test_strangers_change_nothing(strangers, segments, text):
    segment = segments()[0]["id"]
    assert strangers.get(f"segments/{segment}").status_code == 404
    for verb, path, body in (
        ("patch", f"segments/{segment}", {"text": "No.", "version": 1}),
        ("delete", f"segments/{segment}", None),
        ("post", f"segments/{segment}/split", {"at": 3, "version": 1}),
        ("post", f"segments/{segment}/merge", {"version": 1}),
        ("post", f"segments/{segment}/restore", {"revision": 0}),
        ("post", f"recordings/{text.pk}/segments", {"start": 0, "end": 1, "text": "No."}),
        ("post", f"recordings/{text.pk}/segments/delete", {"segments": [segment]}),
        ("post", f"recordings/{text.pk}/speakers/assign", {"segments": [segment], "speaker": 1}),
        ("post", f"recordings/{text.pk}/undo", None),
        ("post", f"recordings/{text.pk}/revisions/0/restore", None),
    ):
        assert strangers.send(verb, path, body).status_code == 404, path
    assert segments()[0]["text"] == "Good morning."
