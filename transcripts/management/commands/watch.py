"""`manage.py watch`: takes in what is dropped into the watch folder."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from transcripts.watching import watch


class Command(BaseCommand):
    help = "Take in the files that are dropped into STT_WATCH_DIR, until told to stop."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.STT_WATCH_DIR:
            raise CommandError("Set STT_WATCH_DIR to the folder, and STT_WATCH_USER to its owner's address.")
        watch()
