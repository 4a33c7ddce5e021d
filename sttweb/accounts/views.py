from http import HTTPStatus
from typing import Any

from allauth.account import views as allauth
from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import render
from django.views.generic import TemplateView

from sttweb.accounts import invitations


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
