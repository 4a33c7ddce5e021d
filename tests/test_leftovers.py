"""Nothing of what was deleted stays on the disk, and nothing goes that is still somebody's."""

import io
import time
import uuid
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from sttweb.accounts.models import User
from transcripts import api_files, ingest, storage
from transcripts.models import ApiFile, Recording
from transcripts.reconcile import reconcile
from transcripts.wishes import Wishes

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db) -> Client:
    client = Client()
    client.force_login(
        User.objects.create(
            email="admin@example.org", password=make_password(None), is_staff=True, is_superuser=True
        )
    )
    return client


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def upload_of(owner: User) -> Recording:
    recording = ingest.begin(owner, Wishes(), None)
    ingest.append(recording, 0, io.BytesIO(b"speech"), 6)
    return recording


@pytest.fixture
def uploads(alice, bob) -> list[Recording]:
    return [upload_of(owner) for owner in (alice, alice, bob)]


@pytest.fixture
def delete(admin, django_capture_on_commit_callbacks):
    """Delete rows as the operator does: one on its page, or several in the list."""

    def delete(path: str, *pks: object, in_list: bool) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            if in_list:
                choice = {"action": "delete_selected", "_selected_action": pks, "post": "yes"}
                assert admin.post(f"/admin/{path}/", choice).status_code == 302
            else:
                (pk,) = pks
                assert admin.post(f"/admin/{path}/{pk}/delete/", {"post": "yes"}).status_code == 302

    return delete


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.glob("*/**/*") if path.is_file()}


@pytest.mark.parametrize("in_list", [True, False])
def test_recording_deleted_by_the_operator_is_gone_from_the_disk(uploads, delete, data_dir, in_list):
    gone, *kept = uploads
    delete("transcripts/recording", gone.pk, in_list=in_list)
    assert set(Recording.objects.all()) == set(kept)
    assert files_in(data_dir) == {recording.source_path for recording in kept}


@pytest.mark.parametrize("in_list", [True, False])
def test_files_of_an_account_deleted_by_the_operator_are_gone_from_the_disk(
    alice, uploads, delete, data_dir, in_list, django_capture_on_commit_callbacks
):
    file = ApiFile.objects.create(owner=alice, expires_at="2100-01-01T00:00Z")
    api_files._write(file.path, io.BytesIO(b"speech"), 6)
    delete("accounts/user", alice.pk, in_list=in_list)
    with django_capture_on_commit_callbacks(execute=True):
        reconcile()
    assert not User.objects.filter(pk=alice.pk).exists()
    assert files_in(data_dir) == {uploads[2].source_path}


def test_files_stay_where_the_deletion_is_taken_back(uploads, data_dir, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        ingest.delete(uploads[0])
    assert len(files_in(data_dir)) == 3
    for callback in callbacks:
        callback()
    assert len(files_in(data_dir)) == 2


@pytest.fixture
def days_pass(monkeypatch):
    def pass_(days: float) -> None:
        later = time.time() + days * 24 * 3600
        monkeypatch.setattr(storage.time, "time", lambda: later)

    return pass_


def test_folder_whose_row_is_gone_is_discarded_after_a_day(uploads, days_pass):
    gone = uploads[0]
    Recording.objects.filter(pk=gone.pk).delete()
    storage.discard_orphans()
    assert gone.source_path.exists()
    days_pass(1.1)
    storage.discard_orphans()
    assert not gone.folder.exists()
    days_pass(1.2)
    storage.sweep()
    assert [recording.source_path.exists() for recording in uploads] == [False, True, True]


def test_folder_that_is_older_than_the_database_stays(uploads, days_pass):
    Recording.objects.filter(pk=uploads[0].pk).delete()
    MigrationRecorder.Migration.objects.update(applied=timezone.now())
    days_pass(2)
    storage.discard_orphans()
    assert uploads[0].source_path.exists()


def test_folders_of_another_database_stay(uploads, days_pass):
    Recording.objects.exclude(pk=uploads[0].pk).delete()
    days_pass(2)
    storage.discard_orphans()
    storage.sweep()
    assert all(recording.source_path.exists() for recording in uploads)


def test_what_is_no_recording_is_left_alone(uploads, days_pass, data_dir):
    strange = [data_dir / "discarded" / "lost+found", data_dir / "recordings" / "ab" / "notes"]
    for folder in strange:
        folder.mkdir(parents=True)
    days_pass(2)
    storage.discard_orphans()
    storage.sweep()
    assert all(folder.exists() for folder in strange)


def test_folder_that_vanishes_while_it_is_looked_at_stops_nothing(data_dir):
    (data_dir / "discarded").mkdir()
    # A link that leads nowhere looks like one.
    (data_dir / "discarded" / str(uuid.uuid4())).symlink_to(data_dir / "gone")
    storage.sweep()
