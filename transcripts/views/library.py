"""The library: finding recordings, and acting on many at once."""

from typing import cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from sttweb.accounts.models import User
from transcripts import access, tagging, trash
from transcripts.archives import zip_name, zip_of
from transcripts.export_options import options_of
from transcripts.exporting import SOUNDS, File
from transcripts.exports import FORMATS
from transcripts.forms import LibraryForm
from transcripts.library import Page, page_of, visible
from transcripts.models import Recording
from transcripts.refusals import Refused
from transcripts.views.exports import choices_of, download

# Recordings that one act may name.
MAX_NAMED = 500
UNDO = "trashed"


@require_safe
@login_required
def library(request: HttpRequest) -> HttpResponse:
    form = LibraryForm(request.GET, request.user)
    form.offer_languages_of(request.user)
    context = {"form": form, **found_by(request, form)}
    context["has_recordings"] = visible(request.user).exists()
    return render(request, "transcripts/library.html", context)


@require_safe
@login_required
def found(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes while somebody types."""
    form = LibraryForm(request.GET, request.user)
    return render(request, "transcripts/_library_found.html", {"form": form, **found_by(request, form)})


def found_by(request: HttpRequest, form: LibraryForm) -> dict[str, object]:
    wish = form.wish
    page = page_of(request.user, wish, page_number(request.GET))
    address = request.GET.copy()
    address.pop("page", None)
    for name in [name for name in address if not any(address.getlist(name))]:
        del address[name]
    return {
        "page": page,
        "wish": wish,
        "pickable": True,
        "next_url": address_of(address, page, 1),
        "previous_url": address_of(address, page, -1),
        "here": address_of(address, page, 0),
        "tags": [name for name, _ in form.fields["tag"].choices],  # type: ignore[attr-defined]
    }


def page_number(query: QueryDict) -> int:
    text = query.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def address_of(query: QueryDict, page: Page, step: int) -> str:
    query = query.copy()
    if page.number + step > 1:
        query["page"] = str(page.number + step)
    return f"{reverse('library')}?{query.urlencode()}" if query else reverse("library")


@require_POST
@login_required
def act(request: HttpRequest) -> HttpResponseBase:
    """Do to the chosen recordings what the pressed button says."""
    user = cast(User, request.user)
    chosen = access.recordings_own(user, named(request))
    if not chosen:
        messages.error(request, "Choose recordings of yours first: their boxes are before the titles.")
        return back(request)
    match request.POST.get("act"):
        case "tag":
            return tagged(request, chosen)
        case "untag":
            tagging.remove(user, chosen, request.POST.get("tag", ""))
        case "takeaway":
            return takeaway(request, chosen)
        case "export":
            return export(request, chosen)
        case "delete":
            discard(request, chosen)
    return back(request)


def tagged(request: HttpRequest, chosen: list[Recording]) -> HttpResponse:
    try:
        tagging.add(cast(User, request.user), chosen, request.POST.get("tag", ""))
    except Refused as refused:
        messages.error(request, str(refused))
    return back(request)


def takeaway(request: HttpRequest, chosen: list[Recording]) -> HttpResponse:
    """Ask for formats and options first."""
    context = {"recordings": chosen, "next": target(request), **choices_of(request.user, SOUNDS)}
    return render(request, "transcripts/takeaway_many.html", context)


def export(request: HttpRequest, chosen: list[Recording]) -> HttpResponseBase:
    keys = [key for key in (*FORMATS, *SOUNDS) if key in request.POST.getlist("key")]
    if not keys:
        messages.error(request, "Choose a format to export to first.")
        return back(request)
    try:
        options = options_of(request.POST, request.user)
    except Refused as refused:
        messages.error(request, str(refused))
        return back(request)
    pieces = zip_of(chosen, keys, options)
    return download(File(zip_name(chosen), "application/zip", pieces, is_compressed=True))


def discard(request: HttpRequest, chosen: list[Recording]) -> None:
    """Put them into the trash, and remember them for whoever takes it back at once."""
    gone = trash.discard(chosen)
    request.session[UNDO] = [str(recording.pk) for recording in gone]
    what = f"“{gone[0].title}” was" if len(gone) == 1 else f"{len(gone)} recordings were"
    days = settings.STT_TRASH.days
    messages.success(
        request, f"{what} deleted. The trash keeps what was deleted for {days} days.", extra_tags="undo"
    )


@require_POST
@login_required
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what was deleted last."""
    back_again = trash.restore(access.recordings_trashed(request.user, request.session.pop(UNDO, [])))
    if back_again:
        what = f"“{back_again[0].title}” is" if len(back_again) == 1 else f"{len(back_again)} recordings are"
        messages.success(request, f"{what} back.")
    return back(request)


@require_POST
@login_required
def tags(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a tag on one recording, or take one off."""
    recording = access.recording_own(request.user, pk)
    if name := request.POST.get("remove"):
        tagging.remove(recording.owner, [recording], name)
        return back(request)
    return tagged(request, [recording])


@require_safe
@login_required
def trash_page(request: HttpRequest) -> HttpResponse:
    context = {
        "recordings": access.recordings_trashed(request.user).order_by("-deleted_at", "-pk")[:MAX_NAMED],
        "bytes": trash_size(request),
        "days": settings.STT_TRASH.days,
    }
    return render(request, "transcripts/trash.html", context)


def trash_size(request: HttpRequest) -> int:
    return trash.bytes_held(cast(User, request.user))


@require_POST
@login_required
def trash_act(request: HttpRequest) -> HttpResponse:
    """Restore or delete for good the chosen recordings, or empty the trash."""
    wanted = request.POST.get("act")
    chosen = access.recordings_trashed(request.user, None if wanted == "empty" else named(request))
    if wanted == "restore":
        count = len(trash.restore(chosen))
        messages.success(request, f"{recordings(count)} back in the library.")
    elif wanted in ("delete", "empty"):
        count = trash.delete_for_good(chosen)
        messages.success(request, f"{recordings(count)} deleted for good.")
    return redirect("trash")


def recordings(count: int) -> str:
    return "1 recording is" if count == 1 else f"{count} recordings are"


def named(request: HttpRequest) -> list[UUID]:
    found = []
    for text in request.POST.getlist("id")[:MAX_NAMED]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def back(request: HttpRequest) -> HttpResponse:
    """Lead to where the form was, or to the library."""
    return redirect(target(request))


def target(request: HttpRequest) -> str:
    here = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(here, {request.get_host()}, require_https=request.is_secure())
    return here if is_ours else reverse("library")
