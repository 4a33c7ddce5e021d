from contextlib import suppress

from django.apps import AppConfig
from django.conf import settings


class RuntimeConfig(AppConfig):
    name = "sttweb.runtime"
    label = "runtime"

    def ready(self) -> None:
        # Where the data folder cannot be used, whoever needs it says so.
        with suppress(OSError):
            settings.FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
