"""Azure's batches in the database: who may see them, what waits for room, and when they are deleted."""

import json
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from sttweb.accounts import keys
from sttweb.accounts.models import ApiKey, User
from transcripts.api.azure import links
from transcripts.api.azure.locales import code_of, common_code, locale_of
from transcripts.api.azure.profanity import Censor, Mode
from transcripts.api.azure.results import lexical
from transcripts.api.azure.units import iso_duration, parse_duration
from transcripts.api.errors import ApiError
from transcripts.models import ApiRequest, Recording
from transcripts.reconcile import reconcile

ROOT = "/speechtotext/transcriptions"
State = Recording.State


def client_of(user: User, *scopes: str) -> Client:
    _, text = keys.issue(user, "Test", scopes or keys.ALL_SCOPES)
    return Client(headers={"Ocp-Apim-Subscription-Key": text})


@pytest.fixture
def owner(alice: User) -> Client:
    return client_of(alice)


@pytest.fixture
def submit(owner: Client, settings: Any) -> Callable[..., Any]:
    """Submits a batch of so many links; returns the answer's body."""
    settings.STT_IMPORT_ALLOW = [ip_network("127.0.0.1/32")]

    def call(count: int = 1) -> Any:
        body = {
            "contentUrls": [f"http://127.0.0.1/{number}.wav" for number in range(count)],
            "locale": "en-US",
            "displayName": "Minutes",
            "properties": {"timeToLiveHours": 48},
        }
        answer = owner.post(f"{ROOT}:submit", body, content_type="application/json")
        assert answer.status_code == 201, answer.content
        return answer.json()

    return call


def end(state: str, ago: timedelta = timedelta(), **changes: Any) -> None:
    """Let every recording that was begun end in a state, so long ago."""
    Recording.objects.update(
        state=state, bytes_received=5, duration=60.0, finished_at=timezone.now() - ago, **changes
    )


@pytest.mark.django_db(transaction=True)
def test_batch_is_found_by_its_owner_alone(
    owner: Client, submit: Callable[..., Any], alice: User, charlie: User
) -> None:
    path = submit()["self"]
    end(State.DONE)
    files = owner.get(f"{path}&top=1").json()["links"]["files"]
    file = owner.get(files).json()["values"][0]
    stranger, nobody, cautious = client_of(charlie), Client(), client_of(alice, ApiKey.Scope.TRANSCRIBE)
    for address in (path, files, file["self"]):
        assert owner.get(address).status_code == 200
        assert stranger.get(address).status_code == 404
        assert nobody.get(address).status_code == 401
    assert stranger.patch(path, {"displayName": "Mine"}, content_type="application/json").status_code == 404
    assert stranger.delete(path).status_code == 404
    assert stranger.get(ROOT).json() == {"values": []}
    assert cautious.delete(path).status_code == 403
    assert owner.delete(path).status_code == 204
    assert not Recording.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_files_wait_until_there_is_room(owner: Client, submit: Callable[..., Any], settings: Any) -> None:
    settings.STT_MAX_OPEN_UPLOADS = 2
    path = submit(3)["self"]
    assert Recording.objects.count() == 2
    assert owner.get(path).json()["status"] == "NotStarted"
    end(State.DONE)
    assert owner.get(path).json()["status"] == "Running"
    reconcile()
    assert Recording.objects.count() == 3
    end(State.DONE)
    assert owner.get(path).json()["status"] == "Succeeded"


@pytest.mark.django_db(transaction=True)
def test_batch_none_of_whose_files_could_be_transcribed_has_failed(
    owner: Client, submit: Callable[..., Any]
) -> None:
    batch = submit(2)
    end(State.FAILED, message="This is not a recording.")
    found = owner.get(batch["self"]).json()
    assert found["status"] == "Failed"
    assert found["properties"]["error"]["message"] == "This is not a recording."
    (report,) = owner.get(batch["links"]["files"]).json()["values"]
    content = json.loads(Client().get(report["links"]["contentUrl"]).content)
    assert [detail["status"] for detail in content["details"]] == ["Failed", "Failed"]


