"""Find and replace in transcripts: the acts and their views."""

import json

import pytest
from django.urls import reverse

from tests.pipeline import AUDIO, receive, work
from transcripts import replacing, trash, undoing
from transcripts.finding import Finder, Query
from transcripts.models import Membership, Recording, Revision, Segment, Term

pytestmark = pytest.mark.django_db


@pytest.fixture
def note(alice):
    return work(receive(alice, AUDIO / "note.wav"))


@pytest.fixture
def draft(alice):
    """Another recording of Alice's, with one segment of text."""
    return written(alice, "The meeting, the Meeting and 會議 about Maria.")


def written(owner, text, title="Draft"):
    recording = Recording.objects.create(owner=owner, title=title, state="done")
    transcript = recording.transcripts.create(language="en")
    Segment.objects.create(transcript=transcript, position=0, start=0, end=4, text=text)
    return recording


def post(client, name, recording, **wish):
    return client.post(reverse(name, args=[recording.pk]), json.dumps(wish), content_type="application/json")


def texts(recording):
    return list(recording.transcript.segments.values_list("text", flat=True))


def test_panel_offers_replacing_to_whoever_may_write(alice_client, bob_client, bob, note):
    url = reverse("find", args=[note.pk])
    assert "Replace all" in alice_client.get(url).content.decode()
    Membership.objects.create(recording=note, email=bob.email, role="viewer")
    page = bob_client.get(url).content.decode()
    assert "Match case" in page
    assert "Replace" not in page


def test_hits_are_counted_and_shown_in_context(alice_client, note):
    found = post(alice_client, "find", note, text="MEETING", replacement="<Sitzung>").json()
    segment = note.transcript.segments.get(text__contains="meeting")
    assert (found["count"], found["recordings"]) == (1, 1)
    assert found["hits"] == [[segment.pk, 4, 11]]
    assert "The <del>meeting</del><ins>&lt;Sitzung&gt;</ins> starts at nine." in found["html"]


def test_hits_are_found_in_all_of_mine_and_in_nobody_else_s(alice_client, bob, note, draft):
    written(bob, "A meeting of others.", "Secret")
    found = post(alice_client, "find", note, text="meeting", everywhere=True).json()
    assert (found["count"], found["recordings"]) == (3, 2)
    assert len(found["hits"]) == 1
    assert f"{draft.get_absolute_url()}?t=0" in found["html"]
    assert "Secret" not in found["html"]


def test_every_script_is_found_whatever_the_database_folds(alice_client, draft):
    for query, count in {"會議": 1, "ÜBER": 0, "about m": 1, "meeting,": 1}.items():
        assert post(alice_client, "find", draft, text=query, everywhere=True).json()["count"] == count


def test_more_hits_than_are_shown_are_counted(alice_client, alice):
    long = written(alice, "la " * 300)
    found = post(alice_client, "find", long, text="la").json()
    assert (found["count"], len(found["hits"])) == (300, 300)
    assert "And 100 more." in found["html"]


def test_replacing_is_one_revision_and_keeps_the_words_times(alice_client, note):
    before = {s.pk: s.words for s in note.transcript.segments.all()}
    answer = post(alice_client, "replace", note, text=r"\b(m)eeting|maria", replacement=r"\1Word", regex=True)
    shown = answer.json()
    assert (shown["count"], shown["sentence"]) == (2, "2 places were replaced. Undo takes it back.")
    assert (len(shown["segments"]), shown["can_undo"]) == (2, True)
    assert texts(note)[1:] == ["The mWord starts at nine.", "Word will send the report on Friday."]
    revision = Revision.objects.get()
    assert (revision.kind, revision.author, len(revision.after["segments"])) == ("replace", note.owner, 2)
    for segment in note.transcript.segments.all():
        assert [w[1:3] for w in segment.words] == [w[1:3] for w in before[segment.pk]]


def test_one_undo_takes_a_replacing_back(alice_client, alice, note):
    before = list(note.transcript.segments.values_list("text", "words"))
    post(alice_client, "replace", note, text="[aeiou]", replacement="ø", regex=True)
    undoing.undo(note.transcript, alice)
    assert list(note.transcript.segments.values_list("text", "words")) == before


