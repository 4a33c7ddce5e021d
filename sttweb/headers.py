"""Response headers that neither Django nor django-csp sets."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

# The recorder needs the microphone; nothing here needs the rest.
PERMISSIONS_POLICY = ", ".join(
    ("microphone=(self)", *(f"{name}=()" for name in ("camera", "geolocation", "payment", "usb", "midi")))
)


class PermissionsPolicyMiddleware(MiddlewareMixin):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response
