"""The editor's acts over HTTP: what each does, what it answers, and what it refuses."""

import json

import pytest
from django.urls import reverse

from transcripts.models import Membership, Recording, Revision, Segment

pytestmark = pytest.mark.django_db


@pytest.fixture
def transcript(alice, bob):
    recording = Recording.objects.create(owner=alice, title="Board", state="done", duration=20)
    Membership.objects.create(recording=recording, email=bob.email, role="editor")
    transcript = recording.transcripts.create(language="en")
    for number, text in enumerate(["The meeting starts at nine.", "Maria will send it.", "Good bye."]):
        words = text.split()
        times = [number * 4 + index * 0.5 for index in range(len(words) + 1)]
        Segment.objects.create(
            transcript=transcript,
            position=number * 1_000_000,
            start=times[0],
            end=times[-1],
            text=text,
            words=[[w, start, end, 0.9] for w, start, end in zip(words, times[:-1], times[1:], strict=True)],
        )
    return transcript


@pytest.fixture
def edit(transcript, alice_client):
    def post(client=alice_client, status=200, **act):
        url = reverse("edits", args=[transcript.recording_id])
        answer = client.post(url, json.dumps(act), content_type="application/json")
        assert answer.status_code == status, answer.content
        return answer.json()

    return post


def segments(transcript) -> list[Segment]:
    return list(transcript.segments.select_related("speaker"))


def texts(transcript) -> list[str]:
    return [segment.text for segment in segments(transcript)]


def test_split_cuts_at_the_nearest_word_and_divides_the_times(edit, transcript):
    first = segments(transcript)[0]
    # Inside of “starts”, nearer to its beginning.
    answer = edit(act="split", segment=first.pk, version=1, at=13)
    left, right = segments(transcript)[:2]
    assert (left.text, right.text) == ("The meeting", "starts at nine.")
    assert (left.start, left.end, right.start, right.end) == (0, 1, 1, 2.5)
    assert [word[0] for word in right.words] == ["starts", "at", "nine."]
    assert (left.version, right.version) == (2, 1)
    assert (answer["kind"], answer["sentence"], answer["revision"]) == ("split", "Split a segment", 1)
    assert [s["id"] for s in answer["segments"]] == [left.pk, right.pk]
    assert answer["created"] == [right.pk]
    assert "starts at nine." in answer["segments"][1]["html"]
    assert (answer["can_undo"], answer["can_redo"], answer["removed"]) == (True, False, [])


@pytest.mark.parametrize("at", [-1, 0, 27, 99])
def test_split_at_an_edge_is_refused(edit, transcript, at):
    first = segments(transcript)[0]
    assert "caret" in edit(act="split", segment=first.pk, version=1, at=at, status=400)["error"]


def test_split_counts_characters_as_browsers_do(edit, transcript):
    first = segments(transcript)[0]
    Segment.objects.filter(pk=first.pk).update(text="😀😀😀 one two", words=[])
    edit(act="split", segment=first.pk, version=1, at=11)
    assert texts(transcript)[:2] == ["😀😀😀 one", "two"]


def test_split_where_no_spaces_are_written(edit, transcript):
    first = segments(transcript)[0]
    words = [["会議", 0, 1, 0.9], ["は九時", 1, 2.5, 0.9]]
    Segment.objects.filter(pk=first.pk).update(text="会議は九時", words=words)
    edit(act="split", segment=first.pk, version=1, at=3)
    left, right = segments(transcript)[:2]
    assert (left.text, right.text) == ("会議は", "九時")
    assert (left.end, right.words) == (1.5, [["九時", 1.5, 2.5, 1.0]])
    edit(act="merge", segment=right.pk, version=1)
    assert texts(transcript)[0] == "会議は九時"


