"""The live page's socket, against the real application and the real channel layer."""

import uuid

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers
from channels.testing import WebsocketCommunicator
from django.contrib.sessions.models import Session
from django.test import Client

from sttweb.asgi import application
from tests.pipeline import AUDIO, receive, work
from transcripts import account_deletion, editing, ingest, presence, reruns, sharing
from transcripts.consumers import SHARE_LOOK_SECONDS
from transcripts.models import Membership, Recording, Share

pytestmark = [pytest.mark.django_db(transaction=True)]

ORIGIN = (b"origin", b"http://localhost")
# For what hangs: a busy machine takes seconds where an idle one takes none.
PATIENCE = 20


@pytest.fixture(autouse=True)
def _own_channel_layer() -> None:
    """Its lock stays bound to the loop in which two sockets first waited for it; each test has a loop."""
    channel_layers.backends.clear()


@pytest.fixture(autouse=True)
def _nobody_is_taken_to_be_gone(monkeypatch) -> None:
    """However long a busy machine lets those wait who are here."""
    monkeypatch.setattr(presence, "GONE_SECONDS", 600)


def socket(
    user, pk, since: int = 0, origin=ORIGIN, role: str = "", page_of: str = ""
) -> WebsocketCommunicator:
    client = Client()
    if user:
        client.force_login(user)
    cookie = client.cookies.output(header="", sep=";").split(";")[0].strip().encode()
    path = f"/ws/recordings/{pk}/?since={since}&role={role}&user={page_of}"
    return WebsocketCommunicator(
        application, path, headers=[(b"cookie", cookie), origin, (b"host", b"localhost")]
    )


@pytest.fixture
def note(alice) -> Recording:
    return work(receive(alice, AUDIO / "note.wav"))


async def open_socket(user, pk, since: int = 0, role: str = "") -> WebsocketCommunicator:
    communicator = await sync_to_async(socket)(user, pk, since, role=role)
    assert (await communicator.connect(timeout=PATIENCE))[0]
    return communicator


async def close_code(communicator: WebsocketCommunicator) -> int:
    """Return the code that the server closes with, and hang up as a browser then does."""
    code = (await communicator.receive_output(timeout=PATIENCE))["code"]
    # Python 3.11 may not hear that the wait for messages is cancelled (bpo-42130): it is over all the same.
    await communicator.disconnect()
    return code


async def test_page_that_comes_late_gets_everything(alice, note):
    communicator = await open_socket(alice, note.pk)
    update = await communicator.receive_json_from(timeout=PATIENCE)
    assert "Maria will send the report on Friday." in "".join(s["html"] for s in update["segments"])
    assert update["status"]["state"] == "done"
    assert update["number"] == note.event_count
    await communicator.disconnect(timeout=PATIENCE)


async def test_page_that_was_long_away_need_not_wait_for_the_rest(alice, note, monkeypatch):
    monkeypatch.setattr("transcripts.live_page.MAX_EVENTS", 1)
    monkeypatch.setattr("transcripts.consumers.RecordingConsumer.look_seconds", 60)
    communicator = await open_socket(alice, note.pk)
    numbers = [
        (await communicator.receive_json_from(timeout=PATIENCE))["number"] for _ in range(note.event_count)
    ]
    assert numbers == list(range(1, note.event_count + 1))
    await communicator.disconnect(timeout=PATIENCE)


async def test_page_that_is_up_to_date_gets_only_what_is_new(alice, note):
    communicator = await open_socket(alice, note.pk, note.event_count)
    segment = await sync_to_async(lambda: note.transcript.segments.first())()
    await sync_to_async(editing.correct)(segment, "Corrected.", 1)
    update = await communicator.receive_json_from(timeout=PATIENCE)
    # Nothing came before it.
    assert update["number"] == note.event_count + 1
    assert [s["id"] for s in update["segments"]] == [segment.pk]
    assert "Corrected." in update["segments"][0]["html"]
    await communicator.disconnect(timeout=PATIENCE)


async def test_change_is_seen_when_its_poke_is_lost(alice, note, monkeypatch):
    communicator = await open_socket(alice, note.pk, note.event_count)
    monkeypatch.setattr("transcripts.events.poke", lambda pk: None)
    await sync_to_async(editing.rename)(note, "Renamed")
    update = await communicator.receive_json_from(timeout=PATIENCE)
    assert update["title"] == "Renamed"
    await communicator.disconnect(timeout=PATIENCE)


async def test_state_reaches_the_page(alice, note):
    communicator = await open_socket(alice, note.pk, note.event_count)
    await sync_to_async(reruns.start)(note, alice, reruns.Wishes())
    update = await communicator.receive_json_from(timeout=PATIENCE)
    assert update["status"]["state"] == "done"
    assert "Transcribing again" in update["status"]["html"]
    await communicator.disconnect(timeout=PATIENCE)


