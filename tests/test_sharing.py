"""Links and members: what they give, and that they end."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.engine.media import samples_of
from tests.pipeline import AUDIO, receive, work
from transcripts import access, editing, sharing
from transcripts.models import Membership, Recording, Share, Speaker

pytestmark = pytest.mark.django_db

SENTENCES = [
    "This is a test of the recording.",
    "The meeting starts at nine.",
    "Maria will send the report on Friday.",
]
HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "private, no-store"}


@pytest.fixture
def note(alice) -> Recording:
    return work(receive(alice, AUDIO / "note.wav"))


def link(recording: Recording, password: str = "", **conditions: object) -> str:
    """Return the address of a new link."""
    share = Share(recording=recording, creator=recording.owner, **conditions)
    return reverse("share", args=[sharing.create(share, password)])


def second_sentence(recording: Recording) -> dict[str, float]:
    segment = recording.transcript.segments.all()[1]
    return {"start": segment.start, "end": segment.end}


def test_link_shows_the_text_without_an_account_and_without_controls(client, note):
    answer = client.get(link(note))
    page = answer.content.decode()
    assert all(sentence in page for sentence in SENTENCES)
    assert "contenteditable" not in page
    assert "/recordings/" not in page
    assert "csrf" not in page
    assert {name: answer[name] for name in HEADERS} == HEADERS
    assert answer["X-Frame-Options"] == "DENY"
    assert not answer.cookies


def test_token_is_long_and_kept_nowhere(note):
    token = sharing.create(Share(recording=note, creator=note.owner), "")
    assert len(token) >= 43
    row = Share.objects.values().get()
    assert token not in map(str, row.values())
    assert row["token_hash"] == sharing.hash_of(token)


def dead_links(note) -> dict[str, str]:
    expired = link(note, expires_at=timezone.now() - timedelta(seconds=1))
    revoked = link(note)
    sharing.revoke(Share.objects.latest("pk"))
    trashed = receive(note.owner, AUDIO / "silence.wav")
    in_trash = link(trashed)
    Recording.objects.filter(pk=trashed.pk).update(deleted_at=timezone.now())
    return {
        "unknown": reverse("share", args=["x" * 43]),
        "expired": expired,
        "revoked": revoked,
        "t": in_trash,
    }


def facts(answer) -> tuple:
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-Id"}
    return answer.status_code, answer.content, headers


@pytest.mark.parametrize("part", ["", "audio/", "text/", "embed/", "export/txt/"])
def test_unknown_expired_and_revoked_links_answer_alike(client, alice_client, note, part):
    for who in (client, alice_client):
        answers = [facts(who.get(address + part)) for address in dead_links(note).values()]
        assert answers[0][0] == 404
        assert all(answer == answers[0] for answer in answers)
        assert {name: answers[0][2][name] for name in HEADERS} == HEADERS
        # Nor does what a good link does not permit answer in another way.
        assert facts(who.get(link(note, has_audio=False) + "audio/")) == answers[0]
        assert facts(who.get(link(note) + "embed/")) == answers[0]
        assert facts(who.get(link(note) + "export/txt/")) == answers[0]
        assert facts(who.get(link(note, "secret") + "text/")) == answers[0]


def test_views_are_counted_but_not_the_owner_s(client, alice_client, note):
    address = link(note)
    for _ in range(3):
        client.get(address)
    alice_client.get(address)
    client.head(address)
    share = Share.objects.get()
    assert share.views == 3
    assert share.viewed_at


def test_password_is_asked_for_and_remembered(client, note):
    address = link(note, "correct horse")
    page = client.get(address).content.decode()
    assert "has a password" in page
    assert SENTENCES[0] not in page
    assert note.title not in page
    assert client.post(address, {"password": "wrong"}).status_code == 403
    assert client.get(address + "audio/").status_code == 404
    opened = client.post(address, {"password": "correct horse"}, follow=True)
    assert SENTENCES[0] in opened.content.decode()
    assert client.get(address + "audio/").status_code == 206
    cookie = client.cookies[sharing.COOKIE]
    assert cookie["httponly"]
    assert cookie["path"] == address
    assert Share.objects.get().password.startswith("md5$")  # the tests' own quick hash


def test_password_of_one_link_opens_no_other(client, note):
    known, other = link(note, "correct horse"), link(note, "another one")
    client.post(known, {"password": "correct horse"})
    value = client.cookies[sharing.COOKIE].value
    stranger = Client()
    stranger.cookies[sharing.COOKIE] = value
    assert SENTENCES[0] not in stranger.get(other).content.decode()


def guesses(address: str, count: int, **sender: str) -> list[int]:
    return [Client().post(address, {"password": "wrong"}, **sender).status_code for _ in range(count)]


def test_sixty_guesses_an_hour_for_a_link_from_wherever(note):
    address = link(note, "correct horse")
    answers = [status for n in range(7) for status in guesses(address, 10, REMOTE_ADDR=f"10.0.0.{n}")]
    assert answers.count(403) == 60
    assert answers[60:] == [429] * 10
    # Even the right one, which a guesser would otherwise learn.
    assert Client().post(address, {"password": "correct horse"}).status_code == 429


def test_sixty_guesses_an_hour_from_an_address_over_all_links(note):
    answers = [status for n in range(7) for status in guesses(link(note, f"correct horse {n}"), 10)]
    assert answers.count(403) == 60
    assert answers[60:] == [429] * 10


def test_right_passwords_are_no_guesses(note):
    address = link(note, "correct horse")
    for _ in range(70):
        assert Client().post(address, {"password": "correct horse"}).status_code == 302


def test_part_shows_only_what_is_said_in_it(client, note):
    address = link(note, permission="download", **second_sentence(note))
    page = client.get(address).content.decode()
    assert SENTENCES[1] in page
    assert SENTENCES[0] not in page
    assert SENTENCES[2] not in page
    assert client.get(address + "text/").content.decode().count("<li") == 1
    for key in ("txt", "srt", "vtt", "json"):
        body = client.get(f"{address}export/{key}/").content.decode()
        assert "nine" in body
        assert "Maria" not in body
    data = client.get(address + "export/json/").json()
    # Times count from the start of the part, as its sound does.
    assert data["segments"][0]["start"] == 0
    assert data["duration"] == pytest.approx(data["segments"][0]["end"], abs=0.01)


def test_part_cuts_a_segment_at_its_words(client, note):
    segment = note.transcript.segments.all()[1]
    words = segment.words
    address = link(note, start=words[1][1], end=words[2][2])
    page = client.get(address).content.decode()
    assert re.findall(r'class="text"[^>]*>([^<]*)<', page) == ["meeting starts"]


def test_sound_outside_of_the_part_cannot_be_had(client, note, tmp_path):
    address = link(note, **second_sentence(note))
    answer = client.get(address + "audio/")
    path = tmp_path / "part"
    path.write_bytes(answer.content)
    length = len(samples_of(path)) / 16_000
    bounds = second_sentence(note)
    assert length == pytest.approx(bounds["end"] - bounds["start"], abs=0.1)
    whole = len(AUDIO.joinpath("note.wav").read_bytes())
    assert int(answer["Content-Range"].rpartition("/")[2]) < whole / 2
    assert client.get(address + "audio/", headers={"Range": f"bytes={whole - 100}-"}).status_code == 416
    excerpt = Share.objects.get().excerpt_path
    assert excerpt.exists()
    sharing.revoke(Share.objects.get())
    assert not excerpt.exists()
    assert client.get(address + "audio/").status_code == 404


def test_link_without_audio_has_no_player(client, note):
    page = client.get(link(note, has_audio=False)).content.decode()
    assert "<audio" not in page


def test_link_without_names_shows_and_exports_none(client, note):
    speaker = Speaker.objects.create(transcript=note.transcript, number=1, name="Ada Lovelace")
    note.transcript.segments.update(speaker=speaker)
    address = link(note, has_speakers=False, permission="download")
    assert "Ada" not in client.get(address).content.decode()
    assert "Ada" not in client.get(address + "text/").content.decode()
    for key in ("txt", "srt", "vtt", "json"):
        assert "Ada" not in client.get(f"{address}export/{key}/").content.decode()


@pytest.mark.parametrize("shows_title", [True, False])
def test_title_is_in_previews_only_if_the_owner_says_so(client, note, shows_title):
    head = client.get(link(note, shows_title=shows_title)).content.decode().partition("</head>")[0]
    assert (note.title in head) is shows_title
    assert ("og:title" in head) is shows_title


def test_player_may_be_framed_only_where_the_owner_allows_it(client, note):
    address = link(note, can_embed=True)
    framed = client.get(address + "embed/")
    assert "X-Frame-Options" not in framed
    assert "frame-ancestors *" in framed["Content-Security-Policy"]
    assert "script-src 'self'" in framed["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in client.get(address)["Content-Security-Policy"]


def test_edit_link_makes_whoever_is_signed_in_an_editor_until_it_ends(client, bob, bob_client, note):
    address = link(note, permission="edit")
    assert "sign in" in client.get(address).content.decode()
    assert client.post(address + "join/")["Location"].startswith(reverse("account_login"))
    assert access.role_of(bob, note) == access.Role.STRANGER
    assert bob_client.post(address + "join/")["Location"] == note.get_absolute_url()
    assert access.role_of(bob, note) == access.Role.EDITOR
    assert list(Recording.objects.visible_to(bob)) == [note]
    sharing.revoke(Share.objects.get())
    assert access.role_of(bob, note) == access.Role.STRANGER
    assert list(Recording.objects.visible_to(bob)) == []


def test_expired_edit_link_ends_what_it_gave(bob, bob_client, note):
    bob_client.post(link(note, permission="edit") + "join/")
    Share.objects.update(expires_at=timezone.now())
    assert access.role_of(bob, note) == access.Role.STRANGER
    assert bob_client.get(note.get_absolute_url()).status_code == 404


def test_form_of_another_site_makes_nobody_an_editor(bob, bob_client, note):
    address = link(note, permission="edit")
    answer = bob_client.post(address + "join/", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 404
    assert access.role_of(bob, note) == access.Role.STRANGER


def test_view_link_lets_nobody_in(bob, bob_client, note):
    assert bob_client.post(link(note) + "join/").status_code == 404
    assert access.role_of(bob, note) == access.Role.STRANGER


def invite(client, recording, email, role="viewer"):
    return client.post(reverse("member_invite", args=[recording.pk]), {"email": email, "role": role})


def test_viewer_reads_and_does_nothing_else(alice_client, bob, bob_client, note):
    assert invite(alice_client, note, " BOB@example.org ").status_code == 200
    page = bob_client.get(note.get_absolute_url()).content.decode()
    assert SENTENCES[0] in page
    assert 'id="rename" data-writes hidden' in page
    for control in ("contenteditable", 'data-opens="delete"', 'id="share"', "/again/"):
        assert control not in page
    assert "Remove from my library" in page
    segment = note.transcript.segments.first()
    edit = {"text": "No.", "version": 1}
    answer = bob_client.post(reverse("segment", args=[segment.pk]), edit, content_type="application/json")
    assert answer.status_code == 404


def test_editor_changes_the_text_and_nothing_else(alice_client, bob_client, note):
    invite(alice_client, note, "bob@example.org", "editor")
    segment = note.transcript.segments.first()
    edit = {"text": "Yes.", "version": 1}
    answer = bob_client.post(reverse("segment", args=[segment.pk]), edit, content_type="application/json")
    assert answer.status_code == 200
    assert bob_client.post(reverse("delete", args=[note.pk])).status_code == 404
    assert bob_client.get(reverse("sharing", args=[note.pk])).status_code == 404


def test_address_without_an_account_is_answered_as_one_that_has_one(alice_client, bob, note):
    def said(email: str) -> str:
        page = re.sub(r"/members/\d+/", "/members/0/", invite(alice_client, note, email).content.decode())
        note.memberships.all().delete()
        return page.replace(email, "ADDRESS")

    assert said("bob@example.org") == said("nobody@example.org")


def test_account_made_later_finds_what_its_address_was_given(alice_client, note, django_user_model):
    invite(alice_client, note, "new@example.org", "editor")
    new = django_user_model.objects.create_user("New@example.org", "correct horse battery staple")
    assert access.role_of(new, note) == access.Role.EDITOR


@pytest.mark.parametrize("email", ["", "nonsense", "a@b", "alice@example.org"])
def test_address_that_cannot_be_invited_is_refused_with_a_reason(alice_client, note, email):
    answer = invite(alice_client, note, email)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert not Membership.objects.exists()


def test_inviting_again_changes_the_role(alice_client, bob, note):
    invite(alice_client, note, "bob@example.org")
    invite(alice_client, note, "bob@example.org", "editor")
    assert access.role_of(bob, note) == access.Role.EDITOR
    assert Membership.objects.count() == 1


def test_member_is_removed_by_the_owner_however_they_came(alice_client, bob, bob_client, note):
    invite(alice_client, note, "bob@example.org")
    bob_client.post(link(note, permission="edit") + "join/")
    member = note.memberships.first()
    alice_client.post(reverse("member_remove", args=[note.pk, member.pk]))
    assert access.role_of(bob, note) == access.Role.STRANGER


def test_member_leaves_by_themself(alice_client, bob, bob_client, charlie_client, note):
    invite(alice_client, note, "bob@example.org")
    assert charlie_client.post(reverse("leave", args=[note.pk])).status_code == 404
    bob_client.post(reverse("leave", args=[note.pk]))
    assert access.role_of(bob, note) == access.Role.STRANGER
    alice_client.post(reverse("leave", args=[note.pk]))
    assert alice_client.get(note.get_absolute_url()).status_code == 200


def make(client, recording, **conditions):
    asked = {"permission": "view", "expires": "7", "has_audio": "on", "has_speakers": "on"} | conditions
    return client.post(reverse("share_create", args=[recording.pk]), asked)


def test_link_is_shown_once(alice_client, client, note):
    answer = make(alice_client, note, label="The board")
    assert answer.status_code == 201
    address = re.search(r'value="http://testserver(/s/[^"]+)"', answer.content.decode())[1]
    assert client.get(address).status_code == 200
    again = alice_client.get(reverse("sharing", args=[note.pk])).content.decode()
    assert address not in again
    assert "The board" in again
    assert "1 view" in again


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({"permission": "edit", "start": "0:01"}, "Editors see the whole"),
        ({"permission": "edit", "has_audio": ""}, "Editors see the whole"),
        ({"password": "correct", "can_embed": "on"}, "cannot ask for a password"),
        ({"start": "0:05", "end": "0:03"}, "ends before it begins"),
        ({"start": "1:00:00"}, "ends before it begins"),
        ({"start": "soon"}, "minutes and seconds"),
        ({"permission": "own"}, "not one of"),
    ],
)
def test_conditions_that_contradict_each_other_are_refused_with_a_reason(
    alice_client, note, conditions, words
):
    answer = make(alice_client, note, **conditions)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Share.objects.exists()


def test_part_of_an_unfinished_recording_waits(alice, alice_client):
    answer = make(alice_client, receive(alice, AUDIO / "note.wav"), start="0:01")
    assert answer.status_code == 400
    assert "once the recording is transcribed" in answer.content.decode()


def test_revoked_link_is_listed_no_more(alice_client, client, note):
    address = link(note, label="The board")
    share = Share.objects.get()
    alice_client.post(reverse("share_revoke", args=[note.pk, share.pk]))
    assert client.get(address).status_code == 404
    assert "The board" not in alice_client.get(reverse("sharing", args=[note.pk])).content.decode()
    assert alice_client.post(reverse("share_revoke", args=[note.pk, share.pk])).status_code == 404


def test_shared_text_is_what_it_is_now(client, note):
    address = link(note)
    editing.correct(note.transcript.segments.first(), "Corrected.", 1)
    assert "Corrected." in client.get(address + "text/").content.decode()


def test_deleting_the_recording_ends_its_links(client, note):
    address = link(note)
    note.delete()
    assert client.get(address).status_code == 404
