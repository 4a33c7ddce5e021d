"""Doubtful words, the estimate, what was left out and what was first said."""

import json

import pytest
from django.urls import reverse

from tests.pipeline import AUDIO, receive, work
from transcripts import doubts, dropped, original, undoing
from transcripts.accuracy import accuracy_of
from transcripts.doubts import Verdict
from transcripts.engine import guards
from transcripts.models import Hypothesis, Membership, Recording, Revision, Segment, Term
from transcripts.refusals import Refused

pytestmark = pytest.mark.django_db

# [text, probability] of each segment's words.
SAID = [
    [["Mueler", 0.3], ["met", 0.9], ["Anna.", 0.4]],
    [["The", 0.9], ["mueler,", 0.2], ["they", 0.45], ["say,", 0.9], ["called", 0.8], ["Mueler", 0.95]],
]


@pytest.fixture
def recording(alice):
    recording = Recording.objects.create(owner=alice, title="Call", state="done")
    transcript = recording.transcripts.create(language="en")
    span = recording.spans.create(position=0, start=0, end=20, pieces=[])
    for number, said in enumerate(SAID):
        start = number * 10
        Segment.objects.create(
            transcript=transcript,
            position=number * 1000,
            start=start,
            end=start + len(said),
            text=" ".join(text for text, _ in said),
            words=[[f" {text}", start + i, start + i + 1, p] for i, (text, p) in enumerate(said)],
        )
    segments = [{"text": segment.text, "words": segment.words} for segment in transcript.segments.all()]
    lost = [
        {"start": 4.0, "end": 6.0, "text": "thank you thank you", "reason": guards.LOOP},
        {"start": 18.0, "end": 19.0, "text": "<i>Subtitles</i>", "reason": guards.SILENCE},
    ]
    transcript.hypotheses.create(span=span, state=Hypothesis.State.DONE, segments=segments, dropped=lost)
    return recording


def terms(recording):
    return [doubt.term for doubt in doubts.walk(recording.transcript).doubts]


def verdict(recording, number, **how):
    doubt = doubts.walk(recording.transcript).doubts[number]
    how.setdefault("is_right", "text" not in how)
    return Verdict(doubt.segment.pk, doubt.word, doubt.term, **how)


def texts(recording):
    return list(recording.transcript.segments.values_list("text", flat=True))


def settle(recording, number, **how):
    return doubts.settle(recording.transcript, recording.owner, verdict(recording, number, **how))


def test_doubtful_words_are_walked_term_by_term(recording):
    walk = doubts.walk(recording.transcript)
    assert [doubt.term for doubt in walk.doubts] == ["mueler", "mueler", "anna", "they"]
    assert walk.totals["mueler"] == 3
    second = walk.doubts[1]
    assert (second.text, second.before, second.shown, second.after) == (
        "mueler",
        "The ",
        "mueler,",
        " they say, called Mueler",
    )
    assert (walk.group_start(1), walk.group_start(3)) == (0, 3)


def test_walk_asks_the_database_once(recording, django_assert_num_queries):
    transcript = recording.transcript
    with django_assert_num_queries(1):
        doubts.walk(transcript)


def test_accepted_word_is_in_doubt_no_more_and_its_text_stays(recording):
    before = texts(recording)
    settle(recording, 0)
    assert terms(recording) == ["mueler", "anna", "they"]
    assert texts(recording) == before
    settle(recording, 0, everywhere=True)
    assert terms(recording) == ["anna", "they"]
    assert list(Revision.objects.values_list("kind", flat=True)) == ["review", "review"]


def test_correction_keeps_punctuation_and_the_word_s_time(recording):
    settle(recording, 1, text="Müller")
    segment = recording.transcript.segments.last()
    assert segment.text == "The Müller, they say, called Mueler"
    assert segment.words[1] == ["Müller,", 11.0, 12.0, 1.0]
    assert terms(recording) == ["mueler", "anna", "they"]


def test_correction_everywhere_corrects_the_certain_ones_too(recording):
    settle(recording, 0, text="dr. miller", everywhere=True)
    assert texts(recording) == ["Dr. miller met Anna.", "The dr. miller, they say, called Dr. miller"]
    words = recording.transcript.segments.first().words
    assert [word[0].strip() for word in words] == ["Dr.", "miller", "met", "Anna."]
    assert (words[0][1], words[1][2]) == (0.0, 1.0)
    assert Revision.objects.count() == 1


def test_word_that_nobody_said_can_be_taken_out(recording):
    settle(recording, 3, text="")
    assert texts(recording)[1] == "The mueler, say, called Mueler"


