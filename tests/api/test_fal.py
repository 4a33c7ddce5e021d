"""What fal's API takes, keeps and answers, in the test's own process."""

import io
import json
import stat
from datetime import timedelta
from typing import Any

import pytest
from django.http import Http404, HttpRequest
from django.test import RequestFactory
from django.utils import timezone

from sttweb.accounts import keys
from sttweb.accounts.models import User
from tests.pipeline import AUDIO, work
from transcripts import api_files, finishing, ingest, lifecycle, preparation, transcription, trash
from transcripts.api import signatures
from transcripts.api.errors import ApiError
from transcripts.api.fal import inputs, outputs, progress, queue, sources, storage, webhooks
from transcripts.api.fal.errors import body_of, refusal
from transcripts.api.gate import Caller, key_of
from transcripts.api.spoken import Said, Spoken
from transcripts.engine.base import Word
from transcripts.models import ApiFile, ApiRequest, Delivery, Recording
from transcripts.refusals import Refused

NOTE = (AUDIO / "note.wav").read_bytes()
TEXT = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."
HOST = "stt.example.org"


@pytest.fixture
def caller(alice: User) -> Caller:
    return Caller(alice, keys.issue(alice, "Test")[0])


def called(body: Any, **headers: str) -> HttpRequest:
    return RequestFactory().post("/", json.dumps(body), content_type="application/json", headers=headers)


def kept(caller: Caller, data: bytes = NOTE, name: str = "note.wav", **settings: Any) -> ApiFile:
    file = api_files.begin(caller.user, caller.key, name, **settings)
    api_files.take(file, io.BytesIO(data), len(data))
    file.refresh_from_db()
    return file


def asked(caller: Caller, application: str = "fal-ai/whisper", **given: Any) -> Recording:
    """Ask for the text of a file that was sent before."""
    url = f"http://{HOST}/fal/cdn/files/{kept(caller).pk}/note.wav"
    read = inputs.read(called({"audio_url": url, **given}), application)
    options = {"start_timeout": None}
    return sources.take(caller, application, read, "another.example.org", options=options)


def request_of(recording: Recording) -> ApiRequest:
    return ApiRequest.objects.get(recordings=recording)


def status_of(recording: Recording, *, with_logs: bool = False) -> dict[str, Any]:
    found = progress.of_request(request_of(recording))
    return progress.status_of(found, with_logs=with_logs)


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("audio_url", None, "string_type"),
        ("audio_url", "", "string_too_short"),
        ("task", "sing", "literal_error"),
        ("language", "english", "enum"),
        ("chunk_level", "line", "literal_error"),
        ("version", "2", "literal_error"),
        ("prompt", "x" * 1001, "string_too_long"),
        ("diarize", "perhaps", "bool_parsing"),
        ("num_speakers", 0, "greater_than_equal"),
        ("batch_size", 65, "less_than_equal"),
        ("batch_size", "many", "int_parsing"),
    ],
)
def test_each_field_is_refused_by_its_name(field: str, value: Any, kind: str) -> None:
    with pytest.raises(ApiError) as refused:
        inputs.read(called({"audio_url": "http://example.org/a.wav", field: value}), "fal-ai/whisper")
    answer = refusal(refused.value)
    assert answer.status_code == 422
    found = json.loads(answer.content)["detail"]
    assert [(problem["loc"], problem["type"]) for problem in found] == [(["body", field], kind)]


@pytest.mark.parametrize(
    ("field", "value"), [("max_segment_len", 9), ("max_segment_len", 30), ("merge_chunks", "perhaps")]
)
def test_wizper_has_fields_of_its_own(field: str, value: Any) -> None:
    with pytest.raises(ApiError, match=field):
        inputs.read(called({"audio_url": "http://example.org/a.wav", field: value}), "fal-ai/wizper")
    assert inputs.read(called({"audio_url": "x"}), "fal-ai/wizper").language == "en"


def test_body_that_is_no_json_is_refused() -> None:
    request = RequestFactory().post("/", "audio_url=1", content_type="application/json")
    with pytest.raises(ApiError, match="not JSON"):
        inputs.read(request, "fal-ai/whisper")


