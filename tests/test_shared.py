"""What is on its way through a link when the link ends."""

import pytest

from tests.pipeline import AUDIO, receive, work
from transcripts import exporting, shared, sharing
from transcripts.exports import DEFAULTS
from transcripts.models import Share

pytestmark = pytest.mark.django_db


def test_download_is_broken_off_when_its_link_is_revoked(alice, monkeypatch):
    monkeypatch.setattr(exporting, "READ_BYTES", 1000)
    monkeypatch.setattr(shared, "RECHECK_SECONDS", 0.0)
    note = work(receive(alice, AUDIO / "note.wav"))
    share = Share(recording=note, creator=alice, permission="download")
    sharing.create(share, "")
    pieces = shared.file_of(share, "audio", DEFAULTS).pieces
    assert len(next(pieces)) == len(next(pieces)) == 1000
    sharing.revoke(share)
    with pytest.raises(shared.Ended):
        next(pieces)
