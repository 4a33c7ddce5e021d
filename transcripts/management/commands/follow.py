"""`manage.py follow`: the process that prepares recordings while they grow."""

from django.core.management.base import BaseCommand

from transcripts import jobs
from transcripts.live import Follower


class Command(BaseCommand):
    help = "Follow recordings whose bytes are still coming, until told to stop."
    requires_system_checks: list[str] = []

    def handle(self, *args: object, **options: object) -> None:
        jobs.warm_up(["prepare"])
        Follower().run()