def test_one_hit_is_replaced_alone(alice_client, draft):
    segment = draft.transcript.segments.get()
    where = {"segment": segment.pk, "start": 17}
    wish = {"text": "meeting", "replacement": "talk", "only": where}
    assert post(alice_client, "replace", draft, **wish).json()["count"] == 1
    assert texts(draft) == ["The meeting, the talk and 會議 about Maria."]
    gone = post(alice_client, "replace", draft, **wish).json()
    assert (gone["count"], gone["sentence"]) == (0, "Nothing was replaced: it is not there any more.")
    assert Revision.objects.count() == 1


def test_replacing_everywhere_is_one_revision_a_transcript(alice_client, bob, note, draft):
    others = written(bob, "A meeting of others.")
    answer = post(alice_client, "replace", note, text="meeting", replacement="talk", everywhere=True).json()
    assert answer["sentence"] == "3 places were replaced in 2 recordings."
    assert texts(draft) == ["The talk, the talk and 會議 about Maria."]
    assert texts(others) == ["A meeting of others."]
    assert sorted(Revision.objects.values_list("transcript", flat=True)) == sorted(
        [note.transcript.pk, draft.transcript.pk]
    )


@pytest.fixture
def drafts(alice):
    return [written(alice, "A meeting.", f"Draft {number}") for number in range(3)]


def replaced_everywhere(client, recording):
    wish = {"text": "meeting", "replacement": "talk", "everywhere": True}
    return post(client, "replace", recording, **wish).json()["undo"]


def taken_back(client, url):
    return client.post(url, headers={"Accept": "application/json"})


def test_replacing_everywhere_is_taken_back_at_once(alice_client, drafts):
    url = replaced_everywhere(alice_client, drafts[0])
    assert [texts(draft) for draft in drafts] == [["A talk."]] * 3
    assert taken_back(alice_client, url).json()["sentence"] == "Taken back in 3 recordings."
    assert [texts(draft) for draft in drafts] == [["A meeting."]] * 3
    assert taken_back(alice_client, url).status_code == 404


def test_what_was_changed_since_stays_and_is_named(alice_client, alice, drafts):
    url = replaced_everywhere(alice_client, drafts[0])
    replacing.replace(Finder(Query("talk", "speech")), drafts[1].transcript, alice)
    answer = taken_back(alice_client, url).json()["sentence"]
    assert answer == "Taken back in 2 recordings. It stays where the same was changed again since: “Draft 1”."
    assert [texts(draft) for draft in drafts] == [["A meeting."], ["A speech."], ["A meeting."]]


def test_taking_back_and_doing_again_go_on_in_each_recording(alice_client, alice, drafts):
    url = replaced_everywhere(alice_client, drafts[0])
    undoing.undo(drafts[0].transcript, alice)
    undoing.undo(drafts[1].transcript, alice)
    undoing.redo(drafts[1].transcript, alice)
    assert taken_back(alice_client, url).json()["sentence"] == "Taken back in 2 recordings."
    assert [texts(draft) for draft in drafts] == [["A meeting."]] * 3
    undoing.redo(drafts[2].transcript, alice)
    assert texts(drafts[2]) == ["A talk."]


def test_nobody_else_takes_it_back_nor_reaches_what_is_in_the_trash(alice_client, bob_client, bob, drafts):
    url = replaced_everywhere(alice_client, drafts[0])
    Membership.objects.create(recording=drafts[0], email=bob.email, role="editor")
    assert taken_back(bob_client, url).status_code == 404
    trash.discard([drafts[2]])
    assert taken_back(alice_client, url).json()["sentence"] == "Taken back in 2 recordings."
    assert texts(drafts[2]) == ["A talk."]


def test_history_offers_to_take_it_back_everywhere(alice_client, drafts):
    url = replaced_everywhere(alice_client, drafts[0])
    page = reverse("history", args=[drafts[1].pk])
    assert url in alice_client.get(page).content.decode()
    answer = alice_client.post(url, follow=True).content.decode()
    assert "Taken back in 3 recordings." in answer
    assert url not in alice_client.get(page).content.decode()


