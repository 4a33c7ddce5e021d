import uuid

import pytest
from django.urls import reverse
from django.utils.html import escape

from tests.pipeline import AUDIO, receive, work
from transcripts.models import Recording, Segment, SpeechModel

pytestmark = pytest.mark.django_db


@pytest.fixture
def note(alice):
    return work(receive(alice, AUDIO / "note.wav"))


def test_home_invites_whoever_is_not_signed_in(client):
    page = client.get("/").content.decode()
    assert "Sign up" in page
    assert "Sign in" in page


def test_empty_home_offers_samples(alice_client):
    page = alice_client.get("/").content.decode()
    assert "Try a sample" in page
    assert reverse("sample", args=["note"]) in page


def test_home_shows_the_first_words(alice_client, note):
    page = alice_client.get("/").content.decode()
    assert "This is a test of the recording." in page
    assert "Try a sample" not in page


def test_home_shows_nobody_else_s(bob_client, note):
    assert "This is a test" not in bob_client.get("/").content.decode()


@pytest.mark.parametrize(
    ("query", "found"), [("maria will", True), ("NOTE", True), ("budget", False), ("%", False)]
)
def test_search_looks_in_titles_and_text(alice_client, note, query, found):
    page = alice_client.get(reverse("library"), {"q": query}).content.decode()
    assert (note.get_absolute_url() in page) is found


@pytest.mark.parametrize("query", {"q": "\0", "page": "x"}.items())
def test_odd_queries_are_harmless(alice_client, note, query):
    assert alice_client.get(reverse("library"), dict([query])).status_code == 200


def test_home_asks_the_database_the_same_number_of_times_for_many_rows(
    alice, alice_client, note, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20) as one:
        alice_client.get("/")
    for number in range(15):
        recording = Recording.objects.create(owner=alice, title=f"Copy {number}", state="done")
        transcript = recording.transcripts.create(language="en")
        Segment.objects.create(transcript=transcript, position=0, start=0, end=1, text="Words.")
    with django_assert_max_num_queries(len(one.captured_queries)):
        page = alice_client.get("/")
    assert page.content.decode().count("Words.") == 15


def test_rows_answer_only_for_the_owner(alice_client, bob_client, note):
    query = {"id": [str(note.pk), str(uuid.uuid4()), "nonsense"]}
    assert list(alice_client.get(reverse("rows"), query).json()["rows"]) == [str(note.pk)]
    assert bob_client.get(reverse("rows"), query).json() == {"rows": {}}


def test_recording_page_shows_the_text(alice_client, note):
    page = alice_client.get(note.get_absolute_url()).content.decode()
    assert "Maria will send the report on Friday." in page
    for name in ("TXT", "SRT", "VTT", "JSON"):
        assert f">{name}</a>" in page


def test_hostile_text_and_title_are_only_text(alice_client, note):
    attack = "<script>alert(1)</script>"
    Segment.objects.filter(position=0).update(text=attack)
    Recording.objects.update(title=attack, message=attack)
    for url in ("/", note.get_absolute_url()):
        page = alice_client.get(url).content.decode()
        assert attack not in page
        assert escape(attack) in page


PAGES = ["recording", "audio"]
ACTIONS = ["rename", "delete", "cancel", "retry", "again", "finish"]


@pytest.mark.parametrize("name", PAGES)
def test_stranger_finds_no_page(bob_client, note, name):
    assert bob_client.get(reverse(name, args=[note.pk])).status_code == 404


@pytest.mark.parametrize("name", ACTIONS)
def test_stranger_can_do_nothing(bob_client, note, name):
    assert bob_client.post(reverse(name, args=[note.pk]), {"title": "mine"}).status_code == 404
    assert Recording.objects.get().title == "note"


@pytest.mark.parametrize("name", ACTIONS)
def test_actions_take_post_only(alice_client, note, name):
    assert alice_client.get(reverse(name, args=[note.pk])).status_code == 405


@pytest.mark.parametrize("key", ["txt", "srt", "vtt", "json"])
def test_stranger_gets_no_export(bob_client, note, key):
    assert bob_client.get(reverse("export", args=[note.pk, key])).status_code == 404


