from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from sttweb import env
from sttweb.accounts.invitations import LIFETIME, invitation_path
from sttweb.accounts.models import User


class Command(BaseCommand):
    help = "Print a link with which one e-mail address can sign up."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--base-url", default=_base_url(), help="Default: %(default)s")

    def handle(self, *args: Any, email: str, base_url: str, **options: Any) -> None:
        try:
            validate_email(email)
        except ValidationError:
            raise CommandError(f"{email} is not an e-mail address.") from None
        if User.objects.filter(email=email).exists():
            raise CommandError(f"There is an account for {email} already.")
        self.stderr.write(f"For {email}, good for {LIFETIME.days} days:")
        self.stdout.write(base_url.rstrip("/") + invitation_path(email))


def _base_url() -> str:
    names = [name.lstrip(".") for name in env.ALLOWED_HOSTS if name != "*"]
    host = names[0] if names else "localhost"
    return f"https://{host}" if env.HTTPS else f"http://{host}:{env.PORT}"