def test_sound_in_the_call_is_refused_where_it_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_BODY_BYTES", 10)
    with pytest.raises(ApiError, match="upload it") as refused:
        inputs.read(called({"audio_url": "data:,x"}), "fal-ai/whisper")
    assert refused.value.status == 413


def test_data_urls_are_decoded() -> None:
    assert sources.decoded("data:,a%20b") == b"a b"
    assert sources.decoded("DATA:audio/wav;codecs=1;base64,YSBi") == b"a b"
    for wrong in ("data:audio/wav", "data:;base64,a b", "data:;base64,YQ="):
        with pytest.raises(Refused, match="data: address"):
            sources.decoded(wrong)


def test_key_is_understood_with_and_without_an_id() -> None:
    assert key_of("Key stt_secret") == key_of("Key id:stt_secret") == "stt_secret"


@pytest.mark.django_db
def test_sent_file_is_known_whatever_the_server_is_called(caller: Caller) -> None:
    recording = work(asked(caller, "fal-ai/wizper", merge_chunks=False))
    request = request_of(recording)
    assert (recording.file_name, request.model) == ("note.wav", "fal-ai/wizper")
    answer = outputs.answer(request, recording)
    assert [chunk["text"] for chunk in answer["chunks"]][1] == "The meeting starts at nine."
    assert (answer["text"], answer["languages"]) == (TEXT, ["en"])
    assert status_of(recording) == status_of(recording)


@pytest.mark.django_db
def test_others_have_nothing_of_a_program(caller: Caller, charlie: User) -> None:
    stranger = Caller(charlie, keys.issue(charlie, "Test")[0])
    url = f"http://{HOST}/fal/cdn/files/{kept(caller).pk}/note.wav"
    given = inputs.read(called({"audio_url": url}), "fal-ai/whisper")
    with pytest.raises(ApiError, match="There is no such file here"):
        sources.take(stranger, "fal-ai/whisper", given, HOST)
    request = request_of(asked(caller))
    with pytest.raises(Http404):
        queue.find(stranger, request.pk)
    assert queue.find(caller, request.pk)[0] == request


@pytest.mark.django_db
def test_file_that_is_announced_only_is_refused(caller: Caller) -> None:
    file = api_files.begin(caller.user, caller.key, "note.wav")
    given = inputs.read(called({"audio_url": f"http://{HOST}/fal/cdn/files/{file.pk}/x"}), "fal-ai/whisper")
    with pytest.raises(ApiError, match="not sent yet"):
        sources.take(caller, "fal-ai/whisper", given, HOST)
    assert not Recording.objects.exists()


@pytest.mark.django_db
def test_failure_is_complete_with_its_reason(caller: Caller) -> None:
    recording = asked(caller)
    assert status_of(recording) == {"status": "IN_QUEUE", "queue_position": 0}
    lifecycle.fail(recording, "It holds no sound.")
    status = status_of(recording)
    assert (status["status"], status["error"]) == ("COMPLETED", "It holds no sound.")
    told = json.loads(webhooks.body(request_of(recording)))
    assert (told["status"], told["error"]) == ("ERROR", "It holds no sound.")
    assert told["payload"]["detail"][0]["msg"] == "It holds no sound."


@pytest.mark.django_db
def test_deleted_recording_is_complete_with_an_error(caller: Caller) -> None:
    recording = asked(caller)
    request = request_of(recording)
    trash.discard([recording])
    found = progress.of_request(request)
    assert found.is_complete
    assert "deleted" in body_of(found.error)["detail"]
    ingest.delete(recording)
    assert progress.of_request(request).recording is None
    assert "deleted" in json.loads(webhooks.body(request))["error"]


@pytest.mark.django_db
def test_answer_of_a_complete_request_stays_as_it_is(caller: Caller) -> None:
    recording = asked(caller)
    preparation.prepare(recording.pk)
    transcription.transcribe(recording.pk)
    heard = status_of(recording, with_logs=True)
    assert heard["status"] == "COMPLETED"
    assert heard["logs"][-1]["message"] == "All of it is transcribed."
    finishing.finish(recording.pk)
    assert status_of(recording, with_logs=True) == heard


