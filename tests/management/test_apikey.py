"""Keys made and revoked from the command line."""

import io

import pytest
from django.core.management import CommandError, call_command

from sttweb.accounts import keys
from sttweb.accounts.models import ApiKey

pytestmark = pytest.mark.django_db


def printed(*arguments: str) -> list[str]:
    out = io.StringIO()
    call_command("apikey", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_key_is_printed_alone_and_found_again(alice):
    (text,) = printed("create", "Alice@example.org", "--name", "Script")
    key = keys.find(text)
    assert (key.owner, key.name, key.scopes, key.expires_at) == (alice, "Script", list(keys.ALL_SCOPES), None)


def test_key_has_the_scopes_and_the_end_that_were_asked_for(alice):
    (text,) = printed("create", alice.email, "--scopes", "read,transcribe", "--expires", "7")
    key = keys.find(text)
    assert key.scopes == ["read", "transcribe"]
    assert (key.expires_at - key.created_at).total_seconds() == pytest.approx(7 * 86_400, abs=5)


def test_listed_key_can_be_revoked_and_is_never_printed(alice, bob):
    (text,) = printed("create", alice.email)
    printed("create", bob.email)
    assert len(printed("list")) == 2
    (line,) = printed("list", alice.email)
    assert text not in line
    assert "usable" in line
    printed("revoke", line.split("\t")[0])
    assert keys.find(text) is None
    assert "revoked" in printed("list", alice.email)[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "nobody@example.org"),
        ("create", "alice@example.org", "--scopes", "all"),
        ("create", "alice@example.org", "--expires", "soon"),
        ("list", "nobody@example.org"),
        ("revoke", "1"),
    ],
)
def test_what_cannot_be_done_is_said(alice, arguments):
    with pytest.raises(CommandError):
        printed(*arguments)
    assert not ApiKey.objects.exists()
