"""The ASGI application: pages and programs by Django, live updates by Channels."""

import os
from dataclasses import dataclass
from typing import IO, Any

import django
from django.core.handlers.asgi import ASGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sttweb.settings")
django.setup(set_prefix=False)

# Consumers import models, which need the application registry that the line above fills.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from transcripts.api.routes import is_api  # noqa: E402
from transcripts.api.routing import websocket_urlpatterns as api_sockets  # noqa: E402
from transcripts.routing import websocket_urlpatterns  # noqa: E402


class ApiHandler(ASGIHandler):
    """Answers programs. The pages' middleware would keep a thread for each call that waits."""

    def load_middleware(self, is_async: bool = False) -> None:
        pages = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.API_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = pages

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = scope.pop("body_file", None)
        # Not Django's own way in, where the signals alone would start a thread for each call.
        await self.handle(scope, ReceivedFile(body, receive) if body else receive, send)

    async def read_body(self, receive: Any) -> IO[bytes]:
        if not isinstance(receive, ReceivedFile):
            return await super().read_body(receive)
        await receive()  # says that there is no more to come
        return receive.body


@dataclass(frozen=True)
class ReceivedFile:
    """The messages of a request whose body is in a file already."""

    body: IO[bytes]
    receive: Any

    async def __call__(self) -> Any:
        return await self.receive()


class ByPath:
    """Programs' calls go one way, everything else the other."""

    def __init__(self, api: Any, pages: Any) -> None:
        self.api, self.pages = api, pages

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        chosen = self.api if is_api(scope["path"]) else self.pages
        await chosen(scope, receive, send)


application = ProtocolTypeRouter(
    {
        "http": ByPath(ApiHandler(), ASGIHandler()),
        # Programs show a key and send no Origin; pages' cookies count only from pages of our own.
        "websocket": ByPath(
            URLRouter(api_sockets),
            AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
        ),
    }
)
