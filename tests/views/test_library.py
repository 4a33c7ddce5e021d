"""The library, its tags, its acts on many recordings, and the trash."""

from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from asgiref.sync import async_to_sync
from django.urls import reverse
from django.utils import timezone

from tests.pipeline import AUDIO, receive, work
from transcripts import reconcile
from transcripts.models import Recording, Segment, Tag

pytestmark = pytest.mark.django_db


def talk(owner, title, *texts, state="done", language="en", **facts):
    recording = Recording.objects.create(owner=owner, title=title, state=state, **facts)
    transcript = recording.transcripts.create(language=language)
    Segment.objects.bulk_create(
        Segment(transcript=transcript, position=1000 * n, start=10.0 * n, end=10.0 * n + 9, text=text)
        for n, text in enumerate(texts)
    )
    return recording


def titles(client, **query):
    """Return the titles on the page, whose fragment holds the same."""
    page = client.get(reverse("library"), query)
    rows = [row.recording.title for row in page.context["page"].rows]
    fragment = client.get(reverse("library_found"), query)
    assert [row.recording.title for row in fragment.context["page"].rows] == rows
    assert "<html" not in fragment.content.decode()
    return rows


def test_hit_leads_to_its_moment(alice, alice_client):
    recording = talk(alice, "Board", "Hello.", "The budget is approved.")
    page = alice_client.get(reverse("library"), {"q": "budg"}).content.decode()
    assert f'href="{recording.get_absolute_url()}?t=10.000&amp;play=1"' in page
    assert "<mark>budget</mark>" in page


def test_what_has_no_bytes_yet_is_no_row(alice, alice_client):
    for source in ("microphone", "upload", "url"):
        Recording.objects.create(owner=alice, title=source, source=source)
    assert titles(alice_client) == ["url"]
    Recording.objects.update(bytes_received=1)
    assert set(titles(alice_client)) == {"microphone", "upload", "url"}


def test_hostile_texts_titles_and_tags_are_only_text(alice, alice_client):
    attack = "<script>alert(1)</script>"
    recording = talk(alice, f"{attack} title", f"{attack} text")
    recording.tags.create(owner=alice, name=attack)
    for query in ({}, {"q": "script"}, {"tag": attack}, {"q": attack}):
        page = alice_client.get(reverse("library"), query).content.decode()
        assert "Choose &lt;script&gt;" in page
        assert "<script>alert" not in page


def test_filters_narrow_down(alice, alice_client):
    short = talk(alice, "Short", "a", duration=100, source="microphone")
    long = talk(alice, "Long", "b", duration=9000, language="de", source="upload")
    talk(alice, "Broken", state="failed")
    long.transcript.speakers.create(number=1, name="Dr. Maria Okonjo")
    short.tags.create(owner=alice, name="Board")
    Recording.objects.filter(pk=long.pk).update(created_at=timezone.now() - timedelta(days=10))
    assert titles(alice_client) == ["Broken", "Short", "Long"]
    yesterday = (timezone.now() - timedelta(days=1)).date().isoformat()
    for query, wanted in [
        ({"length": "short"}, ["Short"]),
        ({"length": "longest", "language": "de"}, ["Long"]),
        ({"state": "failed"}, ["Broken"]),
        ({"source": "microphone"}, ["Short"]),
        ({"speaker": "okonjo"}, ["Long"]),
        ({"tag": "Board"}, ["Short"]),
        ({"before": yesterday}, ["Long"]),
        ({"after": yesterday}, ["Broken", "Short"]),
        ({"whose": "shared"}, []),
        ({"order": "oldest"}, ["Long", "Short", "Broken"]),
        ({"order": "title"}, ["Broken", "Long", "Short"]),
        ({"order": "longest"}, ["Long", "Short", "Broken"]),
        ({"length": "nonsense", "after": "x", "language": "xx", "page": "-1"}, ["Broken", "Short", "Long"]),
    ]:
        assert titles(alice_client, **query) == wanted, query


