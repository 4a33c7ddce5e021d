"""A link becomes a recording, whatever the server on its other end does."""

import ipaddress
import time
from collections.abc import Callable
from datetime import timedelta

import django_rq
import pytest
from django.db import connection
from django.utils import timezone

from tests.file_server import FileServer, file_server, ranges, send, whole
from tests.pipeline import AUDIO, receive, text_of, work
from transcripts import ingest, lifecycle, outbound, quotas, reconcile, storage, url_import
from transcripts.models import Recording, UrlImport
from transcripts.models.lease import MAX_ATTEMPTS
from transcripts.wishes import Wishes

pytestmark = pytest.mark.django_db

NOTE = (AUDIO / "note.wav").read_bytes()
TEXT = "This is a test of the recording. The meeting starts at nine. Maria will send the report on Friday."
State = Recording.State


@pytest.fixture(autouse=True)
def _impatient(monkeypatch) -> None:
    monkeypatch.setattr(url_import, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(url_import, "PIECE_BYTES", 10_000)


@pytest.fixture
def take(alice, settings) -> Callable[..., Recording]:
    """Import a link to the server and work on it as its worker would."""

    def take(server: FileServer, path: str = "/note.wav", **wishes: str) -> Recording:
        settings.STT_IMPORT_ALLOW = [ipaddress.ip_network("127.0.0.1/32")]
        settings.STT_IMPORT_PORTS = [server.port]
        recording = url_import.begin(alice, server.url(path), Wishes(**wishes))
        url_import.fetch(recording.pk)
        recording.refresh_from_db()
        return recording

    return take


def is_whole(recording: Recording) -> bool:
    return recording.state == State.QUEUED and recording.source_path.read_bytes() == NOTE


def test_link_becomes_text(take):
    with file_server(whole(NOTE)) as server:
        recording = take(server, "/a%20talk.wav?secret=1", language="en")
    assert is_whole(recording)
    assert (recording.title, recording.file_name) == ("a talk", "a talk.wav")
    assert text_of(work(recording)) == TEXT
    assert not UrlImport.objects.exists()


def test_recording_is_called_as_its_server_says(take):
    header = "attachment; filename=\"x.wav\"; filename*=UTF-8''..%2FB%C3%BCro%0d%0a.wav"
    with file_server(whole(NOTE, Content_Disposition=header)) as server:
        recording = take(server)
    assert (recording.title, recording.file_name) == ("Büro", "Büro .wav")


def test_name_that_its_owner_gave_it_meanwhile_stays(take, alice, settings):
    with file_server(whole(NOTE, Content_Disposition="attachment; filename=other.wav")) as server:
        settings.STT_IMPORT_ALLOW = [ipaddress.ip_network("127.0.0.1/32")]
        settings.STT_IMPORT_PORTS = [server.port]
        recording = url_import.begin(alice, server.url(), Wishes())
        Recording.objects.update(title="Mine")
        url_import.fetch(recording.pk)
    recording.refresh_from_db()
    assert recording.title == "Mine"


def test_file_of_unknown_length_is_taken_whole(take):
    def chunked(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(0, len(NOTE), 30_000):
            piece = NOTE[start : start + 30_000]
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")

    with file_server(chunked) as server:
        recording = take(server)
    assert is_whole(recording)
    assert not recording.is_cut_short


def test_transfer_that_is_cut_goes_on_where_it_was(take):
    with file_server(ranges(NOTE, [50_000, 40_000, 1])) as server:
        assert is_whole(take(server))
    asked = [headers.get("Range") for _, headers in server.asked]
    assert asked == [None, "bytes=50000-", "bytes=90000-", "bytes=90001-"]


def test_transfer_that_is_cut_begins_anew_where_the_file_has_changed(take):
    first = ranges(b"x" * 100_000, [60_000], etag='"old"')
    second = ranges(NOTE, [], etag='"new"')
    with file_server(first) as server:
        server.answer = lambda handler: (first if len(server.asked) == 1 else second)(handler)
        assert is_whole(take(server))
    assert server.asked[1][1]["If-Range"] == '"old"'


def test_transfer_that_is_cut_begins_anew_where_the_server_knows_no_ranges(take):
    def answer(handler):
        sent = NOTE[:60_000] if len(server.asked) == 1 else NOTE
        send(handler, 200, sent, Content_Length=str(len(NOTE)))

    with file_server(answer) as server:
        assert is_whole(take(server))
    assert "Range" not in server.asked[1][1]


def test_length_that_was_a_lie_is_corrected_by_what_the_server_says_is_left(take):
    def answer(handler):
        if "Range" in handler.headers:
            ranges(NOTE, [])(handler)
        else:
            send(handler, 200, NOTE, ETag='"1"', Content_Length=str(len(NOTE) + 5000))

    with file_server(answer) as server:
        recording = take(server)
    assert is_whole(recording)
    assert (recording.size, recording.is_cut_short) == (len(NOTE), False)
    assert server.asked[-1][1]["Range"] == f"bytes={len(NOTE)}-"


def test_file_whose_size_changes_between_two_parts_is_taken_anew(take):
    def answer(handler):
        if len(server.asked) == 2:
            send(handler, 206, NOTE[50_000:], Content_Range=f"bytes 50000-{len(NOTE)}/{len(NOTE) + 1}")
        else:
            first(handler)

    first = ranges(NOTE, [50_000])
    with file_server(answer) as server:
        assert is_whole(take(server))
    assert "Range" not in server.asked[2][1]


def test_server_that_always_cuts_is_given_up_with_a_sentence(take):
    def answer(handler):
        send(handler, 200, b"", Content_Length="1000")

    with file_server(answer) as server:
        recording = take(server)
    assert (recording.state, recording.message) == (State.FAILED, "127.0.0.1 broke off the transfer.")
    assert len(server.asked) == url_import.MAX_TRIES


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda h: send(h, 404, b"secret"), "There is no file at this link (404): check it."),
        (lambda h: send(h, 403, b"secret"), "This link is not open to everybody (403)"),
        (lambda h: send(h, 503, b"secret"), "The link's server has a problem (503): try again later."),
        (whole(b"<p>secret", Content_Type="text/html; charset=utf-8"), url_import.A_WEB_PAGE),
        (whole(b"\n <!DOCTYPE html>secret", Content_Type="audio/mpeg"), url_import.A_WEB_PAGE),
        (whole(b"secret", Content_Encoding="gzip"), "sends the file packed"),
        (whole(b""), "the file is empty"),
        (lambda h: send(h, 206, b"secret", Content_Range="bytes 7-12/13"), "another part"),
    ],
)
def test_what_is_no_recording_is_refused_in_a_sentence(take, answer, sentence):
    with file_server(answer) as server:
        recording = take(server)
    assert recording.state == State.FAILED
    assert sentence in recording.message
    assert "secret" not in recording.message
    assert recording.bytes_received == 0


