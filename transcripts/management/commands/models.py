"""The speech models of this installation."""

import argparse
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from transcripts import speech
from transcripts.engine import models
from transcripts.engine.errors import EngineError


class Command(BaseCommand):
    help = "List, download, add and remove speech models."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, parser_class=argparse.ArgumentParser)
        actions.add_parser("list", help="show the models that are here")
        pull = actions.add_parser("pull", help="download a model from the hub")
        pull.add_argument("name", help="a Whisper size such as base, or organisation/model")
        add = actions.add_parser("add", help="copy a model from a folder")
        add.add_argument("folder", type=Path, help="with model.bin and tokenizer.json")
        remove = actions.add_parser("remove", help="delete a model")
        remove.add_argument("name")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        folder = speech.models_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            getattr(self, action)(
                folder, **{key: options[key] for key in ("name", "folder") if key in options}
            )
        except EngineError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"The folder {folder} cannot be used: {error.strerror or error}.") from None

    def list(self, models_folder: Path) -> None:
        found = models.installed(models_folder)
        for model in found:
            translates = "" if models.can_translate(model.name) else ", cannot translate"
            self.stdout.write(f"{model.name}  {model.size / 1e6:,.0f} MB{translates}")
        if not found:
            self.stdout.write(f"No speech model is in {models_folder}: the demonstration model serves.")

    def pull(self, models_folder: Path, name: str) -> None:
        with tqdm(desc=name, unit="B", unit_scale=True, disable=None) as bar:

            def show(received: int, size: int | None) -> None:
                bar.total = size
                bar.n = min(received, size or received)
                bar.refresh()

            path = models.pull(name, models_folder, show)
        self.stdout.write(f"{name} is in {path}.")

    def add(self, models_folder: Path, folder: Path) -> None:
        path = models.add(folder, models_folder)
        self.stdout.write(f"Added: use it with STT_MODEL={path.name}.")

    def remove(self, models_folder: Path, name: str) -> None:
        models.remove(name, models_folder)
        self.stdout.write(f"{name} is removed.")
