"""Pages whose socket meets an error of the server's: they are to connect again."""

import pytest
from django.db import OperationalError

from tests.test_consumers import PATIENCE, _own_channel_layer, close_code, note, open_socket
from transcripts import live_page

__all__ = ("_own_channel_layer", "note")

pytestmark = [pytest.mark.django_db(transaction=True)]


async def test_socket_is_closed_when_its_page_cannot_be_told_what_is_new(alice, note, monkeypatch, caplog):
    def restart(*args):
        raise OperationalError("the database system is shutting down")

    with monkeypatch.context() as patch:
        patch.setattr(live_page, "update_since", restart)
        communicator = await open_socket(alice, note.pk)
        assert await close_code(communicator) == 1011
    assert str(note.pk) in caplog.text
    communicator = await open_socket(alice, note.pk)
    assert (await communicator.receive_json_from(timeout=PATIENCE))["number"] == note.event_count
    await communicator.disconnect(timeout=PATIENCE)
