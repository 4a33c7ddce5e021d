"""Deleting one's own account: nobody gets in from then on, and nothing of it is left."""

import io
import re
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sttweb.accounts import keys
from sttweb.accounts.models import ApiKey, User
from tests.conftest import PASSWORD
from tests.pipeline import AUDIO, receive, work
from transcripts import (
    account_deletion,
    api_files,
    editing,
    ingest,
    lifecycle,
    notes,
    reruns,
    sharing,
    trash,
    webhooks,
)
from transcripts.failpoints import failpoint
from transcripts.models import (
    ApiRequest,
    BatchFile,
    Delivery,
    Membership,
    Note,
    Recording,
    Revision,
    Share,
    SubtitleProfile,
    Tag,
    Term,
    UrlImport,
    Webhook,
)
from transcripts.reconcile import reconcile
from transcripts.wishes import Wishes

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/accounts/delete/"
LIMITS = {"line_length": 42, "lines": 2, "reading_speed": 20, "shortest": 1, "longest": 7, "gap": 0.1}


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path) -> Path:
    settings.DATA_DIR = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    return tmp_path


@pytest.fixture
def note(alice) -> Recording:
    return work(receive(alice, AUDIO / "note.wav"))


def delete(client: Client, password: str = PASSWORD):
    return client.post(PATH, {"password": password}, follow=True)


def uploaded(owner: User) -> Recording:
    recording = ingest.begin(owner, Wishes(), None)
    ingest.append(recording, 0, io.BytesIO(b"speech"), 6)
    return recording


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.glob("*/**/*") if path.is_file()}


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


def test_settings_lead_to_the_page_that_says_what_goes(alice, bob, alice_client, note) -> None:
    trash.discard([uploaded(alice)])
    sharing.create(Share(recording=note, creator=alice), "")
    sharing.invite(note, bob.email, "viewer")
    keys.issue(alice, "Script")
    webhooks.create(alice, "https://example.org/")
    Term.objects.create(owner=alice, text="Nakasero")
    SubtitleProfile.objects.create(owner=alice, name="Ours", **LIMITS)
    assert f'href="{PATH}"' in alice_client.get("/accounts/").content.decode()
    page = text(alice_client.get(PATH))
    assert "It cannot be brought back." in page
    assert "2 recordings (1 in the trash), with the sound (" in page
    for kind in (
        "1 link to a",
        "1 person's",
        "1 API key",
        "1 webhook",
        "1 name or term",
        "1 subtitle profile",
    ):
        assert kind in page.replace("&#x27;", "'")
    assert "tag" not in page.partition("go for good")[2].partition("To keep")[0]


def test_everything_goes_and_others_lose_nothing(alice, bob, alice_client, note, data_dir) -> None:
    kept = work(receive(bob, AUDIO / "note.wav"))
    kept.transcript.revisions.all().delete()
    sharing.invite(kept, alice.email, "editor")
    editing.correct(kept.transcript.segments.first(), "Corrected.", 1, alice)
    notes.add(kept.transcript, alice, 0, 1, "Look it up.")
    notes.add(note.transcript, bob, 0, 1, "Bob's, in what is Alice's.")
    reruns.start(note, alice, reruns.Wishes())
    trash.discard([uploaded(alice)])
    key, _ = keys.issue(alice, "Script")
    request = ApiRequest.objects.create(owner=alice, key=key, vendor="own")
    Recording.objects.create(owner=alice, api_request=request, state="done")
    file = api_files.begin(alice, key, "sound.wav")
    api_files.take(file, io.BytesIO(b"speech"), 6)
    webhooks.send_test(webhooks.create(alice, "https://example.org/")[0])
    Tag.objects.create(owner=alice, name="Ours").recordings.add(note)
    assert delete(alice_client).request["PATH_INFO"] == "/accounts/login/"
    reconcile()
    assert list(User.objects.all()) == [bob]
    assert list(Recording.objects.all()) == [kept]
    for model in (ApiKey, ApiRequest, Delivery, Membership, Webhook, Tag, EmailAddress):
        assert not model.objects.exists(), model
    assert all(path.is_relative_to(kept.folder) for path in files_in(data_dir) if path.parent != data_dir)
    assert kept.transcript.segments.first().text == "Corrected."
    assert Revision.objects.get().author is None
    assert [(row.author, row.text) for row in Note.objects.all()] == [(None, "Look it up.")]


