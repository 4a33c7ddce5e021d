"""`manage.py work QUEUE…`: one worker."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sttweb.runtime.worker import work
from transcripts import jobs


class Command(BaseCommand):
    help = "Work on the named queues, the first ones first, until told to stop."
    # They load every page's code, and would make each start slower.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("queues", nargs="+", choices=list(settings.RQ_QUEUES), metavar="QUEUE")

    def handle(self, *args: Any, **options: Any) -> None:
        jobs.warm_up(options["queues"])
        work(options["queues"])