@pytest.mark.django_db
def test_waiting_requests_know_their_place(caller: Caller) -> None:
    _, second = asked(caller), asked(caller)
    assert status_of(second)["queue_position"] == 1


@pytest.mark.django_db
def test_request_is_given_up_that_waits_for_longer_than_its_caller_does(caller: Caller) -> None:
    recording = asked(caller)
    request = request_of(recording)
    assert request.options["start_timeout"] is None
    request.options["start_timeout"] = 60.0
    assert not progress.of_request(request).is_complete
    request.created_at -= timedelta(seconds=61)
    assert progress.of_request(request).is_complete
    late = progress.of_request(request).error
    assert late is not None
    answer = refusal(late)
    assert (answer.status_code, answer["X-Fal-Request-Timeout-Type"]) == (504, "user")
    recording.refresh_from_db()
    assert recording.state == Recording.State.CANCELLED


def test_patience_is_a_number_of_seconds() -> None:
    assert inputs.start_timeout(called({}, X_Fal_Request_Timeout="1.5")) == 1.5
    for wrong in ("soon", "0", "nan", "inf"):
        with pytest.raises(ApiError, match="number of seconds"):
            inputs.start_timeout(called({}, X_Fal_Request_Timeout=wrong))


@pytest.mark.django_db
def test_files_count_in_the_quota_and_expire(caller: Caller, settings: Any) -> None:
    settings.STT_QUOTA_BYTES = len(NOTE) + 10
    file = kept(caller, kept=timedelta(hours=1))
    with pytest.raises(Refused, match="Your account is full"):
        kept(caller)
    api_files.delete_expired()
    assert file.path.read_bytes() == NOTE
    ApiFile.objects.filter(pk=file.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    api_files.delete_expired()
    assert not file.folder.exists()
    assert not ApiFile.objects.filter(pk=file.pk).exists()


@pytest.mark.django_db
def test_files_of_an_account_that_is_gone_are_removed(caller: Caller) -> None:
    file = kept(caller)
    ApiFile.objects.all().delete()
    api_files.delete_expired()
    assert not file.folder.exists()


@pytest.mark.django_db
def test_key_ends_how_long_files_are_kept(caller: Caller) -> None:
    caller.key.retention_hours = 2
    file = api_files.begin(caller.user, caller.key, "", timedelta(days=300))
    assert timedelta(hours=1) < file.expires_at - timezone.now() <= timedelta(hours=2)
    assert file.name == "upload.bin"


@pytest.mark.django_db
def test_file_over_the_limit_is_refused(caller: Caller, settings: Any) -> None:
    settings.STT_API_BYTES = 1_000_000
    file = api_files.begin(caller.user, caller.key, "note.wav")
    with pytest.raises(Refused, match="larger than the 1 MB allowed") as refused:
        api_files.take(file, io.BytesIO(b""), 1_000_001)
    assert refused.value.status == 413
    with pytest.raises(Refused, match="did not arrive whole"):
        api_files.take(file, io.BytesIO(b"half"), 8)
    with pytest.raises(Refused, match="is empty"):
        api_files.take(file, io.BytesIO(b""), 0)


@pytest.mark.django_db
def test_parts_are_joined_in_their_order_and_only_those_that_are_here(caller: Caller) -> None:
    file = api_files.begin(caller.user, caller.key, "note.wav")
    digests = {
        number: api_files.take_part(file, number, io.BytesIO(b"%d" % number), 1) for number in (3, 1, 2)
    }
    api_files.take_part(file, 2, io.BytesIO(b"another"), 7)
    for wrong in ({4: digests[3]}, {1: digests[2]}, {1: "../../x"}, {}):
        with pytest.raises(Refused):
            api_files.join(file, wrong.items())
    api_files.join(file, digests.items())
    file.refresh_from_db()
    assert (file.path.read_bytes(), file.size) == (b"123", 3)
    assert [path.name for path in file.folder.iterdir()] == ["whole"]
    api_files.join(file, digests.items())
    with pytest.raises(Refused, match="is complete"):
        api_files.take_part(file, 4, io.BytesIO(b"4"), 1)


@pytest.mark.django_db
def test_signed_address_takes_one_file_until_its_key_is_revoked(caller: Caller) -> None:
    file = api_files.begin(caller.user, caller.key, "note.wav")
    url = signatures.signed(f"/fal/cdn/files/{file.pk}/note.wav", file)
    assert storage.sender(RequestFactory().put(url), "transcribe") == caller
    another = kept(caller)
    elsewhere = url.replace(str(file.pk), str(another.pk), 1)
    part = signatures.signed(f"/fal/cdn/files/{file.pk}/note.wav/multipart/{file.pk}/1", file)
    assert storage.sender(RequestFactory().put(part), "transcribe") == caller
    for refused in (
        RequestFactory().put(part.replace(str(file.pk), str(another.pk), 1)),
        RequestFactory().put(signatures.signed("/v1/listen", file)),
        RequestFactory().put(signatures.signed(f"/nothing/{file.pk}/", file)),
        RequestFactory().get(url),
        RequestFactory().put(elsewhere),
        RequestFactory().put(url + "x"),
    ):
        with pytest.raises(ApiError):
            storage.sender(refused, "transcribe")
    keys.revoke(caller.key)
    with pytest.raises(ApiError):
        storage.sender(RequestFactory().put(url), "transcribe")


@pytest.mark.django_db
def test_names_of_files_are_no_paths(caller: Caller) -> None:
    for name, end in (("../../etc/passwd", "etc_passwd"), ("..", "upload.bin"), ("a b?.wav", "a_b_.wav")):
        file = api_files.begin(caller.user, caller.key, name)
        address = storage.address(RequestFactory().get("/"), file)
        assert address == f"http://testserver/fal/cdn/files/{file.pk}/{end}"


def test_lifecycle_says_how_long_a_file_is_kept() -> None:
    wish = json.dumps({"expiration_duration_seconds": 60})
    assert storage.kept(called({}, X_Fal_Object_Lifecycle=wish)) == timedelta(minutes=1)
    for nothing in ("{}", "[1]", "no", "null", '{"expiration_duration_seconds": 1e400}'):
        assert storage.kept(called({}, X_Fal_Object_Lifecycle=nothing)) is None


def test_webhooks_are_signed_with_one_key_that_nobody_else_reads(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path
    public = webhooks.private_key().public_key()
    assert webhooks.private_key().public_key() == public
    assert stat.S_IMODE((tmp_path / "webhook_key").stat().st_mode) == 0o600
    headers = webhooks.headers(Delivery(owner_id=1), b"body")
    assert len(bytes.fromhex(headers["X-Fal-Webhook-Signature"])) == 64


def said(start: float, end: float, text: str, voice: int = 0) -> Said:
    """Return a segment whose words are as long as each other."""
    words = text.split()
    step = (end - start) / len(words)
    timed = [Word(w, start + i * step, start + (i + 1) * step, 1.0) for i, w in enumerate(words)]
    return Said(start, end, text, tuple(timed), voice, voice)


def spoken(*segments: Said) -> Spoken:
    return Spoken("en", 1.0, 60.0, "demo", segments, channel_count=2)


def test_long_segments_are_cut_at_words_and_short_ones_merged() -> None:
    long = said(0.0, 40.0, "one two three four")
    assert [part.text for part in outputs.short_parts(spoken(long), 29)] == ["one two", "three four"]
    short = [
        outputs.Part(s.start, s.end, s.text) for s in (said(0, 5, "a"), said(6, 29, "b"), said(29, 31, "c"))
    ]
    assert list(outputs.merged(short, 29)) == [outputs.Part(0, 29, "a b"), outputs.Part(29, 31, "c")]


def test_each_channel_is_a_speaker_whose_segments_make_a_turn() -> None:
    talk = spoken(said(0, 1, "Hello."), said(1, 2, "I am Ann."), said(3, 4, "Hello Ann.", 1))
    assert outputs.turns(talk) == [
        {"speaker": "SPEAKER_00", "timestamp": [0, 2]},
        {"speaker": "SPEAKER_01", "timestamp": [3, 4]},
    ]
    assert [part.voice for part in outputs.parts_of(talk, "word")] == [0, 0, 0, 0, 1, 1]


def test_silence_has_no_chunks() -> None:
    assert [outputs.parts_of(spoken(), level) for level in ("none", "segment", "word")] == [[], [], []]
