"""Running a recording again, on the real engine: what people wrote stays, and all of it can be undone."""

import shutil

import numpy as np
import pytest
from django.db import transaction

from tests.pipeline import AUDIO, receive, text_of, transcribe, work
from transcripts import (
    dropped,
    editing,
    finishing,
    history,
    jobs,
    reopening,
    reruns,
    restoring,
    revisions,
    speakers,
    speech,
    transcription,
    undoing,
)
from transcripts.engine.models import DEMO_MODEL
from transcripts.models import Hypothesis, Recording, Rerun, Revision, Segment, Transcript
from transcripts.models.lease import MAX_ATTEMPTS
from transcripts.preparation import read_wav
from transcripts.refusals import Refused
from transcripts.reruns import Wishes

pytestmark = pytest.mark.django_db

NOTE = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."
State = Rerun.State


@pytest.fixture
def note(alice) -> Recording:
    return work(receive(alice, AUDIO / "note.wav"))


@pytest.fixture
def call(alice) -> Recording:
    return work(receive(alice, AUDIO / "call-two-channels.flac"))


def run(rerun: Rerun) -> Rerun:
    """Do what the workers would, until nothing is left to do."""
    reruns.cut(rerun.pk)
    transcribe(rerun.recording)
    reruns.conclude(rerun.pk)
    rerun.refresh_from_db()
    return rerun


def spoil(recording: Recording, **fields: object) -> None:
    """Make the text one that a new run would change."""
    segments = list(recording.transcript.segments.all())
    for segment in segments:
        segment.text = segment.text.replace("e", "3")
    Segment.objects.bulk_update(segments, ["text"])


def rows(recording: Recording) -> list[tuple]:
    return list(recording.transcript.segments.values_list("start", "text"))


def test_engine_s_text_is_replaced_and_people_s_stays(note, alice):
    spoil(note)
    second = note.transcript.segments.all()[1]
    editing.correct(second, "The meeting starts at ten.", second.version, alice)
    rerun = run(reruns.start(note, alice, Wishes(language="en")))
    assert (rerun.state, rerun.message) == (State.DONE, "Transcribed again: 2 new segments in place of 2.")
    assert text_of(note) == NOTE.replace("nine", "ten")
    assert rerun.revision.kind == Revision.Kind.RERUN
    assert rerun.revision.author == alice
    assert [s.is_edited for s in note.transcript.segments.all()] == [False, True, False]


def test_old_text_is_read_and_corrected_until_the_new_one_is_whole(call, alice):
    before = rows(call)
    spoil(call)
    rerun = reruns.start(call, alice, Wishes())
    reruns.cut(rerun.pk)
    transcription.transcribe(call.pk)
    reruns.conclude(rerun.pk)
    assert Segment.objects.count() == len(before)
    last = call.transcript.segments.last()
    editing.correct(last, "Corrected meanwhile.", last.version, alice)
    transcribe(call)
    reruns.conclude(rerun.pk)
    assert rows(call)[:-1] == before[:-1]
    assert call.transcript.segments.last().text == "Corrected meanwhile."
    assert Recording.objects.get().state == Recording.State.DONE


def test_same_text_heard_again_changes_nothing(call, alice):
    before = list(call.transcript.segments.values())
    rerun = run(reruns.start(call, alice, Wishes()))
    assert rerun.message == "It heard the same again: nothing was changed."
    assert rerun.revision is None
    assert list(call.transcript.segments.values()) == before


def test_run_is_compared_word_by_word_and_undone(call, alice):
    before = rows(call)
    spoil(call)
    spoiled = rows(call)
    Transcript.objects.filter(base=None).update(model="old")
    rerun = run(reruns.start(call, alice, Wishes()))
    [entry] = history.entries(call.transcript, [rerun.revision], 100)
    assert "Model: old → whisper" in entry.notes
    assert len(entry.changes) > 2
    assert {stretch.kind for change in entry.changes for stretch in change.words} == {
        "equal",
        "insert",
        "delete",
    }
    assert rows(call) == before
    undoing.undo(call.transcript, alice)
    assert (rows(call), call.transcript.model) == (spoiled, "old")
    undoing.redo(call.transcript, alice)
    assert rows(call) == before
    restoring.restore(call.transcript, alice, 0)
    assert (rows(call), call.transcript.model) == (spoiled, "old")


def test_spans_are_cut_with_the_same_bounds_as_when_they_came(alice):
    recording = receive(alice, AUDIO / "call-two-channels.flac")
    jobs.prepare(str(recording.pk))
    waiting = recording.transcript.hypotheses.select_related("span", "transcript__recording")
    heard = {h.span.position: read_wav(h.audio_path) for h in waiting}
    transcribe(recording)
    finishing.finish(recording.pk)
    recording.refresh_from_db()
    rerun = reruns.start(recording, alice, Wishes())
    reruns.cut(rerun.pk)
    assert len(heard) > 1
    for position, samples in heard.items():
        again = read_wav(rerun.folder / f"{position:06d}.wav")
        # The end of the last one is kept to the millisecond, and not to the sample.
        assert len(again) == pytest.approx(len(samples), abs=8)
        shorter = min(len(again), len(samples))
        assert np.array_equal(again[:shorter], samples[:shorter])