def test_what_the_account_did_elsewhere_is_shown_without_it(alice, bob, alice_client, bob_client) -> None:
    kept = work(receive(bob, AUDIO / "note.wav"))
    notes.add(kept.transcript, alice, 0, 1, "Look it up.")
    delete(alice_client)
    reconcile()
    page = bob_client.get(reverse("notes", args=[kept.pk])).content.decode()
    assert "Look it up." in page
    assert "Somebody" in page
    _, secret = keys.issue(bob, "Script")
    answer = bob_client.get(
        f"/api/v1/recordings/{kept.pk}/notes", headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.json()["items"][0]["author"] == "Somebody"


def test_nobody_gets_in_from_that_moment(alice, alice_client, note) -> None:
    elsewhere, stranger = Client(), Client()
    elsewhere.force_login(alice)
    _, secret = keys.issue(alice, "Script")
    token = keys.issue_token(alice.api_keys.get())
    link = reverse("share", args=[sharing.create(Share(recording=note, creator=alice), "")])
    answer = delete(alice_client)
    assert "Your account is deleted." in text(answer)
    for client in (alice_client, elsewhere):
        assert client.get("/accounts/").url == "/accounts/login/?next=/accounts/"
        assert client.get(reverse("recording", args=[note.pk])).status_code == HTTPStatus.FOUND
    assert keys.find(secret) is keys.find(token) is None
    assert stranger.get(link).status_code == HTTPStatus.NOT_FOUND
    signing_in = stranger.post("/accounts/login/", {"login": "alice@example.org", "password": PASSWORD})
    assert "The e-mail or the password is wrong" in signing_in.content.decode()
    # All of this holds before anything was removed.
    assert Recording.objects.filter(pk=note.pk).exists()
    reconcile()
    assert not Session.objects.exists()


def test_address_is_free_at_once_and_gets_nothing_of_before(alice, bob, alice_client, sign_up) -> None:
    shared = work(receive(bob, AUDIO / "note.wav"))
    sharing.invite(shared, alice.email, "viewer")
    delete(alice_client)
    sign_up(alice.email)
    reconcile()
    again = User.objects.get(email=alice.email)
    assert again.pk != alice.pk
    assert not Recording.objects.visible_to(again).exists()


def test_nothing_goes_with_a_wrong_password(alice, alice_client, note) -> None:
    for password in ("wrong", ""):
        answer = delete(alice_client, password)
        assert answer.status_code == HTTPStatus.OK
        assert 'role="alert"' in answer.content.decode()
    assert "This is not your current password: try again." in text(delete(alice_client, "wrong"))
    reconcile()
    assert Recording.objects.of(alice).get() == note
    assert alice_client.get("/accounts/").status_code == HTTPStatus.OK


def test_attempts_are_limited(alice, alice_client) -> None:
    for _ in range(20):
        assert delete(alice_client, "wrong").status_code == HTTPStatus.OK
    assert delete(alice_client).status_code == HTTPStatus.TOO_MANY_REQUESTS
    # The page itself can still be read.
    assert alice_client.get(PATH).status_code == HTTPStatus.OK
    reconcile()
    assert User.objects.filter(pk=alice.pk).exists()


def test_reading_the_page_or_a_foreign_form_deletes_nothing(alice) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.get(PATH, {"password": PASSWORD}).status_code == HTTPStatus.OK
    assert client.post(PATH, {"password": PASSWORD}).status_code == HTTPStatus.FORBIDDEN
    assert client.delete(PATH).status_code in (HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED)
    alice.refresh_from_db()
    assert alice.deleted_at is None


def test_what_is_under_way_ends_before_the_rest(alice, alice_client, monkeypatch) -> None:
    done = [Recording.objects.create(owner=alice, state="done") for _ in range(3)]
    under_way = [Recording.objects.create(owner=alice, state=state) for state in ("queued", "transcribing")]
    fetched = Recording.objects.create(owner=alice)
    UrlImport.objects.create(recording=fetched, url="https://example.org/", asked_at=timezone.now())
    received = uploaded(alice)
    delete(alice_client)
    monkeypatch.setattr(account_deletion, "ROUND_SECONDS", -1)
    for _ in (*under_way, fetched, received):
        account_deletion.go_on(User.objects.get())
    assert set(Recording.objects.all()) == set(done)
    with pytest.raises(ingest.Refused, match="not here any more"):
        ingest.append(received, 6, io.BytesIO(b"more"), 4)


def test_nothing_more_is_told_or_fetched(alice, alice_client, note) -> None:
    webhooks.send_test(webhooks.create(alice, "https://example.org/")[0])
    request = ApiRequest.objects.create(owner=alice, vendor="fal", callback_url="https://example.org/")
    BatchFile.objects.create(api_request=request, number=0, url="https://example.org/a.wav")
    running = Recording.objects.create(owner=alice, state="transcribing", api_request=request)
    delete(alice_client)
    lifecycle.fail(running, "")
    assert not Delivery.objects.exists()
    assert not BatchFile.objects.filter(is_waiting=True).exists()


def test_deletion_goes_on_where_it_was_interrupted(alice, alice_client, data_dir, monkeypatch) -> None:
    for _ in range(5):
        uploaded(alice)

    def dies(name: str) -> None:
        failpoint(name)
        if name == "deletion-committed":
            raise SystemExit

    delete(alice_client)
    with monkeypatch.context() as patched:
        patched.setattr(ingest, "failpoint", dies)
        for left in (4, 3):
            with pytest.raises(SystemExit):
                account_deletion.go_on(User.objects.get())
            assert Recording.objects.count() == left
    reconcile()
    assert not User.objects.exists()
    assert {path.parts[-3] for path in files_in(data_dir)} == {"discarded"}
    monkeypatch.setattr("transcripts.storage.DISCARD_SECONDS", -1)
    reconcile()
    assert not files_in(data_dir)


def test_recording_that_a_request_began_meanwhile_goes_too(alice, alice_client, data_dir) -> None:
    delete(alice_client)
    uploaded(User.objects.get())
    reconcile()
    assert not User.objects.exists()
    assert not files_in(data_dir)


def test_account_with_many_recordings_is_answered_by_as_many_queries(
    alice, alice_client, bob, bob_client, django_assert_max_num_queries
) -> None:
    Recording.objects.bulk_create(Recording(owner=bob, state="done") for _ in range(1000))
    with django_assert_max_num_queries(60) as few:
        delete(alice_client)
    with django_assert_max_num_queries(len(few)):
        delete(bob_client)
    assert not Recording.objects.filter(deleted_at=None).exists()


@pytest.fixture
def admin(db) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("admin@example.org", PASSWORD))
    return client


