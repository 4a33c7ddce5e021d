"""HTTP routes of the fal API."""

from django.urls import path

from transcripts.api.fal import queue, storage, webhooks

APPLICATION = "<str:owner>/<str:name>"
REQUEST = f"fal/queue/{APPLICATION}/requests/<uuid:pk>"
FILE = "fal/cdn/files/<uuid:pk>/<str:name>"

urlpatterns = [
    path(f"fal/queue/{APPLICATION}", queue.submit, name="fal_submit"),
    path(REQUEST, queue.result, name="fal_result"),
    path(f"{REQUEST}/status", queue.status, name="fal_status"),
    path(f"{REQUEST}/status/stream", queue.stream, name="fal_stream"),
    path(f"{REQUEST}/cancel", queue.cancel, name="fal_cancel"),
    path(f"fal/run/{APPLICATION}", queue.run, name="fal_run"),
    path("fal/rest/storage/auth/token", storage.token, name="fal_token"),
    path("fal/rest/storage/upload/initiate", storage.initiate, name="fal_initiate"),
    path("fal/rest/storage/upload/initiate-multipart", storage.initiate_parts, name="fal_initiate_parts"),
    path("fal/cdn/files/upload", storage.upload, name="fal_upload"),
    path("fal/cdn/files/upload/multipart", storage.upload_parts, name="fal_upload_parts"),
    path(FILE, storage.file, name="fal_file"),
    path(f"{FILE}/multipart/<uuid:upload>/<int:number>", storage.part, name="fal_part"),
    path(f"{FILE}/multipart/<uuid:upload>/complete", storage.complete, name="fal_complete"),
    path("fal/rest/.well-known/jwks.json", webhooks.jwks, name="fal_jwks"),
    path(".well-known/jwks.json", webhooks.jwks, name="jwks"),
    path("fal/<path:rest>", queue.nothing, name="fal_nothing"),
]
