from http import HTTPStatus
from typing import Any, cast

from allauth.account import views as allauth
from allauth.account.adapter import get_adapter
from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django.views.generic import TemplateView

from sttweb.accounts import invitations
from sttweb.accounts.forms import DeleteAccountForm
from sttweb.accounts.models import User
from transcripts import account_deletion
from transcripts.refusals import Refused


class SettingsView(TemplateView):
    template_name = "account/settings.html"


class LoginView(allauth.LoginView):
    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, code="too_many_login_attempts"):
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        return response


class SignupView(allauth.SignupView):
    """Sign-up, open to all, to invited addresses or to nobody, as STT_SIGNUP says."""

    def closed(self) -> HttpResponse:
        context = {
            "by_invitation": settings.STT_SIGNUP == "invite",
            "has_invitation": invitations.PARAMETER in self.request.GET,
        }
        return render(self.request, self.template_name_signup_closed, context, status=HTTPStatus.FORBIDDEN)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"invited_email": invitations.invited_email(self.request)}

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except IntegrityError:
            # Someone else took the address between the form's check and the insert.
            form.add_error("email", get_adapter().validation_error("email_taken"))
            return self.form_invalid(form)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@rate_limit(action="change_password")  # both ask for the same password, and share the attempts
def delete_account(request: HttpRequest) -> HttpResponse:
    """Say what goes with the account, and delete it for whoever knows its password."""
    user = cast(User, request.user)
    form = DeleteAccountForm(user, request.POST if request.method == "POST" else None)
    try:
        account_deletion.check(user)
        if form.is_valid():
            account_deletion.begin(user)
            return signed_out(request)
    except Refused as refused:
        status = refused.status if request.method == "POST" else HTTPStatus.OK
        return render(request, "account/delete.html", {"refusal": refused}, status=status)
    is_alone = not account_deletion.others_than(user).exists()
    context = {"form": form, "goes": account_deletion.what_goes(user), "is_alone": is_alone}
    return render(request, "account/delete.html", context)


def signed_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, "Your account is deleted. What was in it is being removed.")
    return redirect("account_login")