def test_replacing_in_one_recording_has_no_way_back_but_undo(alice_client, draft):
    assert replaced_everywhere(alice_client, draft) is None


def test_replacing_everywhere_replaces_nowhere_where_one_text_would_be_too_long(alice_client, alice):
    first = written(alice, "long " * 900)
    later = written(alice, "long")
    wish = {"text": "long", "replacement": "longer", "everywhere": True}
    refused = post(alice_client, "replace", later, **wish)
    assert (refused.status_code, "nothing was replaced" in refused.json()["error"]) == (400, True)
    assert (texts(later), len(texts(first)[0])) == (["long"], 4500)
    assert not Revision.objects.exists()


def test_replacement_is_remembered_if_asked(alice_client, alice, draft):
    post(alice_client, "replace", draft, text="maria", replacement="Mária", remember=True)
    assert list(Term.objects.values_list("owner", "text")) == [(alice.pk, "Mária")]
    post(alice_client, "replace", draft, text="(", replacement="Not", regex=True, remember=True)
    assert Term.objects.count() == 1


@pytest.mark.parametrize(
    "wish",
    [
        {"text": "(", "regex": True},
        {"text": "((a{100}){100}){100}", "regex": True},
        {"text": ""},
        {"text": "e", "replacement": "x" * 501},
        {"text": "[a-z]", "replacement": "x" * 500, "regex": True},
        {"text": "a", "replacement": "\\9", "regex": True},
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_and_changes_nothing(alice_client, draft, wish):
    before = texts(draft)
    answer = post(alice_client, "replace", draft, **wish)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert texts(draft) == before
    assert not Revision.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"text": 1}', '{"text": "x", "replacement": 1}', b"\xff"])
def test_malformed_wish_is_400(alice_client, note, body):
    for name in ("find", "replace"):
        answer = alice_client.post(reverse(name, args=[note.pk]), body, content_type="application/json")
        assert answer.status_code == 400


@pytest.mark.parametrize("text", ["\0", "\ud800", "a\ud800"])
def test_what_no_text_can_hold_is_not_found(alice_client, draft, text):
    assert post(alice_client, "find", draft, text=text).status_code in {200, 400}


def test_hostile_expression_is_answered(alice_client, alice):
    long = written(alice, "a" * 5000)
    answer = post(alice_client, "replace", long, text="(a+)+$", replacement="b", regex=True)
    assert answer.json()["count"] == 1
    assert texts(long) == ["b"]


def test_too_many_places_are_refused(alice, monkeypatch, alice_client):
    monkeypatch.setattr(replacing, "MAX_HITS", 10)
    long = written(alice, "la " * 11)
    assert "more than 10 places" in post(alice_client, "find", long, text="la").json()["error"]


def test_stranger_finds_and_replaces_nothing(bob_client, client, note):
    for name in ("find", "replace"):
        assert post(bob_client, name, note, text="Maria").status_code == 404
        assert post(client, name, note, text="Maria").status_code == 302
    assert bob_client.get(reverse("find", args=[note.pk])).status_code == 404
    assert not Revision.objects.exists()


def test_viewer_replaces_nothing_and_editor_does(bob_client, bob, note):
    membership = Membership.objects.create(recording=note, email=bob.email, role="viewer")
    assert post(bob_client, "replace", note, text="Maria", replacement="Anna").status_code == 404
    membership.role = "editor"
    membership.save()
    assert post(bob_client, "replace", note, text="Maria", replacement="Anna").json()["count"] == 1
    assert "Anna will send the report on Friday." in texts(note)


def test_wrong_method_is_405(alice_client, note):
    assert alice_client.get(reverse("replace", args=[note.pk])).status_code == 405
    assert alice_client.put(reverse("find", args=[note.pk])).status_code == 405


def test_current_transcript_of_each_recording_is_searched(alice):
    twice = written(alice, "Maria")
    rerun = twice.transcripts.create(base=twice.transcript)
    Segment.objects.create(transcript=rerun, position=0, start=0, end=1, text="Maria")
    found = replacing.find(Finder(Query("Maria")), replacing.current_transcripts(alice))
    assert [hits.transcript.pk for hits in found] == [twice.transcript.pk]