def test_stretch_changes_nothing_outside_of_it(call, alice):
    before = rows(call)
    spoil(call)
    spoiled = rows(call)
    chosen = list(call.transcript.segments.all())[10:14]
    rerun = reruns.start(call, alice, Wishes(start=chosen[0].start + 0.3, end=chosen[-1].end - 0.3))
    assert rerun.spans.count() < call.spans.count()
    run(rerun)
    after = rows(call)
    assert after[10:14] == before[10:14]
    assert after[:10] + after[14:] == spoiled[:10] + spoiled[14:]
    assert call.transcript.language == "en"


def test_whole_run_in_another_task_is_what_the_text_is_from_then_on(alice):
    recording = work(receive(alice, AUDIO / "german.flac"))
    rerun = run(reruns.start(recording, alice, Wishes(language="de", task="translate")))
    transcript = recording.transcript
    assert "The meeting is on Monday." in text_of(recording)
    assert (transcript.task, transcript.text_language) == ("translate", "en")
    assert rerun.revision.before["transcript"]["task"] == "transcribe"


def test_terms_of_a_run_reach_the_engine(note, alice, monkeypatch):
    prompts = []
    engine = type(speech.engine(speech.serving("transcribe")))
    real = engine.transcribe

    def transcribe(self, spans, options):
        prompts.append(options.prompt)
        return real(self, spans, options)

    monkeypatch.setattr(engine, "transcribe", transcribe)
    run(reruns.start(note, alice, Wishes(prompt="Marija Kovač")))
    assert prompts == ["Marija Kovač"]


@pytest.fixture
def models(settings):
    """Three models beside the one that serves."""
    folder = speech.models_folder()
    for name in ("one", "two", "three"):
        shutil.copytree(DEMO_MODEL, folder / name)
    yield ["one", "two", "three"]
    shutil.rmtree(folder)


def test_any_installed_model_can_be_chosen(note, alice, models):
    rerun = run(reruns.start(note, alice, Wishes(model="two")))
    assert rerun.state == State.DONE
    rerun.transcript.refresh_from_db()
    assert rerun.transcript.model == "two"


def test_no_more_than_two_models_are_kept_and_the_serving_one_always(models):
    loaded, dropped = [], []

    class Loaded:
        def __init__(self, path):
            self.name = path.name
            loaded.append(self.name)

        def __del__(self):
            dropped.append(self.name)

    engines = speech.Engines(Loaded)
    home = speech.serving("transcribe").path
    engines.get(home)
    for number, name in enumerate(["one", "two", "three"]):
        # What goes is gone before the next one comes.
        engines.get(speech.models_folder() / name)
        assert len(loaded) - len(dropped) <= 2
        assert dropped == ["one", "two"][:number]
        engines.get(home)
    assert loaded == [home.name, "one", "two", "three"]


def test_model_that_does_not_load_fails_the_run_alone(note, alice, models):
    (speech.models_folder() / "one" / "model.bin").write_bytes(b"not a model")
    rerun = run(reruns.start(note, alice, Wishes(model="one")))
    assert rerun.state == State.FAILED
    assert "cannot be loaded" in rerun.message
    assert not speech.resting().names
    assert text_of(note) == NOTE
    assert Recording.objects.get().state == Recording.State.DONE


def test_model_removed_meanwhile_fails_in_one_sentence(note, alice, models):
    rerun = reruns.start(note, alice, Wishes(model="one"))
    shutil.rmtree(speech.models_folder() / "one")
    assert run(rerun).message == (
        "Transcribing again failed. The model “one” is not installed any more: choose another one."
    )


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        (Wishes(language="xx"), "not a language"),
        (Wishes(task="sing"), "task must be"),
        (Wishes(model="none"), "not installed"),
        (Wishes(prompt="x" * 1001), "at most 1000 characters"),
        (Wishes(start=3.0, end=2.0), "end comes after its beginning"),
        (Wishes(start=3.0), "end comes after its beginning"),
        (Wishes(start=float("nan"), end=2.0), "end comes after its beginning"),
        (Wishes(start=900.0, end=901.0), "No speech was found there"),
    ],
)
def test_wish_that_cannot_be_met_is_refused(note, alice, wishes, sentence):
    with pytest.raises(Refused, match=sentence):
        reruns.start(note, alice, wishes)
    assert not Rerun.objects.exists()


def test_one_run_at_a_time(note, alice):
    reruns.start(note, alice, Wishes())
    with pytest.raises(Refused, match="already"), transaction.atomic():
        reruns.start(note, alice, Wishes())


def test_run_waits_until_the_recording_is_done(alice):
    recording = receive(alice, AUDIO / "note.wav")
    with pytest.raises(Refused, match="once it is done"):
        reruns.start(recording, alice, Wishes())