def test_member_finds_what_is_shared_and_cannot_choose_it(alice, bob, bob_client, charlie_client):
    recording = talk(alice, "Board", "The budget.")
    recording.tags.create(owner=alice, name="secret tag")
    recording.memberships.create(email=bob.email)
    page = bob_client.get(reverse("library"), {"q": "budget"}).content.decode()
    assert "Shared by alice@example.org" in page
    assert "Choose Board" not in page
    assert "secret tag" not in page
    assert titles(bob_client, whose="shared") == ["Board"]
    assert titles(bob_client, whose="mine") == []
    assert titles(charlie_client, q="budget") == []


def test_library_asks_the_database_the_same_number_of_times_for_many_rows(
    alice, alice_client, django_assert_max_num_queries
):
    talk(alice, "One", "budget", state="transcribing").tags.create(owner=alice, name="Tag 0")
    talk(alice, "Two", "budget", state="queued")
    with django_assert_max_num_queries(40) as few:
        alice_client.get(reverse("library"), {"q": "budget"})
    for number, state in enumerate(["done", "queued", "preparing", "transcribing", "receiving"] * 3):
        recording = talk(alice, f"Talk {number}", "budget", "budget", state=state, bytes_received=1)
        recording.tags.create(owner=alice, name=f"Tag {number + 1}")
    with django_assert_max_num_queries(len(few.captured_queries)):
        page = alice_client.get(reverse("library"), {"q": "budget"})
    assert page.content.decode().count("<mark>budget</mark>") == 32


def test_pages_follow_each_other(alice, alice_client):
    Recording.objects.bulk_create(
        Recording(owner=alice, title=f"Talk {number:02}", state="done") for number in range(25)
    )
    assert titles(alice_client, order="title")[0] == "Talk 00"
    assert titles(alice_client, order="title", page=2) == [f"Talk {number}" for number in range(20, 25)]
    page = alice_client.get(reverse("library"), {"order": "title"}).content.decode()
    assert "Page 1 of 2" in page
    assert "?order=title&amp;page=2" in page
    assert "All recordings" in alice_client.get("/").content.decode()


def act(client, what, *recordings, **data):
    data = {"act": what, "id": [str(recording.pk) for recording in recordings], **data}
    return client.post(reverse("library_act"), data, follow=True)


def test_tags_are_put_on_and_taken_off(alice, alice_client):
    one, two = talk(alice, "One"), talk(alice, "Two")
    act(alice_client, "tag", one, two, tag=" Board\n2026 ")
    act(alice_client, "tag", one, tag="BOARD 2026")
    assert [tag.name for tag in Tag.objects.all()] == ["Board 2026"]
    assert titles(alice_client, tag="Board 2026", order="title") == ["One", "Two"]
    alice_client.post(reverse("tags", args=[one.pk]), {"remove": "Board 2026"})
    assert titles(alice_client, tag="Board 2026") == ["Two"]
    act(alice_client, "untag", two, tag="board 2026")
    assert not Tag.objects.exists()
    assert "Write the tag’s name first" in act(alice_client, "tag", one, tag=" ").content.decode().replace(
        "&#x27;", "’"
    )


async def whole(answer):
    return b"".join([piece async for piece in answer])


def test_chosen_recordings_are_exported_as_a_zip(alice, alice_client):
    one, two = talk(alice, "One", "First words."), talk(alice, "One", "Other words.")
    answer = act(alice_client, "export", one, two, key="txt")
    with ZipFile(BytesIO(async_to_sync(whole)(answer))) as archive:
        assert sorted(archive.namelist()) == ["One (2).txt", "One.txt"]
        assert {archive.read(name).split()[0] for name in archive.namelist()} == {b"First", b"Other"}


def test_chosen_recordings_are_exported_in_several_formats_as_the_options_say(alice, alice_client):
    one, two = talk(alice, "One", "First words."), talk(alice, "Two", "Other words.")
    page = act(alice_client, "takeaway", one, two, next="/library/?q=words").content.decode()
    assert all(
        text in page for text in ("Take away 2 recordings", "One", "Two", "Subtitle profile", 'value="vtt"')
    )
    assert f'name="id" value="{two.pk}"' in page
    assert 'href="/library/?q=words"' in page
    answer = act(alice_client, "export", one, two, key=["txt", "srt"], times="1", speakers="0")
    with ZipFile(BytesIO(async_to_sync(whole)(answer))) as archive:
        assert sorted(archive.namelist()) == ["One.srt", "One.txt", "Two.srt", "Two.txt"]
        assert "0:0" in archive.read("One.txt").decode()
    refused = act(alice_client, "export", one, key="srt", profile="nobody")
    assert "This subtitle profile is not there any more" in refused.content.decode()


