"""The settings pages of webhooks: who is told, and what became of it."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.generic import View

from sttweb.accounts.models import User
from transcripts import access, outbox, webhooks
from transcripts.key_forms import WebhookForm
from transcripts.models import Delivery, Webhook
from transcripts.refusals import Refused

PAGE_SIZE = 20


@method_decorator(never_cache, name="dispatch")
class Webhooks(LoginRequiredMixin, View):
    """The list, and a form that adds one. Its secret is in the answer to that, and never again."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request, WebhookForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = WebhookForm(request.POST)
        if not form.is_valid():
            return self.show(request, form, status=400)
        given = form.cleaned_data
        # All of them: also those that come later.
        events = [] if set(given["events"]) == set(outbox.EVENTS) else given["events"]
        try:
            webhook, secret = webhooks.create(cast(User, request.user), given["url"], events)
        except Refused as refused:
            form.add_error("url", str(refused))
            return self.show(request, form, status=refused.status)
        return _page(request, webhook, status=201, secret=secret)

    def show(self, request: HttpRequest, form: WebhookForm, status: int = 200) -> HttpResponse:
        rows = Webhook.objects.filter(owner=request.user.pk)
        context = {"form": form, "webhooks": rows, "has_callbacks": _callbacks(request).exists()}
        return render(request, "transcripts/webhooks.html", context, status=status)


@require_safe
@never_cache
@login_required
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, access.webhook_own(request.user, pk))


@require_safe
@login_required
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """The log alone, for the page to look again while something is on its way."""
    row = access.webhook_own(request.user, pk)
    return render(
        request, "transcripts/_deliveries.html", {"webhook": row, **_logged(request, row.deliveries.all())}
    )


@require_safe
@login_required
def callbacks(request: HttpRequest) -> HttpResponse:
    """What was told to addresses that API calls named."""
    return render(request, "transcripts/callbacks.html", _logged(request, _callbacks(request)))


@require_POST
@never_cache
@login_required
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    row = access.webhook_own(request.user, pk)
    return _page(request, row, secret=webhooks.rotate(row), is_rotated=True)


@require_POST
@login_required
def test(request: HttpRequest, pk: int) -> HttpResponse:
    row = access.webhook_own(request.user, pk)
    if row.disabled_at:
        messages.error(request, "It is disabled: enable it first.")
    else:
        webhooks.send_test(row)
        messages.success(request, "A test message is on its way: the log shows what became of it.")
    return redirect("webhook", pk)


@require_POST
@login_required
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Enable a disabled webhook, or disable an enabled one, as the button said."""
    row = access.webhook_own(request.user, pk)
    if request.POST.get("to") == "on":
        webhooks.enable(row)
        messages.success(request, "It is told again of what happens from now on.")
    else:
        webhooks.disable(row)
        messages.success(request, "It is told nothing any more.")
    return redirect("webhook", pk)


@require_POST
@login_required
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    row = access.webhook_own(request.user, pk)
    row.delete()
    messages.success(request, f"The webhook to {row.url} was deleted.")
    return redirect("webhooks")


@require_POST
@login_required
def replay(request: HttpRequest, pk: UUID) -> HttpResponse:
    delivery = access.delivery_own(request.user, pk)
    if outbox.replay(delivery):
        messages.success(request, "The message is sent again: the log shows what became of it.")
    else:
        messages.error(request, "It is on its way already, or its webhook is disabled.")
    return redirect("webhook", delivery.webhook_id) if delivery.webhook_id else redirect("callbacks")


def _page(request: HttpRequest, row: Webhook, status: int = 200, **facts: object) -> HttpResponse:
    told = [said for name, said in outbox.EVENTS.items() if not row.events or name in row.events]
    has_two = len(webhooks.usable_secrets(row)) > 1
    context = {"webhook": row, "told": told, "has_two_secrets": has_two, **facts}
    context |= _logged(request, row.deliveries.all())
    return render(request, "transcripts/webhook.html", context, status=status)


def _logged(request: HttpRequest, deliveries: QuerySet[Delivery]) -> dict[str, object]:
    page = Paginator(deliveries, PAGE_SIZE).get_page(request.GET.get("page"))
    return {"page": page, "is_waiting": any(d.state == Delivery.State.WAITING for d in page)}


def _callbacks(request: HttpRequest) -> QuerySet[Delivery]:
    return Delivery.objects.filter(owner=request.user.pk, webhook=None).select_related("api_request")