def test_merge_joins_texts_and_words_with_the_segment_before(edit, transcript):
    first, second = segments(transcript)[:2]
    answer = edit(act="merge", segment=second.pk, version=1)
    merged = segments(transcript)[0]
    assert merged.text == "The meeting starts at nine. Maria will send it."
    assert merged.words == first.words + second.words
    assert (merged.start, merged.end, merged.pk) == (0, 6, first.pk)
    assert answer["removed"] == [second.pk]


def test_first_segment_has_none_to_merge_with(edit, transcript):
    edit(act="merge", segment=segments(transcript)[0].pk, version=1, status=400)


def test_boundary_moves_the_neighbour_that_it_would_overlap(edit, transcript):
    first, second, third = segments(transcript)
    answer = edit(act="boundary", segment=second.pk, version=1, start=2.0, end=8.25)
    first, second, third = segments(transcript)
    assert [(s.start, s.end) for s in (first, second, third)] == [(0, 2), (2, 8.25), (8.25, 9)]
    assert first.words[-1][1:3] == [2, 2]
    assert third.words[0][1:3] == [8.25, 8.5]
    assert {s["id"] for s in answer["segments"]} == {first.pk, second.pk, third.pk}
    assert edit(act="boundary", segment=second.pk, version=2, start=0, end=6, status=400)["error"]


def test_words_that_come_back_into_a_segment_take_their_times_again(edit, transcript):
    first = segments(transcript)[0]
    span = transcript.recording.spans.create(position=0, start=0, end=10, pieces=[[0, 10]])
    transcript.hypotheses.create(span=span, state="done", segments=[{"words": first.words}])
    edit(act="boundary", segment=first.pk, version=1, start=0, end=1)
    edit(act="boundary", segment=first.pk, version=2, start=0, end=2.5)
    assert segments(transcript)[0].words == first.words


def test_insert_puts_a_segment_between_and_before(edit, transcript):
    first = segments(transcript)[0]
    edit(act="insert", after=first.pk, start=2.6, end=3.6, text=" Right \n now. ")
    edit(act="insert", after=None, start=0, end=0, text="")
    assert texts(transcript)[:4] == ["", first.text, "Right now.", "Maria will send it."]
    assert [word[1:3] for word in segments(transcript)[2].words] == [[2.6, 3.156], [3.156, 3.6]]


def test_what_came_is_told_apart_from_what_made_room_for_it(edit, transcript):
    first = segments(transcript)[0]
    Segment.objects.filter(pk=segments(transcript)[1].pk).update(position=first.position + 1)
    answer = edit(act="split", segment=first.pk, version=1, at=13)
    assert len(answer["segments"]) > 2
    assert texts(transcript)[1] == "starts at nine."
    assert answer["created"] == [segments(transcript)[1].pk]
    Segment.objects.filter(pk=answer["created"][0]).update(position=segments(transcript)[0].position + 1)
    answer = edit(act="insert", after=first.pk, start=1, end=2, text="Between.")
    assert texts(transcript)[1] == "Between."
    assert answer["created"] == [segments(transcript)[1].pk]


def test_text_that_is_too_long_is_refused_with_a_sentence(edit, transcript, alice_client):
    first = segments(transcript)[0]
    for length, status in [(5000, 200), (5001, 400)]:
        body = {"text": "x" * length, "version": 1}
        answer = alice_client.post(reverse("segment", args=[first.pk]), body, content_type="application/json")
        assert answer.status_code == status
    assert "at most 5,000 characters" in answer.json()["error"]
    assert len(segments(transcript)[0].text) == 5000
    refused = edit(act="insert", after=first.pk, start=0, end=1, text="x" * 5001, status=400)
    assert "at most 5,000 characters" in refused["error"]
    assert len(segments(transcript)) == 3


def test_delete_spares_what_another_has_written_meanwhile(edit, transcript, bob_client):
    first, second = segments(transcript)[:2]
    url = reverse("segment", args=[second.pk])
    bob_client.post(url, {"text": "Ben will send it.", "version": 1}, content_type="application/json")
    act = {"act": "delete", "segments": [first.pk, second.pk]}
    answer = edit(**act, versions=[1, 1], status=409)
    assert [(s["id"], s["version"]) for s in answer["segments"]] == [(second.pk, 2)]
    assert len(segments(transcript)) == 3
    assert edit(**act, versions=[1, 2])["removed"] == [first.pk, second.pk]