def test_cancelled_run_changes_nothing(note, alice):
    spoil(note)
    before = rows(note)
    rerun = reruns.start(note, alice, Wishes())
    reruns.cut(rerun.pk)
    assert reruns.cancel(rerun)
    assert not reruns.cancel(rerun)
    run(rerun)
    assert rerun.state == State.CANCELLED
    assert rows(note) == before
    assert not transcription.claimable(note).exists()
    reruns.start(note, alice, Wishes())


def test_recording_that_goes_on_ends_its_run(note, alice):
    rerun = reruns.start(note, alice, Wishes())
    reopening.reopen(note)
    assert run(rerun).state == State.CANCELLED


def test_parts_that_nobody_could_hear_stay_as_they_were(call, alice):
    before = rows(call)
    spoil(call)
    spoiled = rows(call)
    rerun = reruns.start(call, alice, Wishes())
    reruns.cut(rerun.pk)
    first = call.spans.first()
    rerun.transcript.hypotheses.filter(span=first).update(attempt=MAX_ATTEMPTS)
    run(rerun)
    assert rerun.state == State.DONE
    assert rerun.message.endswith("These parts could not be heard and are as they were: 0:00–0:18.")
    count = sum(1 for start, _ in before if start < first.end)
    assert rows(call) == spoiled[:count] + before[count:]


def test_run_that_hears_nothing_fails(note, alice):
    rerun = reruns.start(note, alice, Wishes())
    reruns.cut(rerun.pk)
    Hypothesis.objects.filter(transcript=rerun.transcript).update(attempt=MAX_ATTEMPTS)
    run(rerun)
    assert rerun.state == State.FAILED
    assert text_of(note) == NOTE


def test_deleted_text_does_not_come_back_with_the_whole(note, alice):
    second = note.transcript.segments.all()[1]
    with revisions.record(note.transcript, alice, Revision.Kind.DELETE) as act:
        act.remove(second)
    run(reruns.start(note, alice, Wishes()))
    assert text_of(note) == NOTE.replace("The meeting starts at nine. ", "")
    run(reruns.start(note, alice, Wishes(start=second.start, end=second.end)))
    assert text_of(note) == NOTE


def test_speakers_are_kept(note, alice):
    with revisions.record(note.transcript, alice, Revision.Kind.SPEAKER) as act:
        number = act.put_speaker("Ada")
        for segment in note.transcript.segments.all():
            act.put({"id": segment.pk, "speaker": number})
    Segment.objects.update(is_edited=False)
    spoil(note)
    run(reruns.start(note, alice, Wishes()))
    assert text_of(note) == NOTE
    assert [s.speaker.name for s in note.transcript.segments.all()] == ["Ada"] * 3


def test_each_word_keeps_its_speaker_where_the_new_run_joins_what_two_people_said(note, alice):
    first, second, third = note.transcript.segments.all()
    speakers.assign(note.transcript, alice, [first.pk, third.pk], None, "Ada", is_new=True)
    speakers.assign(note.transcript, alice, [second.pk], None, "Ben", is_new=True)
    spoil(note)
    rerun = reruns.start(note, alice, Wishes())
    reruns.cut(rerun.pk)
    transcribe(note)
    heard = Hypothesis.objects.get(transcript=rerun.transcript)
    whole = {"start": first.start, "end": third.end, "text": NOTE}
    whole["words"] = [word for segment in heard.segments for word in segment["words"]]
    heard.segments = [heard.segments[0] | whole]
    heard.save()
    reruns.conclude(rerun.pk)
    said = [(s.speaker.name, s.text) for s in note.transcript.segments.select_related("speaker")]
    assert said == [
        ("Ada", "This is a test of the recording."),
        ("Ben", "The meeting starts at nine."),
        ("Ada", "Maria will send the report on Friday."),
    ]
    rerun.refresh_from_db()
    assert "3 new segments" in rerun.message


def test_what_a_run_left_out_is_listed_for_as_long_as_the_run_stands(note, alice):
    spoil(note)
    rerun = reruns.start(note, alice, Wishes())
    reruns.cut(rerun.pk)
    transcribe(note)
    left_out = {"start": 7.0, "end": 8.0, "text": "Thank you.", "reason": "It was silent there."}
    Hypothesis.objects.filter(transcript=rerun.transcript).update(dropped=[left_out])
    assert dropped.dropped_of(note.transcript) == []
    reruns.conclude(rerun.pk)
    (entry,) = dropped.dropped_of(note.transcript)
    assert entry.text == "Thank you."
    dropped.put_back(note.transcript, alice, entry.hypothesis_id, entry.number)
    assert text_of(note).endswith("Thank you.")
    assert dropped.dropped_of(note.transcript) == []
    undoing.undo(note.transcript, alice)
    undoing.undo(note.transcript, alice)
    assert dropped.dropped_of(note.transcript) == []
