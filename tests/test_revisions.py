"""What people change, as revisions that can be undone."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from transcripts import editing, events, restoring, revisions, speakers, structure, undoing
from transcripts.models import Event, Recording, Revision, Segment
from transcripts.models.transcript import POSITIONS_PER_SPAN
from transcripts.refusals import Refused
from transcripts.revisions import Conflict

pytestmark = pytest.mark.django_db

Kind = Revision.Kind


@pytest.fixture
def transcript(alice):
    recording = Recording.objects.create(owner=alice, title="Board", state="done")
    transcript = recording.transcripts.create(language="en")
    Segment.objects.bulk_create(
        Segment(
            transcript=transcript,
            position=number * 1_000_000,
            start=number * 2.0,
            end=number * 2.0 + 1.5,
            text=f"Word{number} then.",
            words=[
                [f"Word{number}", number * 2.0, number * 2.0 + 1.0, 0.9],
                ["then.", number * 2.0 + 1.0, number * 2.0 + 1.5, 0.9],
            ],
        )
        for number in range(4)
    )
    return transcript


def texts(transcript) -> list[str]:
    return list(transcript.segments.values_list("text", flat=True))


def test_act_is_one_revision_of_what_changed(transcript, alice):
    first, second = transcript.segments.all()[:2]
    with revisions.record(transcript, alice, Kind.REPLACE) as act:
        act.put({"id": first.pk, "text": "New."})
        act.remove(second)
        act.put(
            {"position": act.place_after(first)[0], "start": 2, "end": 3, "text": "Between.", "words": []}
        )
    assert texts(transcript) == ["New.", "Between.", "Word2 then.", "Word3 then."]
    revision = Revision.objects.get()
    assert revision == act.revision
    assert (revision.number, revision.author, revision.kind) == (1, alice, "replace")
    assert revision.before["segments"][str(first.pk)] == {"text": "Word0 then.", "version": 1}
    assert revision.after["segments"][str(second.pk)] is None
    created = next(s for s in act.segments if s.text == "Between.")
    assert Event.objects.get().payload == {
        "segments": [first.pk, created.pk],
        "removed": [second.pk],
        "speakers": [],
        "revision": 1,
    }


def test_act_that_changes_nothing_is_no_revision(transcript, alice):
    first = transcript.segments.first()
    with revisions.record(transcript, alice, Kind.TEXT) as act:
        act.put({"id": first.pk, "text": first.text})
    assert act.revision is None
    assert not Revision.objects.exists()
    assert not Event.objects.exists()


def standing(transcript) -> list:
    """Return all that people can see of a transcript."""
    rows = transcript.segments.select_related("speaker")
    names = [(speaker.number, speaker.name) for speaker in transcript.speakers.all()]
    return [names, *((s.pk, *(revisions.facts(s)[field] for field in revisions.FIELDS)) for s in rows)]


def act_at_random(transcript, author, kind: str, number: int, other: int) -> None:
    rows = list(transcript.segments.select_related("speaker"))
    row = rows[number % len(rows)] if rows else None
    match kind:
        case "insert":
            structure.insert(transcript, author, row.pk if row else None, 1.0, 1.5, f"New {other}")
        case "text" if row:
            words = row.text.split()
            words[other % (len(words) + 1) :] = [f"Typed{other}"]
            editing.correct(row, " ".join(words), row.version, author)
        case "split" if row and len(row.text.split()) > 1:
            at = 1 + other % (len(row.text) - 1)
            structure.split(transcript, author, row.pk, row.version, at)
        case "merge" if row and row != rows[0]:
            structure.merge(transcript, author, row.pk, row.version)
        case "boundary" if row:
            with suppress(Refused):
                start = row.start + (other % 5 - 2) / 4
                structure.move(transcript, author, row.pk, row.version, start, start + 0.1 + other % 7)
        case "delete" if row:
            structure.delete(transcript, author, [s.pk for s in rows[number % len(rows) :][: 1 + other % 3]])
        case "assign" if row:
            speakers.assign(transcript, author, [row.pk], None, f"Name {other}", is_new=True)
        case "speakers" if transcript.speakers.count() > 1:
            first, second = transcript.speakers.all()[:2]
            speakers.merge(transcript, author, second.number, first.number)
        case "restore":
            transcript.refresh_from_db()
            restoring.restore(transcript, author, other % (transcript.revision_count + 1))


KINDS = ["insert", "text", "split", "merge", "boundary", "delete", "assign", "speakers", "restore"]


@hypothesis_settings(
    deadline=None,
    max_examples=15,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(KINDS), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=8
    )
)
def test_undo_of_everything_is_the_original_and_redo_of_everything_the_end(transcript, alice, acts):
    with transaction.atomic():
        original = standing(transcript)
        for kind, number, other in acts:
            act_at_random(transcript, alice, kind, number, other)
        end = standing(transcript)
        for _ in range(2):
            while undoing.state_of(transcript, alice)["can_undo"]:
                undoing.undo(transcript, alice)
            assert standing(transcript) == original
            while undoing.state_of(transcript, alice)["can_redo"]:
                undoing.redo(transcript, alice)
            assert standing(transcript) == end
        transaction.set_rollback(True)


def test_versions_only_grow_so_that_no_page_takes_one_state_for_another(transcript, alice):
    with revisions.record(transcript, alice, Kind.INSERT) as act:
        act.put({"position": act.place_after(None)[0], "start": 0, "end": 0, "text": "First.", "words": []})
    pk = act.segments[0].pk
    versions = [1]
    for _ in range(2):
        editing.correct(Segment.objects.get(pk=pk), "Changed.", versions[-1], alice)
        undoing.undo(transcript, alice)
        versions.append(Segment.objects.get(pk=pk).version)
        undoing.undo(transcript, alice)
        undoing.redo(transcript, alice)
        versions.append(Segment.objects.get(pk=pk).version)
    assert versions == sorted(set(versions))


def test_typing_on_is_one_revision_and_typing_back_undoes_it(transcript, alice, bob):
    first, second = transcript.segments.all()[:2]
    for version, text in enumerate(["Wo", "Word", "Words now."], 1):
        editing.correct(first, text, version, alice)
    assert Revision.objects.count() == 1
    editing.correct(second, "Other.", 1, alice)
    editing.correct(first, "Mine.", 4, alice)
    editing.correct(first, "Ours.", 5, bob)
    assert [r.author for r in Revision.objects.all()] == [alice, alice, alice, bob]
    restored = editing.correct(first, "Mine.", 6, bob)
    assert (restored.text, restored.version) == ("Mine.", 7)
    assert Revision.objects.last().kind == Kind.UNDO
    Revision.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    editing.correct(first, "Later.", 7, alice)
    editing.correct(first, "Later on.", 8, alice)
    assert Revision.objects.last().before["segments"][str(first.pk)]["text"] == "Mine."


def test_act_on_a_text_that_was_deleted_is_refused(transcript, alice):
    first = transcript.segments.first()
    transcript.recording.delete()
    with pytest.raises(Conflict, match="deleted meanwhile"):
        editing.correct(first, "One.", 1, alice)


def test_act_after_undo_takes_the_way_back(transcript, alice):
    first, second = transcript.segments.all()[:2]
    editing.correct(first, "One.", 1, alice)
    undoing.undo(transcript, alice)
    assert undoing.state_of(transcript, alice) == {"can_undo": False, "can_redo": True}
    editing.correct(second, "Two.", 1, alice)
    assert undoing.state_of(transcript, alice) == {"can_undo": True, "can_redo": False}
    with pytest.raises(Conflict, match="nothing of yours to redo"):
        undoing.redo(transcript, alice)


def test_segment_can_be_put_between_again_and_again(transcript, alice):
    first = transcript.segments.first()
    for number in range(40):
        structure.insert(transcript, alice, first.pk, 1, 1, f"{number}")
        structure.insert(transcript, alice, None, 0, 0, f"{-number}")
    numbers = [text for text in texts(transcript) if "then" not in text]
    assert numbers == [*(f"{-number}" for number in reversed(range(40))), *map(str, reversed(range(40)))]


def test_place_of_a_later_span_is_never_taken(transcript, alice):
    last = transcript.segments.last()
    later = Segment.objects.create(
        transcript=transcript, position=3 * POSITIONS_PER_SPAN, start=60, end=61, text="Later."
    )
    structure.insert(transcript, alice, last.pk, 9, 9, "Behind.")
    structure.insert(transcript, alice, later.pk, 62, 62, "Last.")
    positions = list(transcript.segments.values_list("position", flat=True))
    assert [position // POSITIONS_PER_SPAN for position in positions] == [0, 0, 0, 0, 0, 3, 3]


@pytest.mark.django_db(transaction=True)
def test_two_editors_at_once_lose_nothing(transcript, alice, bob):
    """Each appends to the same texts until it is saved, and somebody still speaks meanwhile."""
    pks = list(transcript.segments.values_list("pk", flat=True))

    def append(segment: Segment, text: str, author) -> None:
        while True:
            segment.refresh_from_db()
            with suppress(editing.Conflict):
                editing.correct(segment, f"{segment.text} {text}", segment.version, author)
                return

    def edit(author, name: str) -> None:
        try:
            for number in range(6):
                for pk in pks[:2]:
                    append(Segment.objects.get(pk=pk), f"{name}{number}", author)
                structure.insert(transcript, author, pks[2], 5, 5, f"{name}{number}")
        finally:
            connection.close()

    def speak() -> None:
        try:
            for number in range(1, 7):
                Segment.objects.create(
                    transcript=transcript, position=number * POSITIONS_PER_SPAN, start=9, end=9, text="On."
                )
                events.publish(transcript.recording_id, Event.Kind.SEGMENTS, {"segments": []})
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(edit, alice, "a"), pool.submit(edit, bob, "b"), pool.submit(speak)]
        for future in done:
            future.result()
    expected = {f"{name}{number}" for name in "ab" for number in range(6)}
    for pk in pks[:2]:
        text = Segment.objects.get(pk=pk).text
        assert sorted(text.split()[2:]) == sorted(expected)
    assert expected <= set(texts(transcript))
    assert texts(transcript).count("On.") == 6
    numbers = list(transcript.revisions.values_list("number", flat=True))
    transcript.refresh_from_db()
    assert numbers == list(range(1, transcript.revision_count + 1))
    recording = transcript.recording
    recording.refresh_from_db()
    assert list(recording.events.values_list("number", flat=True)) == list(
        range(1, recording.event_count + 1)
    )
