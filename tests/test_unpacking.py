"""Recordings out of ZIP archives, friendly and hostile."""

import io
import zipfile
from pathlib import Path

import pytest

from sttweb.accounts import keys
from tests.pipeline import AUDIO, receive, work
from transcripts import jobs, unpacking
from transcripts.api import service
from transcripts.api.catalogue import CONFIGURED
from transcripts.api.gate import Caller
from transcripts.api.service import Asked
from transcripts.models import ApiRequest, Recording

pytestmark = pytest.mark.django_db
NOTE = (AUDIO / "note.wav").read_bytes()


def packed(folder: Path, entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    path = folder / "talks.zip"
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def unpacked(owner, path: Path) -> Recording | None:
    archive = receive(owner, path)
    assert unpacking.open_archive(archive.pk)
    return Recording.objects.filter(pk=archive.pk).first()


def titles(owner) -> set[str]:
    return set(Recording.objects.of(owner).values_list("title", flat=True))


def test_archive_becomes_its_recordings(alice, tmp_path):
    entries = {"talks/One.wav": NOTE, "talks/Two.flac": (AUDIO / "spanish.flac").read_bytes(), "talks/": b""}
    entries["__MACOSX/talks/._One.wav"] = b"x"
    assert unpacked(alice, packed(tmp_path, entries, zipfile.ZIP_DEFLATED)) is None
    assert titles(alice) == {"One", "Two"}
    one = work(Recording.objects.get(title="One"))
    assert (one.state, one.source_path.read_bytes()) == ("done", NOTE)


def sent(owner, path: Path, vendor: str) -> Recording:
    """What came of a file that a program sent, once its job was done."""
    caller = Caller(owner, keys.issue(owner, "Test")[0])
    asked = Asked(vendor, "", CONFIGURED | {""}, temperature=0.5, is_multichannel=True, is_diarized=True)
    with path.open("rb") as file:
        recording = service.take_body(caller, asked, file, path.stat().st_size)
    jobs.prepare(str(recording.pk))
    return Recording.objects.get()


@pytest.mark.parametrize("vendor", ["openai", "deepgram", "azure", "fal", "aimlapi"])
def test_vendors_apis_take_no_archives(alice, tmp_path, vendor):
    recording = sent(alice, packed(tmp_path, {"One.wav": NOTE}), vendor)
    assert recording.state == "failed"
    assert recording.message.startswith("This is not an audio or video file")


def test_recordings_of_a_program_s_archive_are_as_it_asked(alice, tmp_path):
    one = sent(alice, packed(tmp_path, {"One.wav": NOTE}), "own")
    assert (one.title, one.source, one.api_request) == ("One", "api", ApiRequest.objects.get())
    assert (one.model, one.temperature, one.is_multichannel, one.is_diarized) == ("", 0.5, True, True)


def test_what_is_left_out_is_named_with_the_reason(alice, tmp_path):
    inner = io.BytesIO()
    zipfile.ZipFile(inner, "w").close()
    entries = {"One.wav": NOTE, "notes.txt": b"x", "more.zip": inner.getvalue(), "empty.wav": b""}
    archive = unpacked(alice, packed(tmp_path, entries))
    assert archive.state == "done"
    assert archive.message == (
        "1 recording was taken out of this archive. Left out: notes.txt (no audio or video), "
        "more.zip (an archive inside an archive), empty.wav (empty)."
    )
    assert (archive.bytes_received, archive.source_path.exists()) == (0, False)


def test_names_are_labels_and_never_paths(alice, tmp_path):
    names = [
        "../../../../tmp/evil.wav",
        "/etc/passwd.wav",
        "..\\..\\evil.wav",
        "a\u202evaw.exe.wav",
        "\n.wav",
    ]
    assert (
        unpacked(alice, packed(tmp_path, {name: NOTE + bytes([n]) for n, name in enumerate(names)})) is None
    )
    for recording in Recording.objects.of(alice):
        assert recording.source_path.parent == recording.folder
        assert not set("/\\\n\u202e") & set(recording.title + recording.file_name)
    assert Recording.objects.count() == len(names)


def test_bomb_is_refused_before_anything_is_unpacked(alice, tmp_path):
    path = packed(tmp_path, {"silence.wav": NOTE[:44] + bytes(30_000_000)}, zipfile.ZIP_DEFLATED)
    archive = unpacked(alice, path)
    assert (archive.state, archive.message) == ("failed", unpacking.TOO_LARGE)
    assert titles(alice) == {"talks"}


def test_too_many_entries_are_refused(alice, tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MAX_ENTRIES", 2)
    archive = unpacked(alice, packed(tmp_path, {f"{n}.wav": NOTE for n in range(3)}))
    assert (archive.state, archive.message) == ("failed", unpacking.TOO_MANY)


def test_list_of_contents_that_is_very_long_is_not_read(alice, tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "LIST_BYTES", 500)
    archive = unpacked(alice, packed(tmp_path, {f"{n}.wav": b"x" for n in range(20)}))
    assert (archive.state, archive.message) == ("failed", unpacking.TOO_MANY)


@pytest.mark.parametrize("size", [30, 1000, len(NOTE)])
def test_damaged_archive_says_so(alice, tmp_path, size):
    path = packed(tmp_path, {"One.wav": NOTE})
    path.write_bytes(path.read_bytes()[:size])
    archive = unpacked(alice, path)
    assert (archive.state, archive.message) == ("failed", unpacking.DAMAGED)
    assert titles(alice) == {"talks"}


def test_entry_with_other_bytes_than_its_checksum_is_left_out(alice, tmp_path):
    path = packed(tmp_path, {"One.wav": NOTE, "Two.wav": NOTE + b"x"})
    data = bytearray(path.read_bytes())
    data[1000] ^= 255
    path.write_bytes(data)
    archive = unpacked(alice, path)
    assert "Left out: One.wav (damaged)" in archive.message
    assert titles(alice) == {"talks", "Two"}


def test_pass_that_was_cut_short_takes_nothing_twice(alice, tmp_path):
    archive = receive(alice, packed(tmp_path, {"One.wav": NOTE, "Two.wav": NOTE + b"x"}))
    fence = archive.claim(Recording.State.PREPARING)
    with zipfile.ZipFile(archive.source_path) as file:
        unpacking.take(archive, file, file.infolist()[0], 0)
    unpacking.unpack(archive, fence)
    assert sorted(Recording.objects.of(alice).values_list("title", flat=True)) == ["One", "Two"]


def test_quota_leaves_out_what_does_not_fit(alice, tmp_path, settings):
    path = packed(tmp_path, {"One.wav": NOTE, "Two.wav": NOTE + b"x"})
    settings.STT_QUOTA_BYTES = path.stat().st_size + len(NOTE) + 1000
    archive = unpacked(alice, path)
    assert archive.message.startswith(
        "1 recording was taken out of this archive. Left out: Two.wav (Your account"
    )