def test_deleted_recordings_are_gone_until_they_are_taken_back(alice, alice_client):
    one, two = talk(alice, "One", "budget"), talk(alice, "Two", "budget")
    page = act(alice_client, "delete", one, two).content.decode()
    assert "2 recordings were deleted" in page
    assert titles(alice_client, q="budget") == []
    assert alice_client.get(one.get_absolute_url()).status_code == 404
    assert "One" in alice_client.get(reverse("trash")).content.decode()
    alice_client.post(reverse("undo"))
    assert sorted(titles(alice_client, q="budget")) == ["One", "Two"]
    assert "The trash is empty" in alice_client.get(reverse("trash")).content.decode()


def test_work_that_deleting_stopped_goes_on_when_it_is_taken_back(alice, alice_client):
    recording = receive(alice, AUDIO / "note.wav")
    act(alice_client, "delete", recording)
    assert work(recording).state == "cancelled"
    alice_client.post(reverse("trash_act"), {"act": "restore", "id": recording.pk})
    recording.refresh_from_db()
    assert recording.state == "queued"
    assert work(recording).state == "done"


def test_cancelled_recording_stays_cancelled_when_it_is_taken_back(alice, alice_client):
    recording = talk(alice, "One", state="cancelled", finished_at=timezone.now())
    act(alice_client, "delete", recording)
    alice_client.post(reverse("undo"))
    recording.refresh_from_db()
    assert (recording.state, recording.deleted_at) == ("cancelled", None)


def test_trash_is_deleted_for_good_and_counts_until_then(alice, alice_client, settings):
    recording = work(receive(alice, AUDIO / "note.wav"))
    settings.STT_QUOTA_BYTES = recording.bytes_received + 1000
    act(alice_client, "delete", recording)
    refused = alice_client.post(reverse("sample", args=["note"]), follow=True).content.decode()
    assert "empty the trash" in refused
    assert "KB" in alice_client.get(reverse("trash")).content.decode()
    alice_client.post(reverse("trash_act"), {"act": "delete", "id": recording.pk})
    assert not Recording.objects.exists()
    assert not recording.folder.exists()


def test_trash_empties_itself(alice, settings):
    old, new = talk(alice, "Old"), talk(alice, "New")
    Recording.objects.filter(pk=old.pk).update(deleted_at=timezone.now() - timedelta(days=31))
    Recording.objects.filter(pk=new.pk).update(deleted_at=timezone.now() - timedelta(days=29))
    reconcile.reconcile()
    assert list(Recording.objects.all()) == [new]


def test_stranger_acts_on_nothing(alice, bob_client):
    one, two = talk(alice, "One"), talk(alice, "Two")
    Recording.objects.filter(pk=two.pk).update(deleted_at=timezone.now())
    for what in ("delete", "tag", "untag", "export"):
        assert "Choose recordings of yours" in act(bob_client, what, one, tag="mine").content.decode()
    for what in ("restore", "delete", "empty"):
        bob_client.post(reverse("trash_act"), {"act": what, "id": two.pk})
    assert bob_client.post(reverse("tags", args=[one.pk]), {"tag": "mine"}).status_code == 404
    assert "Two" not in bob_client.get(reverse("trash")).content.decode()
    assert {row.title: bool(row.deleted_at) for row in Recording.objects.all()} == {"One": False, "Two": True}
    assert not Tag.objects.exists()


@pytest.mark.parametrize("name", ["library", "library_found", "trash"])
def test_pages_ask_who_it_is(client, name):
    assert client.get(reverse(name))["Location"].startswith("/accounts/login/")


def test_acts_lead_back_to_the_page_and_nowhere_else(alice, alice_client):
    recording = talk(alice, "One")
    data = {"act": "tag", "tag": "x", "id": recording.pk}
    for target, wanted in [("/library/?q=x", "/library/?q=x"), ("https://evil.example/", "/library/")]:
        assert alice_client.post(reverse("library_act"), {**data, "next": target})["Location"] == wanted
