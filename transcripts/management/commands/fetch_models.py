"""Downloads the speech models that are wanted and missing, trying again until they are here."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils import timezone

from transcripts import speech
from transcripts.engine import models
from transcripts.engine.errors import ModelUnavailable
from transcripts.models import SpeechModel

logger = logging.getLogger(__name__)

# Seconds until the next try: doubled each time, up to an hour.
FIRST_WAIT = 30
LONGEST_WAIT = 3600
# Seconds between two notes of progress.
NOTE_SECONDS = 2.0


class Command(BaseCommand):
    help = "Download the wanted speech models that are not here; ends when all are."

    def handle(self, *args: object, **options: object) -> None:
        wait = FIRST_WAIT
        while missing := [name for name in speech.all_wanted() if not self.is_here(name)]:
            fetched = [self.fetch(name, wait) for name in missing]
            if all(fetched):
                continue
            time.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
            close_old_connections()

    def is_here(self, name: str) -> bool:
        if models.locate(name, speech.models_folder()) is None:
            return False
        downloading = SpeechModel.objects.filter(name=name).exclude(state=SpeechModel.State.UNUSABLE)
        downloading.update(state=SpeechModel.State.READY, error="", next_attempt_at=None)
        return True

    def fetch(self, name: str, wait: int) -> bool:
        note(name, SpeechModel.State.DOWNLOADING, next_attempt_at=None)
        try:
            models.pull(name, speech.models_folder(), self.reporter(name))
        except ModelUnavailable as error:
            next_attempt = timezone.now() + timedelta(seconds=wait)
            note(name, SpeechModel.State.MISSING, error=str(error), next_attempt_at=next_attempt)
            logger.warning("%s Tried again in %s s.", error, wait)
            return False
        note(name, SpeechModel.State.READY, error="", next_attempt_at=None)
        logger.info("The speech model %s is here.", name)
        return True

    def reporter(self, name: str) -> Callable[[int, int | None], None]:
        """Return what takes the progress: to the page every two seconds, to the terminal every tenth part."""
        noted_at, tenth = 0.0, -1

        def report(received: int, size: int | None) -> None:
            nonlocal noted_at, tenth
            if time.monotonic() - noted_at >= NOTE_SECONDS:
                noted_at = time.monotonic()
                note(name, SpeechModel.State.DOWNLOADING, bytes_received=received, size=size, error="")
            if size and 10 * received // size > tenth:
                tenth = 10 * received // size
                logger.info("Downloading the speech model %s: %s %%", name, 100 * received // size)

        return report


def note(name: str, state: str, **changes: object) -> None:
    SpeechModel.objects.update_or_create(name=name, defaults={"state": state, **changes})
