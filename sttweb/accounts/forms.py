"""allauth's forms in our words, each with one field for a new password."""

from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.account.fields import PasswordField
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from sttweb.accounts.models import User

NEW_PASSWORD_ADVICE = "At least 8 characters, and not a common password."  # noqa: S105


class _Worded(forms.Form):
    """Labels instead of placeholders, which vanish while one types; no second field for a new password."""

    labels = {
        "login": "E-mail",
        "email": "E-mail",
        "password": "Password",
        "oldpassword": "Current password",
        "password1": "New password",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("password2", None)
        for name, field in self.fields.items():
            field.label = self.labels[name]
            field.help_text = NEW_PASSWORD_ADVICE if name == "password1" else ""
            field.widget.attrs.pop("placeholder", None)


class LoginForm(_Worded, allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class SignupForm(_Worded, allauth.SignupForm):
    """Args: invited_email: the one address that may sign up; None where any may."""

    labels = _Worded.labels | {"password1": "Password"}

    def __init__(self, *args: Any, invited_email: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invited_email = invited_email
        self.fields["email"].widget.attrs["autocomplete"] = "username"
        if invited_email:
            self.initial["email"] = invited_email

    def clean_email(self) -> str:
        email = super().clean_email()
        if self.invited_email and email != self.invited_email:
            raise ValidationError(f"This invitation is for {self.invited_email}: sign up with that address.")
        return email

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        with transaction.atomic():
            return super().try_save(request)


class ChangePasswordForm(_Worded, allauth.ChangePasswordForm):
    pass


class DeleteAccountForm(_Worded, allauth.UserForm):
    password = PasswordField(autocomplete="current-password")

    def clean_password(self) -> str:
        if not self.user.check_password(self.cleaned_data["password"]):
            raise get_adapter().validation_error("enter_current_password")
        return self.cleaned_data["password"]


class ResetPasswordForm(_Worded, allauth.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["autocomplete"] = "username"


class ResetPasswordKeyForm(_Worded, allauth.ResetPasswordKeyForm):
    pass
