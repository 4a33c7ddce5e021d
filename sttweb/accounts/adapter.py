"""How allauth behaves here."""

import logging
from threading import Thread
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.sites.shortcuts import get_current_site
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse

from sttweb.accounts.invitations import invited_email
from sttweb.accounts.models import User

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The e-mail or the password is wrong: try again, or reset your password.",
        "email_taken": "There is an account with this e-mail already: sign in, or reset its password.",
        "enter_current_password": "This is not your current password: try again.",
        "incorrect_code": "This is not the code that was sent last: look again, or ask for a new one.",
        "too_many_login_attempts": "Too many failed attempts: wait a few minutes, or reset your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        if settings.STT_SIGNUP == "invite":
            return invited_email(request) is not None
        return settings.STT_SIGNUP == "open"

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user = super().save_user(request, user, form, commit)
        User.objects.promote_first(user)
        return user

    def is_email_verified(self, request: HttpRequest, email: str) -> bool:
        """Whether it needs no proof: the installer's, before mail is known to work, and an invited one."""
        is_first = User.objects.filter(email=email, is_first=True).exists()
        is_invited = invited_email(request) == email.lower()
        return is_first or is_invited or super().is_email_verified(request, email)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_settings")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send in the background: how long a mail server takes would tell whether it knows the address."""
        context = {"email": email, "current_site": get_current_site(self.request), **context}
        message = self.render_mail(template_prefix, email, context)
        Thread(target=_deliver, args=(message,), name="mail").start()


def _deliver(message: EmailMessage) -> None:
    try:
        message.send()
    except Exception:
        logger.exception("A message could not be sent: check EMAIL_URL.")
