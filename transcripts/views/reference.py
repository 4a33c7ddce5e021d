"""The pages that describe the product's own API."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from transcripts.api.examples import examples
from transcripts.api.own import reference


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """How it is used, and what there is."""
    context = {"groups": reference.groups(), "base": request.build_absolute_uri("/api/v1")}
    return render(request, "transcripts/api_docs.html", context)


@require_safe
def api_clients(request: HttpRequest) -> HttpResponse:
    """How the vendors' libraries are led here."""
    address = request.build_absolute_uri("/").rstrip("/")
    context = {"groups": reference.groups(), "examples": examples(address)}
    return render(request, "transcripts/api_clients.html", context)


@require_safe
def api_group(request: HttpRequest, slug: str) -> HttpResponse:
    """The addresses of one group, with all that they take and answer."""
    group = next((group for group in reference.groups() if group.slug == slug), None)
    if group is None:
        raise Http404
    context = {"groups": reference.groups(), "group": group, "shapes": reference.shapes_of(group)}
    return render(request, "transcripts/api_group.html", context)