@pytest.mark.django_db(transaction=True)
def test_time_to_live_begins_when_the_last_file_has_ended(owner: Client, submit: Callable[..., Any]) -> None:
    path = submit()["self"]
    over = timezone.now() - timedelta(hours=1)
    ApiRequest.objects.update(expires_at=over)
    reconcile()
    assert owner.get(path).status_code == 200
    ApiRequest.objects.update(expires_at=over)
    end(State.DONE, timedelta(hours=47))
    reconcile()
    assert owner.get(path).status_code == 200
    ApiRequest.objects.update(expires_at=over)
    end(State.DONE, timedelta(hours=49))
    reconcile()
    assert owner.get(path).status_code == 404
    assert not Recording.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_links_to_files_end_with_their_time_and_with_their_key(
    owner: Client, submit: Callable[..., Any]
) -> None:
    batch = submit()
    end(State.DONE)
    files = batch["links"]["files"]
    link = owner.get(f"{files}&sasLifetimeMinutes=10").json()["values"][0]["links"]["contentUrl"]
    assert Client().get(link).status_code == 200
    request = ApiRequest.objects.get()
    ended = links.token(request.pk, "report.json", -1)
    assert Client().get(f"/speechtotext/contents/{ended}").json()["code"] == "Forbidden"
    assert owner.get(f"{files}&sasLifetimeMinutes=never").status_code == 400
    keys.revoke(request.key)
    assert Client().get(link).status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("version", ["", "v3.2/"])
def test_batch_may_name_a_model_that_is_listed(owner: Client, settings: Any, version: str) -> None:
    settings.STT_IMPORT_ALLOW = [ip_network("127.0.0.1/32")]
    (model,) = owner.get(f"/speechtotext/{version}models/base").json()["values"]
    assert owner.get(model["self"]).json() == model
    assert owner.get(f"/speechtotext/{version}models/base/other").status_code == 404
    body = {
        "contentUrls": ["http://127.0.0.1/a.wav"],
        "locale": "en-US",
        "displayName": "Minutes",
        "model": {"self": model["self"]},
        "properties": {"timeToLiveHours": 48},
    }
    path = f"/speechtotext/{version}transcriptions{'' if version else ':submit'}"
    assert owner.post(path, body, content_type="application/json").status_code == 201
    assert Recording.objects.get().model
    listed = owner.get(f"/speechtotext/{version}transcriptions/locales").json()
    assert "de-DE" in (listed if version else listed["Submit"])


@pytest.mark.django_db(transaction=True)
def test_token_ends_with_its_key(owner: Client, alice: User) -> None:
    token = owner.post("/sts/v1.0/issueToken").content.decode()
    key = ApiKey.objects.get()
    assert keys.find(token) == key
    shown = Client(headers={"Authorization": f"Bearer {token}"})
    assert shown.get(ROOT).status_code == 200
    assert keys.find(token[:-1]) is None
    keys.revoke(key)
    assert keys.find(token) is None


@pytest.mark.parametrize(
    ("mode", "censored"),
    [
        (Mode.NONE, "Fuck this. Prostate, Scheiße, Scunthorpe."),
        (Mode.MASKED, "F*** this. Prostate, S******, Scunthorpe."),
        (
            Mode.TAGS,
            "<profanity>Fuck</profanity> this. Prostate, <profanity>Scheiße</profanity>, Scunthorpe.",
        ),
        (Mode.REMOVED, "this. Prostate, Scunthorpe."),
    ],
)
def test_swear_words_and_nothing_else_are_censored(mode: Mode, censored: str) -> None:
    assert Censor(mode, "de")("Fuck this. Prostate, Scheiße, Scunthorpe.") == censored


def test_locales_stand_for_the_languages_that_whisper_knows() -> None:
    named = ["en-GB", "zh-HK", "zh-CN", "nb-NO", "fil-PH", "es-419"]
    assert [code_of(locale, "locale") for locale in named] == ["en", "yue", "zh", "no", "tl", "es"]
    assert common_code(["en-US", "en-GB"], "locales") == "en"
    assert common_code(["en-US", "de-DE"], "locales") == common_code([], "locales") == ""
    assert [locale_of("de", ["en-US", "de-AT"]), locale_of("de", []), locale_of("no")] == [
        "de-AT",
        "de-DE",
        "nb-NO",
    ]
    with pytest.raises(ApiError, match="xx-xx"):
        code_of("xx-XX", "locale")


def test_times_are_written_as_iso_8601_has_them() -> None:
    assert [iso_duration(s) for s in (0, 2.58, 60, 3723.04, 172_800)] == [
        "PT0S",
        "PT2.58S",
        "PT1M",
        "PT1H2M3.04S",
        "PT48H",
    ]
    assert parse_duration("P2DT1H") == timedelta(days=2, hours=1)
    assert parse_duration("PT0.5S") == timedelta(seconds=0.5)
    assert [parse_duration(text) for text in ("", "P", "PT", "2D", "P1Y", "P²D")] == [None] * 6


def test_lexical_form_has_neither_capitals_nor_punctuation() -> None:
    assert lexical("“Don’t,” she said: 3.5 km – Dr. Müller-Meier!") == "don’t she said 3.5 km dr müller-meier"
