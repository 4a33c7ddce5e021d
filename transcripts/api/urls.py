"""HTTP routes of the APIs. Their names begin with the vendor's."""

from django.urls import include, path

from transcripts.api.aimlapi import create, results
from transcripts.api.deepgram import listen
from transcripts.api.openai import models, transcriptions
from transcripts.api.own.api import urlpatterns as own

urlpatterns = [
    *own,
    path("", include("transcripts.api.azure.urls")),
    path("v1/audio/transcriptions", transcriptions.transcriptions, name="openai_transcriptions"),
    path("v1/audio/translations", transcriptions.translations, name="openai_translations"),
    path("v1/listen", listen.listen, name="deepgram_listen"),
    path("v1/stt/create", create.create, name="aimlapi_create"),
    path("v1/stt/<str:generation_id>", results.result, name="aimlapi_result"),
    path("v1/models", models.models, name="openai_models"),
    path("v1/models/<path:name>", models.model, name="openai_model"),
    path("", include("transcripts.api.fal.urls")),
]