def test_only_administrator_stays_while_there_are_others(admin, alice, bob, charlie) -> None:
    User.objects.create_user("dora@example.org", PASSWORD)
    User.objects.create_user("erin@example.org", PASSWORD)
    said = (
        "There must be an administrator for alice@example.org, bob@example.org, charlie@example.org and "
        "2 others: give staff and superuser status to another account in the admin first."
    )
    assert said in text(admin.get(PATH))
    answer = delete(admin)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert said in text(answer)
    User.objects.filter(email=alice.email).update(is_staff=True)
    delete(admin)
    reconcile()
    assert not User.objects.filter(email="admin@example.org").exists()


@pytest.mark.parametrize(("count", "named"), [(1, " a: "), (2, " a and b: "), (4, " a, b, c and d: ")])
def test_refusal_names_who_would_be_left(admin, count, named) -> None:
    for name in "abcd"[:count]:
        User.objects.create_user(name, PASSWORD)
    assert named in text(admin.get(PATH))


def test_only_account_goes_and_the_next_is_the_administrator(client, sign_up) -> None:
    sign_up("first@example.org")
    assert "the next one that is made will be the administrator" in text(client.get(PATH))
    delete(client)
    # While the row of the first is still there.
    sign_up("second@example.org")
    assert User.objects.get(email="second@example.org").is_superuser
    reconcile()
    assert User.objects.get().email == "second@example.org"


def test_operator_is_shown_numbers_and_no_deleted_account(admin, alice, note) -> None:
    confirmation = admin.get(f"/admin/accounts/user/{alice.pk}/delete/").content.decode()
    assert "1 recording, with the sound" in confirmation
    assert "Segment" not in confirmation
    admin.post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"})
    assert not Recording.objects.of(alice).exists()
    page = admin.get("/admin/accounts/user/").content.decode()
    assert "admin@example.org" in page
    assert f"/admin/accounts/user/{alice.pk}/" not in page


def test_operator_cannot_leave_others_without_an_administrator(admin, alice, bob) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True)
    named = [str(pk) for pk in User.objects.filter(is_staff=True).values_list("pk", flat=True)]
    choice = {"action": "delete_selected", "_selected_action": named, "post": "yes"}
    answer = admin.post("/admin/accounts/user/", choice, follow=True)
    assert "There must be an administrator for alice@example.org:" in text(answer)
    assert "Successfully deleted" not in text(answer)
    assert not account_deletion.begun().exists()
    User.objects.filter(pk=bob.pk).update(is_staff=False)
    me = User.objects.get(is_staff=True)
    answer = admin.post(f"/admin/accounts/user/{me.pk}/delete/", {"post": "yes"}, follow=True)
    assert "There must be an administrator for alice@example.org and bob@example.org:" in text(answer)
    assert not account_deletion.begun().exists()


def test_deleting_twice_is_deleting_once(alice, bob) -> None:
    account_deletion.begin(alice)
    closed = User.objects.get(pk=alice.pk)
    assert timezone.now() - closed.deleted_at < timedelta(minutes=5)
    account_deletion.begin(alice)
    assert User.objects.get(pk=alice.pk).deleted_at == closed.deleted_at
    account_deletion.go_on(closed)
    account_deletion.begin(alice)
    account_deletion.go_on(closed)
    assert list(User.objects.all()) == [bob]
