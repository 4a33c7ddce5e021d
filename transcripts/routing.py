from django.urls import path

from transcripts.consumers import RecordingConsumer, ShareConsumer

websocket_urlpatterns = [
    path("ws/recordings/<uuid:pk>/", RecordingConsumer.as_asgi(), name="recording_socket"),
    # Below the link's own address, where the cookie is sent that opens it.
    path("s/<str:token>/live/", ShareConsumer.as_asgi(), name="share_socket"),
]
