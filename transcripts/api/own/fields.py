"""What bodies and answers are made of."""

from datetime import date
from typing import Annotated

from ninja import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from transcripts.api.bodies import writable

# JavaScript knows no greater whole numbers, and databases hardly.
GREATEST = 2**53


class Given(BaseModel):
    """What a caller sends. A name that is not known is refused: it would be a mistake that nobody notices."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Shown(BaseModel):
    """What a caller gets."""


def of_calendar(value: object) -> object:
    """Numbers would be taken for seconds since 1970."""
    return date.fromisoformat(value) if isinstance(value, str) else value


Text = Annotated[str, AfterValidator(writable)]
# In an address: everything there is text.
Asked = Annotated[Text, Strict(False)]
Day = Annotated[date, BeforeValidator(of_calendar)]
Number = Annotated[int, Field(ge=1, le=GREATEST)]
Numbers = Annotated[list[Number], Field(min_length=1, max_length=10_000)]
Seconds = Annotated[float, Field(ge=0, le=10**7, description="Seconds of the recording.")]
PathNumber = Path[Annotated[int, Field(ge=1, le=GREATEST)]]


class Paging(Shown):
    """Which page of a list."""

    cursor: Asked = Field("", max_length=500, description="`next` of the page before; empty for the first.")
    limit: int = Field(20, ge=1, le=200, description="How many at most.")


Language = Annotated[
    Text, Field(max_length=20, description="One of Whisper's codes, such as `en`; empty to detect it.")
]