@pytest.mark.parametrize("name", [*PAGES, "rename"])
def test_anonymous_gets_no_recording(client, note, name):
    answer = client.get(reverse(name, args=[note.pk]))
    assert answer.status_code in {302, 404, 405}
    assert b"Maria" not in answer.content


def test_missing_recording_is_404(alice_client):
    assert alice_client.get(reverse("recording", args=[uuid.uuid4()])).status_code == 404


@pytest.mark.parametrize(
    ("key", "media_type", "start"),
    [
        ("txt", "text/plain", b"This is a test"),
        ("srt", "application/x-subrip", b"1\n00:00:00,"),
        ("vtt", "text/vtt", b"WEBVTT"),
        ("json", "application/json", b"{"),
    ],
)
def test_export_is_a_download_with_a_sensible_name(alice_client, note, key, media_type, start):
    answer = alice_client.get(reverse("export", args=[note.pk, key]))
    assert answer["Content-Type"].startswith(media_type)
    assert answer["Content-Disposition"] == f'attachment; filename="note.{key}"'
    assert answer.content.replace(b"\r\n", b"\n").startswith(start)


def test_export_to_an_unknown_format_is_404(alice_client, note):
    assert alice_client.get(reverse("export", args=[note.pk, "exe"])).status_code == 404


def test_delete_for_good_removes_everything(alice_client, note):
    answer = alice_client.post(reverse("delete", args=[note.pk]), follow=True)
    assert "was deleted" in answer.content.decode()
    assert note.folder.exists()
    alice_client.post(reverse("trash_act"), {"act": "empty"})
    assert not Recording.objects.exists()
    assert not Segment.objects.exists()
    assert not note.folder.exists()


def test_rename_answers_json_to_scripts(alice_client, note):
    url = reverse("rename", args=[note.pk])
    answer = alice_client.post(url, {"title": " Board "}, headers={"Accept": "application/json"})
    assert answer.json() == {"title": "Board"}


def test_sample_becomes_a_recording(alice, alice_client):
    answer = alice_client.post(reverse("sample", args=["note"]))
    recording = Recording.objects.of(alice).get()
    assert answer["Location"] == recording.get_absolute_url()
    assert recording.title == "A spoken note"


def test_unknown_sample_is_404(alice_client):
    assert alice_client.post(reverse("sample", args=["aria"])).status_code == 404


def test_demonstration_model_is_named_on_every_page(client, alice_client, note):
    for page in (client.get("/"), alice_client.get("/"), alice_client.get(note.get_absolute_url())):
        assert "demonstration model" in page.content.decode()


def test_download_of_the_model_shows_on_the_page(alice_client, settings):
    settings.STT_MODEL = "base"
    SpeechModel.objects.create(name="base", state="downloading", bytes_received=41, size=100)
    assert "41" in alice_client.get("/").content.decode()


def test_correction_is_saved(alice_client, note):
    segment = note.transcript.segments.first()
    url = reverse("segment", args=[segment.pk])
    answer = alice_client.post(url, {"text": "Hello.", "version": 1}, content_type="application/json")
    assert answer.json()["version"] == 2
    assert Segment.objects.get(pk=segment.pk).text == "Hello."
    conflict = alice_client.post(url, {"text": "Other.", "version": 1}, content_type="application/json")
    assert (conflict.status_code, conflict.json()["text"]) == (409, "Hello.")


@pytest.mark.parametrize("body", ["", "[]", '{"text": 1}', '{"text": "x", "version": "1"}', b"\xff"])
def test_malformed_correction_is_400(alice_client, note, body):
    url = reverse("segment", args=[note.transcript.segments.first().pk])
    assert alice_client.post(url, body, content_type="application/json").status_code == 400


def test_stranger_corrects_nothing(bob_client, note):
    url = reverse("segment", args=[note.transcript.segments.first().pk])
    answer = bob_client.post(url, {"text": "x", "version": 1}, content_type="application/json")
    assert answer.status_code == 404
