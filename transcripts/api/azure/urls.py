"""HTTP routes of Azure Speech."""

from typing import Any

from django.urls import path

from transcripts.api.azure import batch, fast, models, short, tokens
from transcripts.api.azure.dialects import DATED, V3_2, Dated


def batch_routes(dialect: Dated, name: str) -> list[Any]:
    """Return the routes that are alike in all versions."""
    root, known = f"{dialect.root}/<uuid:pk>", {"dialect": dialect}
    return [
        path(root, batch.transcription, known, name=f"azure_{name}"),
        path(f"{root}/files", batch.files, known, name=f"azure_{name}_files"),
        path(f"{root}/files/<uuid:file_id>", batch.file, known, name=f"azure_{name}_file"),
        path(f"{dialect.root}/locales", models.locales, known, name=f"azure_{name}_locales"),
        path(dialect.models, models.models, known, name=f"azure_{name}_models"),
        path(f"{dialect.models}/<path:name>", models.model, known, name=f"azure_{name}_model"),
    ]


urlpatterns = [
    path("speechtotext/transcriptions:transcribe", fast.transcribe, name="azure_transcribe"),
    path(f"{DATED.root}:submit", batch.submission, {"dialect": DATED}, name="azure_submit"),
    path(DATED.root, batch.listing, {"dialect": DATED}, name="azure_transcriptions"),
    *batch_routes(DATED, "transcription"),
    path(V3_2.root, batch.collection, {"dialect": V3_2}, name="azure_v32_transcriptions"),
    *batch_routes(V3_2, "v32_transcription"),
    *(
        path(f"speech/recognition/{mode}/cognitiveservices/v1", short.recognize, name=f"azure_short_{mode}")
        for mode in short.MODES
    ),
    # The vendor's documentation writes it in both ways.
    path("sts/v1.0/issueToken", tokens.issue, name="azure_token"),
    path("sts/v1.0/issuetoken", tokens.issue, name="azure_token_lower"),
    path("speechtotext/contents/<str:token>", batch.content, name="azure_content"),
]