async def test_stranger_is_closed_as_not_found(bob, note):
    communicator = await open_socket(bob, note.pk)
    assert await close_code(communicator) == 4404


async def test_anonymous_is_closed_as_signed_out(note):
    communicator = await open_socket(None, note.pk)
    assert await close_code(communicator) == 4401


async def test_missing_recording_is_closed_alike(alice):
    communicator = await open_socket(alice, uuid.uuid4())
    assert await close_code(communicator) == 4404


async def test_foreign_origin_is_refused(alice, note):
    communicator = await sync_to_async(socket)(alice, note.pk, origin=(b"origin", b"https://evil.example"))
    assert not (await communicator.connect(timeout=PATIENCE))[0]
    await communicator.disconnect()


async def test_socket_ends_when_the_recording_is_deleted(alice, note):
    communicator = await open_socket(alice, note.pk, note.event_count)
    await sync_to_async(ingest.delete)(note)
    assert await close_code(communicator) == 4404


async def test_socket_ends_when_its_account_is_deleted(alice, note):
    communicator = await open_socket(alice, note.pk, note.event_count)
    await sync_to_async(account_deletion.begin)(alice)
    assert await close_code(communicator) == 4401


async def test_socket_ends_when_its_user_signs_out(alice, note):
    communicator = await open_socket(alice, note.pk, note.event_count)
    await sync_to_async(Session.objects.all().delete)()
    assert await close_code(communicator) == 4401


@pytest.mark.parametrize("since", ["", "x", "-1", "9" * 30])
async def test_odd_number_counts_as_none(alice, note, since):
    communicator = await open_socket(alice, note.pk, since)
    assert (await communicator.receive_json_from(timeout=PATIENCE))["number"] == note.event_count
    await communicator.disconnect(timeout=PATIENCE)


async def message(communicator: WebsocketCommunicator, name: str) -> dict:
    """Return the next message that has something under `name`."""
    while name not in (found := await communicator.receive_json_from(timeout=PATIENCE)):
        pass
    return found


@pytest.fixture
def bob_reads(bob, note) -> Membership:
    return sharing.invite(note, bob.email, "viewer")


async def test_viewer_is_sent_text_without_a_way_to_edit_it(bob, note, bob_reads):
    communicator = await open_socket(bob, note.pk)
    update = await communicator.receive_json_from(timeout=PATIENCE)
    html = "".join(segment["html"] for segment in update["segments"])
    assert "Maria will send the report on Friday." in html
    assert "contenteditable" not in html
    await communicator.disconnect(timeout=PATIENCE)


@pytest.mark.parametrize("is_poked", [True, False])
async def test_page_is_told_when_its_reader_may_do_more(bob, note, bob_reads, monkeypatch, is_poked):
    communicator = await open_socket(bob, note.pk, note.event_count, role="viewer")
    if not is_poked:
        monkeypatch.setattr("transcripts.events.poke", lambda pk: None)
    await sync_to_async(sharing.invite)(note, bob.email, "editor")
    assert await communicator.receive_json_from(timeout=PATIENCE) == {"role": "editor"}
    await sync_to_async(editing.rename)(note, "Renamed")
    assert "role" not in await communicator.receive_json_from(timeout=PATIENCE)
    await communicator.disconnect(timeout=PATIENCE)


async def test_page_that_connects_late_is_told_what_its_reader_may_do_by_now(bob, note, bob_reads):
    await sync_to_async(sharing.invite)(note, bob.email, "editor")
    communicator = await open_socket(bob, note.pk, note.event_count, role="viewer")
    assert (await communicator.receive_json_from(timeout=PATIENCE))["role"] == "editor"
    await communicator.disconnect(timeout=PATIENCE)


async def test_socket_of_a_member_ends_when_they_are_removed(bob, note, bob_reads):
    communicator = await open_socket(bob, note.pk, note.event_count)
    await sync_to_async(sharing.remove)(note, bob.email)
    assert await close_code(communicator) == 4404


async def test_page_of_another_account_is_asked_to_wait_for_it(alice, bob, note):
    communicator = await sync_to_async(socket)(bob, note.pk, page_of=str(alice.pk))
    assert (await communicator.connect(timeout=PATIENCE))[0]
    assert await close_code(communicator) == 4401
    communicator = await sync_to_async(socket)(alice, note.pk, page_of=str(alice.pk))
    assert (await communicator.connect(timeout=PATIENCE))[0]
    assert (await communicator.receive_json_from(timeout=PATIENCE))["number"] == note.event_count
    await communicator.disconnect(timeout=PATIENCE)


