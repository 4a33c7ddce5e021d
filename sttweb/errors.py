"""The page for a failure of ours, which uses nothing that may be what failed, such as the database."""

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.templatetags.static import static

from sttweb import request_id

STYLESHEETS = ("css/tokens.css", "css/base.css", "css/layout.css")


def server_error(request: HttpRequest) -> HttpResponse:
    context = {"request_id": request_id.current(), "stylesheets": _stylesheets()}
    return HttpResponse(loader.get_template("500.html").render(context), status=500)


def _stylesheets() -> list[str]:
    try:
        return [static(name) for name in STYLESHEETS]
    except ValueError:
        return []  # the static files were not collected
