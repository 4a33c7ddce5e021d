"""What a link opens, for people without an account too."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.core.internal import ratelimit
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from transcripts import shared as shared_parts
from transcripts import sharing
from transcripts.access import role_of
from transcripts.engine.languages import LANGUAGES
from transcripts.export_options import options_of
from transcripts.exporting import SOUNDS, UnknownFormat
from transcripts.exports import FORMATS
from transcripts.models import Share
from transcripts.refusals import Refused
from transcripts.views.audio import answer_range
from transcripts.views.exports import download, refusal
from transcripts.views.pages import SPEEDS

HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "private, no-store",
}
# At most so many passwords an hour from one address, and for one link from all of them.
RATES = {"share_password": "60/h/ip,60/h/key"}
TOO_MANY = "Too many wrong passwords were tried: wait an hour, or ask whoever sent you the link."
WRONG = "This is not the password: try again, or ask whoever sent you the link."

View = Callable[..., HttpResponseBase]


def shared(view: View) -> View:
    """Give the view the share that the token opens; one and the same 404 where it opens none."""

    @wraps(view)
    @csrf_exempt  # pages without a referrer send forms without an origin; see `from_here`
    def answer(request: HttpRequest, token: str, **arguments: Any) -> HttpResponseBase:
        share = sharing.find(token)
        try:
            if share is None:
                raise Http404
            response = view(request, token, share, **arguments)
        except (Http404, FileNotFoundError):
            response = gone(request)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    return answer


def gone(request: HttpRequest) -> HttpResponse:
    return render(request, "transcripts/share_gone.html", status=404)


def open_only(view: View) -> View:
    """Let through only whoever gave the password, where one is asked for."""

    @wraps(view)
    def answer(request: HttpRequest, token: str, share: Share, **arguments: Any) -> HttpResponseBase:
        if not sharing.is_unlocked(share, request.COOKIES.get(sharing.COOKIE, "")):
            raise Http404
        return view(request, token, share, **arguments)

    return answer


def from_here(request: HttpRequest) -> bool:
    """Whether a form was sent by a page of this site. Session cookies come with no other site's forms."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")


@require_http_methods(["GET", "HEAD", "POST"])
@shared
def page(request: HttpRequest, token: str, share: Share) -> HttpResponse:
    """The text with its sound; before it, where the owner wants one, the question for the password."""
    if not sharing.is_unlocked(share, request.COOKIES.get(sharing.COOKIE, "")):
        return unlock(request, token, share)
    return render_share(request, token, share, "transcripts/share.html")


def unlock(request: HttpRequest, token: str, share: Share) -> HttpResponse:
    context: dict[str, Any] = {"share": share}
    if request.method != "POST":
        return render(request, "transcripts/share_password.html", context)
    # Counted before it is compared: tries at one moment must not pass the count together.
    attempt = ratelimit.consume(
        request, app="transcripts", action="share_password", config=RATES, key=share.token_hash
    )
    if attempt is None:
        return render(request, "transcripts/share_password.html", context | {"error": TOO_MANY}, status=429)
    if not sharing.opens(share, request.POST.get("password", "")):
        return render(request, "transcripts/share_password.html", context | {"error": WRONG}, status=403)
    attempt.rollback()
    response = redirect("share", token)
    response.set_cookie(
        sharing.COOKIE,
        sharing.unlocked_value(share),
        max_age=sharing.UNLOCKED_SECONDS,
        path=reverse("share", args=[token]),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


@require_safe
@shared
@open_only
def embed(request: HttpRequest, token: str, share: Share) -> HttpResponse:
    """A player for other sites' pages, where the owner allows it."""
    if not share.can_embed:
        raise Http404
    response = render_share(request, token, share, "transcripts/share_embed.html")
    response._csp_replace = {"frame-ancestors": ["*"]}  # type: ignore[attr-defined]
    response.xframe_options_exempt = True
    return response


def render_share(request: HttpRequest, token: str, share: Share, template: str) -> HttpResponse:
    if request.method == "GET" and share.creator_id != request.user.pk:
        sharing.count_view(share)
    recording = share.recording
    # Of the part, for all that shows it; the recording is not saved here.
    recording.duration = shared_parts.duration_of(share)
    transcript = recording.transcript
    sound = shared_parts.sound_of(share)
    context = {
        "share": share,
        "recording": recording,
        "transcript": transcript,
        "segments": shared_parts.segments_of(share),
        "since": recording.event_count,
        "token": token,
        "has_audio": sound is not None,
        "is_video": sound is not None and sound.media_type.startswith("video/"),
        "audio_url": reverse("share_audio", args=[token]),
        "formats": formats_of(share, token),
        "speeds": SPEEDS,
        "language_name": LANGUAGES.get(transcript.language if transcript else "", "").title(),
        "can_edit": share.can_edit,
        "is_member": share.can_edit and bool(role_of(request.user, recording)),
    }
    return render(request, template, context)


def formats_of(share: Share, token: str) -> list[dict[str, str]]:
    names = SOUNDS | {key: chosen.name for key, chosen in FORMATS.items()}
    return [
        {"name": names[key], "key": key, "url": reverse("share_export", args=[token, key])}
        for key in shared_parts.keys_of(share)
    ]


@require_safe
@shared
@open_only
def text(request: HttpRequest, token: str, share: Share) -> HttpResponse:
    """The segments as they are now, for a page that was open when they changed."""
    context = {"segments": shared_parts.segments_of(share), "is_readonly": True}
    return render(request, "transcripts/_segments.html", context)


@require_safe
@shared
@open_only
def audio(request: HttpRequest, token: str, share: Share) -> HttpResponseBase:
    """The sound, or only that of the part, in ranges: each asks anew whether the link is good."""
    sound = shared_parts.sound_of(share)
    if sound is None:
        raise Http404
    return answer_range(request, sound.path, sound.media_type)


@require_safe
@shared
@open_only
def export(request: HttpRequest, token: str, share: Share, key: str) -> HttpResponseBase:
    try:
        return download(shared_parts.file_of(share, key, options_of(request.GET, request.user)))
    except UnknownFormat:
        raise Http404 from None
    except Refused as refused:
        return refusal(refused)


@require_POST
@shared
@open_only
def join(request: HttpRequest, token: str, share: Share) -> HttpResponse:
    """Take a signed-in person to the recording as its editor, while the link is good."""
    if not share.can_edit or not from_here(request):
        raise Http404
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("share", args=[token]))
    sharing.join(share, request.user)
    return redirect(share.recording)