def test_word_that_was_changed_meanwhile_is_refused(recording):
    old = verdict(recording, 0)
    settle(recording, 0, text="Müller", everywhere=True)
    with pytest.raises(Refused, match="changed in another place"):
        doubts.settle(recording.transcript, recording.owner, old)
    assert Revision.objects.count() == 1


def test_correction_that_is_too_long_is_refused(recording):
    with pytest.raises(Refused, match="at most 200 characters"):
        settle(recording, 0, text="x" * 201)
    Segment.objects.update(text="y " * 2450 + "Mueler", words=[["Mueler", 0, 1, 0.1]])
    with pytest.raises(Refused, match="nothing was corrected"):
        settle(recording, 0, text="x" * 200)


def test_text_without_spaces_is_walked_too(recording):
    Segment.objects.filter(position=0).update(
        text="我们開会。", words=[["我们", 0, 1, 0.9], ["開会。", 1, 2, 0.2]]
    )
    settle(recording, 0, text="开会")
    assert texts(recording)[0] == "我们开会。"


def test_estimate_is_the_mean_of_what_the_engine_was_sure_of(recording):
    assert accuracy_of(recording.transcript).percent == 64
    settle(recording, 0, everywhere=True)
    settle(recording, 0, text="Hanna")
    assert accuracy_of(recording.transcript).percent == 88
    recording.transcript.segments.all().delete()
    assert accuracy_of(recording.transcript) is None


def test_what_was_left_out_comes_back_once(recording):
    first, second = dropped.dropped_of(recording.transcript)
    dropped.put_back(recording.transcript, recording.owner, first.hypothesis_id, first.number)
    assert dropped.dropped_of(recording.transcript) == [second]
    assert texts(recording)[1] == "thank you thank you"
    back = recording.transcript.segments.get(start=4.0)
    assert (back.end, len(back.words), back.is_edited) == (6.0, 4, True)
    assert Revision.objects.get().kind == "restore"
    with pytest.raises(Refused, match="put back already"):
        dropped.put_back(recording.transcript, recording.owner, first.hypothesis_id, first.number)
    # Whatever becomes of it, it is not listed again.
    back.delete()
    assert dropped.dropped_of(recording.transcript) == [second]


def test_undo_lists_what_was_put_back_and_doubts_what_was_accepted(recording):
    before = terms(recording), dropped.dropped_of(recording.transcript)
    settle(recording, 0, everywhere=True)
    entry = before[1][0]
    dropped.put_back(recording.transcript, recording.owner, entry.hypothesis_id, entry.number)
    for _ in range(2):
        undoing.undo(recording.transcript, recording.owner)
    assert (terms(recording), dropped.dropped_of(recording.transcript)) == before
    undoing.redo(recording.transcript, recording.owner)
    undoing.redo(recording.transcript, recording.owner)
    assert terms(recording) == ["anna", "they"]
    assert entry not in dropped.dropped_of(recording.transcript)


def test_first_said_is_compared_with_what_stands(recording):
    assert not original.pairs(recording.transcript)[0].is_changed
    settle(recording, 2, text="Hanna")
    (pair,) = original.pairs(recording.transcript)
    assert [(s.kind, s.text) for s in pair.words if s.kind != "equal"] == [
        ("delete", "Anna."),
        ("insert", "Hanna."),
    ]


PAGES = ["review", "doubt", "doubt_marks", "first_said"]
ACTS = ["doubt", "put_back"]


def post(client, name, recording, **wish):
    return client.post(reverse(name, args=[recording.pk]), json.dumps(wish), content_type="application/json")


def test_panel_has_it_all(alice_client, recording):
    page = alice_client.get(reverse("review", args=[recording.pk])).content.decode()
    for words in ("About 64 %", "4 words left", "in 3 terms", "everywhere (3)", guards.LOOP, "Put it back"):
        assert words in page
    assert "&lt;i&gt;Subtitles&lt;/i&gt;" in page


def test_walk_goes_on_and_round(alice_client, recording):
    url = reverse("doubt", args=[recording.pk])
    for at, term in {"0": "mueler", "2": "anna", "4": "mueler", "x": "mueler", "-1": "mueler"}.items():
        assert f'data-term="{term}"' in alice_client.get(url, {"at": at}).content.decode()


def test_verdict_answers_with_the_next_word(alice_client, recording):
    (doubt, *_) = doubts.walk(recording.transcript).doubts
    wish = {"segment": doubt.segment.pk, "word": doubt.word, "term": "mueler", "at": 0, "everywhere": True}
    answer = post(alice_client, "doubt", recording, **wish, text="Müller", remember=True).json()
    assert answer["sentence"] == "3 words were corrected."
    assert 'data-term="anna"' in answer["doubt"]
    assert "About" in answer["accuracy"]
    assert Term.objects.get().text == "Müller"
    gone = post(alice_client, "doubt", recording, **wish)
    assert (gone.status_code, gone.json()["error"]) == (409, doubts.CHANGED_MEANWHILE)


