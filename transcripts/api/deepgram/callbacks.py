"""What is told at the address that a call named: what it would have been answered."""

import json

from transcripts.api import service
from transcripts.api.deepgram.answers import answer
from transcripts.api.deepgram.errors import refusal
from transcripts.api.deepgram.options import Options
from transcripts.api.errors import ApiError
from transcripts.models import ApiRequest


def told(request: ApiRequest) -> str:
    recording = request.recordings.get()
    request_id = str(request.pk)
    try:
        service.check(recording)
    except ApiError as error:
        facts = json.loads(refusal(error).content) | {"request_id": request_id}
        return json.dumps(facts, ensure_ascii=False)
    return json.dumps(answer(recording, Options(**request.options), request_id), ensure_ascii=False)
