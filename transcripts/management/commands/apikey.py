"""`manage.py apikey create EMAIL …` prints a new API key, alone on a line; `list` and `revoke` go with it."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from sttweb.accounts import keys
from sttweb.accounts.models import ApiKey, User


class Command(BaseCommand):
    help = "Make, list and revoke the API keys of somebody's programs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        made = actions.add_parser("create", help="make a key and print it; it cannot be shown again")
        made.add_argument("email", help="whose programs will show it")
        made.add_argument("--name", default="Command line", help="what people tell it by")
        made.add_argument(
            "--scopes", type=_scopes, default=keys.ALL_SCOPES, help=f"of {','.join(keys.ALL_SCOPES)}: all"
        )
        made.add_argument("--expires", type=_days, metavar="DAYS", help="days from now: never")
        listed = actions.add_parser("list", help="print who has which keys")
        listed.add_argument("email", nargs="?", help="whose: everybody's")
        revoked = actions.add_parser("revoke", help="let no program in with a key any more")
        revoked.add_argument("id", type=int, help="as `list` prints it")

    def handle(self, *, action: str, **options: Any) -> None:
        match action:
            case "create":
                self.create(**options)
            case "list":
                self.list(**options)
            case "revoke":
                self.revoke(**options)

    def create(
        self, *, email: str, name: str, scopes: tuple[str, ...], expires: timedelta | None, **_options: Any
    ) -> None:
        expires_at = timezone.now() + expires if expires else None
        _, text = keys.issue(_owner(email), name, scopes, expires_at=expires_at)
        self.stdout.write(text)

    def list(self, *, email: str | None, **_options: Any) -> None:
        found = ApiKey.objects.filter(owner=_owner(email)) if email else ApiKey.objects.all()
        for key in found.select_related("owner"):
            self.stdout.write(_line(key))

    def revoke(self, *, id: int, **_options: Any) -> None:
        key = ApiKey.objects.filter(pk=id).first()
        if key is None:
            raise CommandError(f"There is no key {id}: `manage.py apikey list` prints those that there are.")
        keys.revoke(key)
        self.stdout.write(f"The key {id}, “{key.name}”, is revoked.")


def _owner(email: str) -> User:
    owner = User.objects.filter(email=email.lower()).first()
    if owner is None:
        raise CommandError(f"There is no account with the address {email}.")
    return owner


def _line(key: ApiKey) -> str:
    used = f"used {key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never used"
    state = "usable"
    if key.revoked_at:
        state = "revoked"
    elif key.expires_at:
        state = f"ends {key.expires_at:%Y-%m-%d}" if key.expires_at > timezone.now() else "ended"
    return "\t".join(
        (str(key.pk), key.owner.email, key.name, f"{key.prefix}…", ",".join(key.scopes), used, state)
    )


def _scopes(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not set(names) <= set(keys.ALL_SCOPES):
        raise ArgumentTypeError(f"scopes are {', '.join(keys.ALL_SCOPES)}, with commas between")
    return names


def _days(text: str) -> timedelta:
    if not text.isdecimal() or not 0 < int(text) <= 36_500:
        raise ArgumentTypeError("give a number of days")
    return timedelta(days=int(text))
