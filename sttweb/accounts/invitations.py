"""Signed links that let one address sign up.

Nothing is stored: once the account exists, its link is of no use.
"""

from datetime import timedelta

from django.core import signing
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

PARAMETER = "invitation"
LIFETIME = timedelta(days=7)
_SALT = "sttweb.accounts.invitations"


def invitation_path(email: str) -> str:
    token = signing.dumps(email.strip().lower(), salt=_SALT)
    return f"{reverse('account_signup')}?{urlencode({PARAMETER: token})}"


def invited_email(request: HttpRequest) -> str | None:
    """Return the address that the link in the request invites, or None without one that is still good."""
    try:
        return signing.loads(request.GET.get(PARAMETER, ""), salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return None
