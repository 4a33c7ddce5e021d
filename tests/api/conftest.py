"""Programs that call the product's own API, in the test's own process."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from sttweb.accounts import keys
from sttweb.accounts.models import User
from tests.pipeline import AUDIO, receive, work
from transcripts.models import Recording

MAY = {"requests_per_minute": 1_000_000}


class Program(Client):
    """Calls with a key: `program.get("recordings")`; answers' bodies are JSON unless they say otherwise."""

    def __init__(self, key: str) -> None:
        super().__init__(headers={"Authorization": f"Bearer {key}"} if key else {})

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        return super().generic(method, path if path.startswith("/") else f"/api/v1/{path}", *args, **kwargs)

    def send(self, verb: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send JSON; a header's name has underscores for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return getattr(self, verb)(
            f"/api/v1/{path}", {} if body is None else body, content_type="application/json", headers=named
        )


def program_of(user: User, *scopes: str) -> Program:
    return Program(keys.issue(user, "Test", scopes or keys.ALL_SCOPES, **MAY)[1])


@pytest.fixture
def program(alice: User) -> Program:
    """The owner's, which may do everything."""
    return program_of(alice)


@pytest.fixture
def strangers(charlie: User) -> Program:
    return program_of(charlie)


@pytest.fixture
def note(alice: User) -> Recording:
    """A short recording with its text."""
    return work(receive(alice, AUDIO / "note.wav"))


@pytest.fixture
def text(alice: User) -> Recording:
    """A recording of three segments without sound."""
    from transcripts.text_import import import_alone

    content = b"1\n00:00:01,000 --> 00:00:03,000\nAnn: Good morning.\n\n2\n00:00:04,000 --> 00:00:06,000\n"
    content += b"Ben: Where is the report?\n\n3\n00:00:07,000 --> 00:00:09,000\nAnn: Here it is.\n"
    return import_alone(alice, "talk.srt", content)


Segments = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def segments(program: Program, text: Recording) -> Segments:
    """Gives the segments of `text` as they stand."""
    return lambda: program.get(f"recordings/{text.pk}/segments").json()["items"]
