"""`POST /v1/audio/transcriptions` and `POST /v1/audio/translations`."""

from django.http import HttpRequest, HttpResponseBase

from transcripts.api import service
from transcripts.api.bodies import let_go
from transcripts.api.gate import Caller, endpoint
from transcripts.api.openai.answers import answer
from transcripts.api.openai.errors import refusal
from transcripts.api.openai.forms import Shape, form_of
from transcripts.api.openai.repeats import first_of, marked, patience_with
from transcripts.api.openai.streaming import streamed
from transcripts.api.threads import in_thread
from transcripts.models import Recording


@endpoint(refusal, "POST")
async def transcriptions(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    return await _answered(request, caller, Recording.Task.TRANSCRIBE)


@endpoint(refusal, "POST")
async def translations(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    return await _answered(request, caller, Recording.Task.TRANSLATE)


async def _answered(request: HttpRequest, caller: Caller, task: str) -> HttpResponseBase:
    patience = patience_with(request)
    recording, shape = await service.taken_patiently(patience, take, request, caller, task)
    if shape.is_streamed:
        return streamed(recording, shape, patience)
    async with service.cancelled_with_its_caller(recording, patience):
        recording = await service.finished(recording)
    return await in_thread(answer, recording, shape)


def take(request: HttpRequest, caller: Caller, task: str) -> tuple[Recording, Shape]:
    """Take the form's file in, unless this call was made before and its text is on its way."""
    form = form_of(request, task)
    asked = marked(form.asked, form.file)
    recording = first_of(request, caller, asked) or service.take_body(
        caller, asked, form.file, form.file.size or 0
    )
    let_go(request)
    return recording, form.shape