def test_last_verdict_says_that_none_is_left(alice_client, recording):
    Segment.objects.all().update(words=[["Mueler", 0, 1, 0.1]], text="Mueler")
    segment = recording.transcript.segments.first()
    wish = {"segment": segment.pk, "word": 0, "term": "mueler", "at": 0, "everywhere": True}
    answer = post(alice_client, "doubt", recording, **wish).json()
    assert "There are no doubtful words left." in answer["doubt"]


def test_marks_are_places_as_browsers_count(alice_client, recording):
    segment = recording.transcript.segments.first()
    Segment.objects.filter(pk=segment.pk).update(text="😀 Mueler met", words=[[" Mueler", 0, 1, 0.1]])
    found = alice_client.get(reverse("doubt_marks", args=[recording.pk])).json()["segments"]
    assert found[str(segment.pk)] == [1, [[3, 9]]]


def test_put_back_answers_with_what_is_still_out(alice_client, recording):
    (entry, _) = dropped.dropped_of(recording.transcript)
    wish = {"hypothesis": entry.hypothesis_id, "number": entry.number}
    answer = post(alice_client, "put_back", recording, **wish).json()
    assert "It is back in the text" in answer["sentence"]
    assert guards.LOOP not in answer["html"]
    assert post(alice_client, "put_back", recording, **wish).status_code == 409


def test_page_of_what_was_first_said_shows_changes_or_all(alice_client, recording):
    url = reverse("first_said", args=[recording.pk])
    assert "The text stands as the engine gave it." in alice_client.get(url).content.decode()
    settle(recording, 2, text="Hanna")
    page = alice_client.get(url).content.decode()
    assert "<del>Anna.</del>" in page
    assert "<ins>Hanna.</ins>" in page
    assert "1 of 1 passages" in page
    assert alice_client.get(url, {"show": "all", "page": "x"}).status_code == 200


def test_real_recording_has_doubts_an_estimate_and_what_was_said(alice_client, alice):
    meeting = work(receive(alice, AUDIO / "meeting.flac"))
    walk = doubts.walk(meeting.transcript)
    assert walk.doubts
    assert all(doubt.segment.words[doubt.word][3] < doubts.THRESHOLD for doubt in walk.doubts)
    assert 50 < accuracy_of(meeting.transcript).percent < 100
    assert not any(pair.is_changed for pair in original.pairs(meeting.transcript))


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"segment": "x"}', b"\xff", "[" * 100_000])
def test_malformed_wish_is_400(alice_client, recording, body):
    for name in ACTS:
        answer = alice_client.post(reverse(name, args=[recording.pk]), body, content_type="application/json")
        assert answer.status_code == 400


def test_number_beyond_all_is_found_nowhere(alice_client, recording):
    wish = {"segment": 10**30, "word": 10**30, "term": "x", "at": -(10**30)}
    assert post(alice_client, "doubt", recording, **wish).status_code == 409
    assert post(alice_client, "put_back", recording, hypothesis=10**30, number=0).status_code == 409


def test_stranger_sees_and_does_nothing(bob_client, client, recording):
    for name in PAGES:
        assert bob_client.get(reverse(name, args=[recording.pk])).status_code == 404
        assert client.get(reverse(name, args=[recording.pk])).status_code == 302
    for name in ACTS:
        assert post(bob_client, name, recording, segment=1).status_code == 404
    assert not Revision.objects.exists()


def test_viewer_reads_and_changes_nothing(bob_client, bob, recording):
    Membership.objects.create(recording=recording, email=bob.email, role="viewer")
    page = bob_client.get(reverse("review", args=[recording.pk])).content.decode()
    assert "4 words left" in page
    assert "Accept" not in page
    assert "Put it back" not in page
    for name in ACTS:
        assert post(bob_client, name, recording, segment=1).status_code == 404


def test_wrong_method_is_405(alice_client, recording):
    for name in ("review", "doubt_marks", "first_said"):
        assert alice_client.post(reverse(name, args=[recording.pk])).status_code == 405
    assert alice_client.get(reverse("put_back", args=[recording.pk])).status_code == 405
    assert alice_client.put(reverse("doubt", args=[recording.pk])).status_code == 405


def test_recording_without_text_has_nothing_to_check(alice_client, alice):
    empty = Recording.objects.create(owner=alice, title="Empty")
    for name in PAGES:
        assert alice_client.get(reverse(name, args=[empty.pk])).status_code == 404