def test_delete_minds_no_change_of_the_speaker(edit, transcript):
    first = segments(transcript)[0]
    edit(act="assign", segments=[first.pk], speaker="new")
    assert edit(act="delete", segments=[first.pk], versions=[1])["removed"] == [first.pk]


def test_delete_removes_segments_and_undo_brings_them_back(edit, transcript):
    before = [(s.pk, s.text, s.words) for s in segments(transcript)]
    answer = edit(act="delete", segments=[before[0][0], before[1][0], 999_999])
    assert answer["removed"] == [before[0][0], before[1][0]]
    assert texts(transcript) == ["Good bye."]
    answer = edit(act="undo")
    assert (answer["kind"], answer["sentence"]) == ("undo", "Undone: Deleted segments")
    assert (answer["can_undo"], answer["can_redo"]) == (False, True)
    assert [(s.pk, s.text, s.words) for s in segments(transcript)] == before
    # A page that still shows the deleted one's first version must see that this is another.
    assert [s.version for s in segments(transcript)] == [2, 2, 1]
    assert edit(act="redo")["removed"] == [before[0][0], before[1][0]]


def test_speakers_are_made_named_assigned_and_merged(edit, transcript):
    first, second, third = segments(transcript)
    answer = edit(act="assign", segments=[first.pk, second.pk], speaker="new", name="Anna")
    assert answer["speakers"] == [{"number": 1, "name": "Anna", "label": "Anna"}]
    answer = edit(act="assign", segments=[third.pk], speaker="new")
    assert answer["speakers"][1] == {"number": 2, "name": "", "label": "Speaker 2"}
    answer = edit(act="rename_speaker", speaker=2, name="Ben\n")
    assert answer["speakers"][1]["name"] == "Ben"
    answer = edit(act="merge_speakers", speaker=1, into=2)
    assert [s["number"] for s in answer["speakers"]] == [2]
    assert {str(s.speaker) for s in segments(transcript)} == {"Ben"}
    edit(act="assign", segments=[first.pk], speaker=None)
    assert segments(transcript)[0].speaker is None
    for _ in range(5):
        edit(act="undo")
    assert not transcript.speakers.exists()
    for _ in range(5):
        answer = edit(act="redo")
    assert [str(s.speaker) for s in segments(transcript)] == ["None", "Ben", "Ben"]
    assert answer["can_redo"] is False


def test_speaker_who_is_not_there_cannot_be_chosen(edit, transcript):
    first = segments(transcript)[0]
    assert "no speaker 7" in edit(act="assign", segments=[first.pk], speaker=7, status=409)["error"]


def test_act_on_an_old_version_is_refused_with_what_stands(edit, transcript, bob_client):
    first = segments(transcript)[0]
    url = reverse("segment", args=[first.pk])
    bob_client.post(url, {"text": "It starts.", "version": 1}, content_type="application/json")
    answer = edit(act="split", segment=first.pk, version=1, at=13, status=409)
    assert answer["segments"][0]["version"] == 2
    assert "It starts." in answer["segments"][0]["html"]
    edit(act="delete", segments=[first.pk])
    answer = edit(act="merge", segment=first.pk, version=2, status=409)
    assert answer["removed"] == [first.pk]


def test_correction_goes_through_where_only_the_speaker_changed(edit, transcript, bob_client):
    first = segments(transcript)[0]
    edit(act="assign", segments=[first.pk], speaker="new")
    url = reverse("segment", args=[first.pk])
    saved = bob_client.post(url, {"text": "It starts.", "version": 1}, content_type="application/json")
    assert (saved.status_code, saved.json()["version"], saved.json()["can_undo"]) == (200, 3, True)


