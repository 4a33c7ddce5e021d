"""The shape of a recording's sound, as the page asks for it."""

import io
import struct

import django_rq
import numpy as np
import pytest
from django.urls import reverse

from tests.engine.media import RECORDER, make
from tests.pipeline import AUDIO, receive, work
from tests.test_live import look
from transcripts import ingest, jobs, preparation
from transcripts.live import Follower
from transcripts.models import Recording
from transcripts.wishes import Wishes

pytestmark = pytest.mark.django_db


def url_of(recording: Recording) -> str:
    return reverse("peaks", args=[recording.pk])


@pytest.fixture
def recording(alice) -> Recording:
    return work(receive(alice, AUDIO / "note.wav"))


@pytest.mark.parametrize(("rate", "count"), [(10, 73), (1, 8)])
def test_peaks_are_there_once_it_is_prepared(alice_client, recording, rate, count):
    answer = alice_client.get(url_of(recording), {"rate": rate})
    header = struct.unpack("<iIiiIi", answer.content[:24])
    assert header == (2, 1, 16_000, 16_000 // rate, count, 1)
    pairs = np.frombuffer(answer.content[24:], np.int8).reshape(-1, 2)
    assert len(pairs) == count
    assert pairs[:, 1].max() > 20


def test_nothing_is_sent_twice(alice_client, recording):
    mark = alice_client.get(url_of(recording))["ETag"]
    again = alice_client.get(url_of(recording), headers={"If-None-Match": mark})
    assert (again.status_code, again.content) == (304, b"")


def test_other_rates_are_refused(alice_client, recording):
    assert alice_client.get(url_of(recording), {"rate": "100"}).status_code == 400


def test_nobody_else_sees_them(client, bob_client, recording):
    assert {client.get(url_of(recording)).status_code, bob_client.get(url_of(recording)).status_code} == {404}


def test_recording_prepared_without_them_gets_them(alice_client, recording):
    before = alice_client.get(url_of(recording)).content
    recording.peaks_path.unlink()
    assert alice_client.get(url_of(recording)).status_code == 404
    (job,) = django_rq.get_queue("prepare").jobs
    assert job.func_name == "transcripts.jobs.peaks"
    jobs.peaks(*job.args)
    assert alice_client.get(url_of(recording)).content == before


def test_peaks_of_a_pass_that_was_killed_are_replaced(recording, alice_client):
    whole = alice_client.get(url_of(recording)).content
    recording.peaks_path.unlink()
    Recording.objects.update(state=Recording.State.PREPARING)
    recording.refresh_from_db()
    killed = preparation.Preparation(recording, recording.claim(Recording.State.PREPARING))
    killed.push(np.ones(16_000, np.float32))
    killed.close()
    assert len(alice_client.get(url_of(recording)).content) == 24 + 20
    Recording.objects.update(lease_until=None)
    preparation.prepare(recording.pk)
    assert alice_client.get(url_of(recording)).content == whole
    assert [path.name for path in recording.folder.glob("peaks*")] == ["peaks"]


def test_peaks_grow_with_the_recording_and_begin_anew_when_it_goes_on(alice, alice_client, tmp_path):
    data = make(tmp_path / "note.webm", RECORDER).read_bytes()
    recording = ingest.begin(alice, Wishes(source=Recording.Source.MICROPHONE), None)
    sent = len(data) * 2 // 3
    ingest.append(recording, 0, io.BytesIO(data[:sent]), sent)
    follower = Follower()
    look(follower, lambda: recording.spans.exists())
    growing = len(alice_client.get(url_of(recording)).content)
    assert 24 < growing < 24 + 2 * 73
    ingest.finish(recording)
    look(follower, lambda: not follower.followed)
    recording.refresh_from_db()
    ingest.append(recording, sent, io.BytesIO(data[sent:]), len(data) - sent)
    ingest.announce(recording, len(data))
    ingest.finish(recording)
    preparation.prepare(recording.pk)
    assert len(alice_client.get(url_of(recording)).content) == pytest.approx(24 + 2 * 73, abs=4)