def test_file_announced_as_too_large_is_refused_before_its_bytes(take, settings):
    settings.STT_IMPORT_BYTES = 100_000
    with file_server(whole(NOTE)) as server:
        recording = take(server)
    assert recording.state == State.FAILED
    assert "larger than the 0.0001 GB" in recording.message
    assert recording.bytes_received == 0


def test_body_without_an_end_is_refused_at_the_limit(take, settings):
    settings.STT_IMPORT_BYTES = 100_000

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 10_000)

    with file_server(endless) as server:
        recording = take(server)
    assert recording.state == State.FAILED
    assert "larger than" in recording.message
    assert recording.source_path.stat().st_size <= 100_000


def test_file_that_the_account_has_no_room_for_is_refused_before_its_bytes(take, settings):
    settings.STT_QUOTA_BYTES = 100_000
    with file_server(whole(NOTE)) as server:
        recording = take(server)
    assert recording.state == State.FAILED
    assert "Your account is full" in recording.message
    assert recording.bytes_received == 0


def test_server_that_drips_is_given_up(take, monkeypatch):
    monkeypatch.setattr(url_import, "RATE_SECONDS", 0.5)
    monkeypatch.setattr(url_import, "PIECE_SECONDS", 0.1)

    def drip(handler):
        send(handler, 200, b"", Content_Length=str(len(NOTE)))
        for byte in NOTE:
            handler.wfile.write(bytes([byte]))
            time.sleep(0.05)

    with file_server(drip) as server:
        recording = take(server)
    assert recording.state == State.FAILED
    assert "too slowly" in recording.message


def test_file_that_is_here_already_is_not_kept_twice(take, alice):
    first = receive(alice, AUDIO / "note.wav")
    with file_server(whole(NOTE)) as server:
        recording = take(server)
    assert recording.state == State.CANCELLED
    assert recording.message == f"You already have this recording: “{first.title}”."
    assert recording.bytes_received == recording.source_path.stat().st_size == 0


@pytest.mark.django_db(transaction=True)
def test_cancelled_import_stops_receiving(take):
    def answer(handler):
        send(handler, 200, NOTE[:20_000], Content_Length=str(len(NOTE)))
        lifecycle.cancel(Recording.objects.get())
        connection.close()
        handler.wfile.write(NOTE[20_000:])

    with file_server(answer) as server:
        recording = take(server)
    assert recording.state == State.CANCELLED
    assert recording.bytes_received < len(NOTE)


def test_deleted_import_leaves_nothing(take, alice, settings):
    with file_server(whole(NOTE)) as server:
        settings.STT_IMPORT_PORTS = [server.port]
        recording = url_import.begin(alice, server.url(), Wishes())
        ingest.delete(recording)
        url_import.fetch(recording.pk)
    assert server.asked == []
    assert not UrlImport.objects.exists()


@pytest.fixture
def wait(alice, settings) -> Callable[[FileServer], Recording]:
    """Begin an import, for a worker that is to come."""

    def wait(server: FileServer) -> Recording:
        settings.STT_IMPORT_ALLOW = [ipaddress.ip_network("127.0.0.1/32")]
        settings.STT_IMPORT_PORTS = [server.port]
        return url_import.begin(alice, server.url("/note.wav"), Wishes())

    return wait