async def test_members_are_told_who_else_is_here_and_where(alice, bob, note, bob_reads):
    first = await open_socket(alice, note.pk, note.event_count)
    second = await open_socket(bob, note.pk, note.event_count)
    assert (await message(first, "presence"))["presence"] == [{"who": bob.email, "at": None}]
    assert (await message(second, "presence"))["presence"] == [{"who": alice.email, "at": None}]
    segment = await sync_to_async(lambda: note.transcript.segments.first().pk)()
    await second.send_json_to({"at": segment})
    assert (await message(first, "presence"))["presence"] == [{"who": bob.email, "at": segment}]
    await second.disconnect(timeout=PATIENCE)
    assert (await message(first, "presence"))["presence"] == []
    await first.disconnect(timeout=PATIENCE)


async def test_two_pages_of_one_person_are_nobody_else(alice, bob, note, bob_reads):
    first = await open_socket(alice, note.pk, note.event_count)
    second = await open_socket(alice, note.pk, note.event_count)
    await second.send_json_to({"at": 1})
    third = await open_socket(bob, note.pk, note.event_count)
    assert await first.receive_json_from(timeout=PATIENCE) == {"presence": [{"who": bob.email, "at": None}]}
    for communicator in (first, second, third):
        await communicator.disconnect(timeout=PATIENCE)


@pytest.mark.parametrize("said", ["{", "[]", '{"at": true}', '{"at": -1}', '{"at": "1"}', " " * 9999])
async def test_odd_words_of_a_page_are_nothing(alice, bob, note, bob_reads, said):
    first = await open_socket(alice, note.pk, note.event_count)
    second = await open_socket(bob, note.pk, note.event_count)
    await message(first, "presence")
    await second.send_to(said)
    await second.send_json_to({"at": 7})
    assert (await message(first, "presence"))["presence"] == [{"who": bob.email, "at": 7}]
    await first.disconnect(timeout=PATIENCE)
    await second.disconnect(timeout=PATIENCE)


def share_socket(token: str, cookie: str = "") -> WebsocketCommunicator:
    headers = [ORIGIN, (b"host", b"localhost"), (b"cookie", f"{sharing.COOKIE}={cookie}".encode())]
    return WebsocketCommunicator(application, f"/s/{token}/live/?since=0", headers=headers)


@sync_to_async
def link(note: Recording, password: str = "") -> tuple[str, str]:
    """Return a token, and the cookie of a browser that knew the password."""
    share = Share(recording=note, creator=note.owner)
    token = sharing.create(share, password)
    return token, sharing.unlocked_value(share)


async def test_page_behind_a_link_is_told_of_changes_and_of_nothing_else(alice, note):
    token, _ = await link(note)
    reader = share_socket(token)
    assert (await reader.connect(timeout=PATIENCE))[0]
    assert await reader.receive_json_from(timeout=PATIENCE) == {"number": note.event_count}
    member = await open_socket(alice, note.pk, note.event_count)
    await member.send_json_to({"at": 1})
    segment = await sync_to_async(lambda: note.transcript.segments.first())()
    await sync_to_async(editing.correct)(segment, "Corrected.", 1)
    assert await reader.receive_json_from(timeout=PATIENCE) == {"number": note.event_count + 1}
    await reader.send_to('{"at": 1}')
    await sync_to_async(editing.correct)(segment, "Corrected again.", 2)
    assert await reader.receive_json_from(timeout=PATIENCE) == {"number": note.event_count + 2}
    await member.disconnect(timeout=PATIENCE)
    await reader.disconnect(timeout=PATIENCE)


@pytest.mark.parametrize("is_poked", [True, False])
async def test_revoking_a_link_ends_its_sockets(note, monkeypatch, is_poked):
    token, _ = await link(note)
    reader = share_socket(token)
    await reader.connect(timeout=PATIENCE)
    await reader.receive_json_from(timeout=PATIENCE)
    if not is_poked:
        monkeypatch.setattr("transcripts.events.poke", lambda pk: None)
    await sync_to_async(lambda: sharing.revoke(Share.objects.get()))()
    assert await close_code(reader) == 4404
    # Within two seconds, where the machine can keep up.
    assert SHARE_LOOK_SECONDS <= 1.5


@pytest.mark.parametrize("password", ["", "correct horse"])
async def test_locked_or_unknown_link_has_no_socket(note, password):
    token, value = await link(note, "correct horse")
    stranger = share_socket(token if password else "x" * 43)
    await stranger.connect(timeout=PATIENCE)
    assert await close_code(stranger) == 4404
    reader = share_socket(token, value)
    await reader.connect(timeout=PATIENCE)
    assert await reader.receive_json_from(timeout=PATIENCE) == {"number": note.event_count}
    await reader.disconnect(timeout=PATIENCE)