def test_undo_stops_before_another_s_later_change(edit, transcript, bob_client):
    first = segments(transcript)[0]
    edit(act="split", segment=first.pk, version=1, at=13)
    url = reverse("segment", args=[first.pk])
    bob_client.post(url, {"text": "Our meeting", "version": 2}, content_type="application/json")
    answer = edit(act="undo", status=409)
    assert answer["error"].startswith("bob@example.org has changed the same part since")
    assert texts(transcript)[:2] == ["Our meeting", "starts at nine."]
    assert edit(client=bob_client, act="undo")["sentence"] == "Undone: Corrected the text"
    edit(act="undo")
    assert texts(transcript)[0] == "The meeting starts at nine."
    assert edit(act="undo", status=409)["error"] == "There is nothing of yours to undo."


def test_undo_keeps_a_speaker_to_whom_another_gave_segments(edit, transcript, bob_client):
    first, second, _ = segments(transcript)
    edit(act="assign", segments=[first.pk], speaker="new", name="Anna")
    edit(client=bob_client, act="assign", segments=[second.pk], speaker=1)
    assert edit(act="undo")["speakers"][0]["name"] == "Anna"
    assert [str(s.speaker) for s in segments(transcript)] == ["None", "Anna", "None"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        "[" * 100_000,
        '{"act": "split", "segment": "1", "version": 1, "at": 1}',
        '{"act": "split", "segment": 1e400, "version": 1, "at": 1}',
        '{"act": "delete", "segments": []}',
        '{"act": "delete", "segments": [1, "2"]}',
        '{"act": "delete", "segments": [1], "versions": 1}',
        '{"act": "delete", "segments": [1], "versions": ["1"]}',
        '{"act": "delete", "segments": [99999999999999999999]}',
        '{"act": "insert", "after": null, "start": "0", "end": 1, "text": ""}',
        '{"act": "assign", "segments": [1], "speaker": "old"}',
        '{"act": "assign", "segments": [1], "speaker": "new", "name": 5}',
    ],
)
def test_nonsense_is_refused_with_a_sentence(alice_client, transcript, body):
    url = reverse("edits", args=[transcript.recording_id])
    answer = alice_client.post(url, body, content_type="application/json")
    assert (answer.status_code, "error" in answer.json()) == (400, True)


@pytest.mark.parametrize(("start", "end"), [(3, 2), (float("nan"), 2), (0, float("inf")), (1, 1.01)])
def test_bounds_that_are_no_stretch_of_time_are_refused(edit, transcript, start, end):
    first = segments(transcript)[0]
    edit(act="boundary", segment=first.pk, version=1, start=start, end=end, status=400)


def test_only_who_may_write_edits(transcript, client, charlie_client, bob_client):
    url = reverse("edits", args=[transcript.recording_id])
    act = {"data": '{"act": "undo"}', "content_type": "application/json"}
    assert charlie_client.post(url, **act).status_code == 404
    assert client.post(url, **act).status_code == 302
    assert bob_client.get(url).status_code == 405
    Membership.objects.update(role="viewer")
    assert bob_client.post(url, **act).status_code == 404


def test_many_rows_cost_no_more_queries_than_few(edit, transcript, django_assert_max_num_queries):
    for number in range(3, 60):
        Segment.objects.create(
            transcript=transcript,
            position=number * 1_000_000,
            start=number,
            end=number + 1,
            text=f"Row {number}.",
        )
    pks = [segment.pk for segment in segments(transcript)]
    for few, many in [
        ({"act": "assign", "segments": pks[:2], "speaker": "new"}, pks),
        ({"act": "delete", "segments": pks[:2]}, pks[2:]),
    ]:
        with django_assert_max_num_queries(40) as first:
            edit(**few)
        with django_assert_max_num_queries(len(first.captured_queries)):
            edit(**few | {"segments": many})
        edit(act="undo")
        edit(act="undo")
    assert Revision.objects.count() == 8
