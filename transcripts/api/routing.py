"""WebSockets of the APIs."""

from typing import Any

from django.urls import path, re_path

from transcripts.api.azure.speech_socket import SpeechConsumer
from transcripts.api.openai.realtime import RealtimeConsumer

websocket_urlpatterns: list[Any] = [
    path("v1/realtime", RealtimeConsumer.as_asgi(), name="openai_realtime"),
    re_path(
        r"^(?:stt/)?speech/recognition/(?P<mode>interactive|conversation|dictation)/cognitiveservices/v1$",
        SpeechConsumer.as_asgi(),
        name="azure_speech",
    ),
    re_path(r"^(?:stt/)?speech/universal/v2$", SpeechConsumer.as_asgi(), name="azure_speech_universal"),
]
