"""The settings page with the user's API keys."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.generic import View

from sttweb.accounts import keys
from sttweb.accounts.models import User
from transcripts import access
from transcripts.key_forms import KeyForm


@method_decorator(never_cache, name="dispatch")
class Keys(LoginRequiredMixin, View):
    """The list, and a form that makes a key. The key is in the answer to that, and never again."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request, KeyForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = KeyForm(request.POST)
        if not form.is_valid():
            return self.show(request, form, status=400)
        user, given = cast(User, request.user), form.cleaned_data
        if keys.usable().filter(owner=user).count() >= keys.MOST:
            form.add_error(None, f"You have {keys.MOST} keys: revoke one first.")
            return self.show(request, form, status=409)
        key, text = keys.issue(user, given["name"], given["scopes"], **form.limits)
        return self.show(request, KeyForm(), status=201, made=key, text=text)

    def show(self, request: HttpRequest, form: KeyForm, status: int = 200, **facts: object) -> HttpResponse:
        user = cast(User, request.user)
        usable = keys.usable().filter(owner=user)
        ended = user.api_keys.exclude(pk__in=usable)[: keys.MOST]
        context = {"form": form, "usable": usable, "ended": ended, **facts}
        return render(request, "transcripts/keys.html", context, status=status)


@require_POST
@login_required
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    key = access.key_own(request.user, pk)
    keys.revoke(key)
    messages.success(request, f"“{key.name}” was revoked: no program gets in with it any more.")
    return redirect("keys")