def goes_on(recording: Recording) -> bool:
    """Whether an import that has to wait is left alone for now, and whole when its time has come."""
    recording.refresh_from_db()
    assert recording.state == State.RECEIVING
    assert not UrlImport.objects.free().exists()
    UrlImport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    url_import.fetch(recording.pk)
    recording.refresh_from_db()
    return is_whole(recording)


def test_import_waits_while_the_disk_is_full(wait, monkeypatch):
    with file_server(whole(NOTE)) as server:
        recording = wait(server)
        with monkeypatch.context() as patch:
            patch.setattr(quotas, "RESERVED_BYTES", 10**18)
            for _ in range(MAX_ATTEMPTS + 1):
                UrlImport.objects.update(lease_until=None)
                url_import.fetch(recording.pk)
        assert goes_on(recording)


def test_import_waits_while_another_writes_to_its_file(wait):
    with file_server(whole(NOTE)) as server:
        recording = wait(server)
        with storage.locked(recording.source_path):
            url_import.fetch(recording.pk)
        assert goes_on(recording)


def test_failed_import_goes_on_where_it_was_when_tried_again(take, monkeypatch):
    monkeypatch.setattr(url_import, "MAX_TRIES", 1)
    with file_server(ranges(NOTE, [50_000, 0])) as server:
        recording = take(server)
        assert recording.state == State.FAILED
        received = recording.bytes_received
        assert received > 0
        assert lifecycle.retry(recording)
        url_import.fetch(recording.pk)
        recording.refresh_from_db()
    assert is_whole(recording)
    assert server.asked[-1][1]["Range"] == f"bytes={received}-"


def test_import_whose_worker_died_is_done_again_by_another(take, alice, settings):
    with file_server(ranges(NOTE, [])) as server:
        settings.STT_IMPORT_ALLOW = [ipaddress.ip_network("127.0.0.1/32")]
        settings.STT_IMPORT_PORTS = [server.port]
        recording = url_import.begin(alice, server.url(), Wishes())
        UrlImport.objects.all().claim()
        url_import.fetch(recording.pk)
        assert server.asked == []
        UrlImport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        url_import.fetch(recording.pk)
    recording.refresh_from_db()
    assert is_whole(recording)


@pytest.mark.django_db(transaction=True)
def test_worker_that_was_replaced_writes_nothing_more(take):
    def answer(handler):
        send(handler, 200, NOTE[:20_000], Content_Length=str(len(NOTE)))
        UrlImport.objects.update(lease_until=None)
        UrlImport.objects.all().claim()
        connection.close()
        handler.wfile.write(NOTE[20_000:])

    with file_server(answer) as server:
        recording = take(server)
    assert recording.state == State.RECEIVING
    assert recording.bytes_received <= 20_000


def test_import_makes_room_for_one_that_waits(take, alice, settings, monkeypatch):
    monkeypatch.setattr(url_import, "TURN_SECONDS", 0.0)
    with file_server(ranges(NOTE, [])) as server:
        settings.STT_IMPORT_PORTS = [server.port]
        waiting = url_import.begin(alice, server.url("/other.wav"), Wishes(language="de"))
        recording = take(server)
        assert recording.state == State.RECEIVING
        assert 0 < recording.bytes_received < len(NOTE)
        monkeypatch.setattr(url_import, "TURN_SECONDS", 60.0)
        for one in (waiting, recording):
            url_import.fetch(one.pk)
            one.refresh_from_db()
            assert is_whole(one)


def test_import_without_a_job_gets_one(alice, queue_server):
    recording = url_import.begin(alice, "https://example.org/talk.mp3", Wishes())
    reconcile.reconcile()
    assert [job.args for job in django_rq.get_queue("fetch").jobs] == [[str(recording.pk)]]


def test_import_that_takes_too_long_is_given_up(take, monkeypatch):
    monkeypatch.setattr(url_import, "LONGEST", timedelta(0))
    with file_server(whole(NOTE)) as server:
        recording = take(server)
    assert (recording.state, recording.message) == (State.FAILED, "The file did not arrive within 12 hours.")


def test_address_in_a_private_network_is_refused_on_the_page_of_the_recording(alice, settings):
    with file_server(whole(NOTE)) as server:
        settings.STT_IMPORT_PORTS = [server.port]
        recording = url_import.begin(alice, server.url(), Wishes())
        url_import.fetch(recording.pk)
    recording.refresh_from_db()
    assert recording.state == State.FAILED
    assert "private network" in recording.message
    assert server.asked == []


def test_stalling_server_goes_on_after_a_pause(take, monkeypatch):
    monkeypatch.setattr(outbound, "STALL_SECONDS", 1.0)
    resume = ranges(NOTE, [])

    def answer(handler):
        if "Range" in handler.headers:
            resume(handler)
            return
        send(handler, 200, NOTE[:50_000], ETag='"1"', Content_Length=str(len(NOTE)))
        time.sleep(60)

    with file_server(answer) as server:
        assert is_whole(take(server))
