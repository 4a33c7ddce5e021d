"""The engine without the web: files in, text out."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from transcripts.engine import models
from transcripts.engine.base import Options
from transcripts.engine.base import Segment as EngineSegment
from transcripts.engine.errors import EngineError
from transcripts.engine.languages import LANGUAGES
from transcripts.engine.recognition import recognise
from transcripts.exports import FORMATS, Document, Segment

DEMO_NOTICE = (
    "This is the demonstration model, which understands only the sample recordings: "
    "get a real one with “manage.py models pull {name}”."
)


class Command(BaseCommand):
    help = "Transcribe audio and video files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--format", choices=sorted(FORMATS), default="txt")
        parser.add_argument("--language", default="", help="a code such as en; by default it is detected")
        parser.add_argument("--task", choices=("transcribe", "translate"), default="transcribe")
        parser.add_argument("--model", default="", help="a Whisper size, organisation/model, or a folder")
        parser.add_argument("--output", type=Path, metavar="DIR", help="write a file for each there")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        if options["language"] and options["language"] not in LANGUAGES:
            raise CommandError(f"“{options['language']}” is not the code of a language that Whisper knows.")
        if len(files) > 1 and options["format"] != "txt" and options["output"] is None:
            raise CommandError("Several files in this format cannot share one output: give --output DIR.")
        if FORMATS[options["format"]].is_binary and options["output"] is None:
            raise CommandError("A file in this format is no text to print: give --output DIR.")
        self.options = options
        self.model, engine = self.load()
        failed = [path for path in files if not self.transcribe(engine, path, files)]
        if failed:
            raise SystemExit(1)

    def load(self) -> tuple[str, Any]:
        # Imported late, so that `--help` does not wait for the engine's libraries.
        from transcripts.engine.whisper import WhisperEngine

        name, path = self.choose()
        try:
            return name, WhisperEngine(
                path, device=settings.STT_DEVICE, compute_type=settings.STT_COMPUTE_TYPE
            )
        except EngineError as error:
            raise CommandError(str(error)) from None

    def choose(self) -> tuple[str, Path]:
        """Return the model to use: the one asked for, the configured one, or the demonstration model."""
        asked: str = self.options["model"]
        name = asked or self.configured()
        path = models.locate(name, settings.DATA_DIR / "models")
        if path is not None:
            return name, path
        if asked:
            raise CommandError(
                f"The model “{name}” is not here: “manage.py models pull {name}” downloads it."
            )
        self.stderr.write(DEMO_NOTICE.format(name=name))
        return "demo", models.DEMO_MODEL

    def configured(self) -> str:
        device = settings.STT_DEVICE if settings.STT_DEVICE != "auto" else models.find_device()
        if self.options["task"] == "translate":
            return settings.STT_TRANSLATE_MODEL or models.default_translate_model(device)
        return settings.STT_MODEL or models.default_model(device)

    def transcribe(self, engine: Any, path: Path, files: list[Path]) -> bool:
        """Write the text of one file; return whether it went well."""
        try:
            content = FORMATS[self.options["format"]].render(self.document(engine, path))
        except EngineError as error:
            self.stderr.write(f"{path}: {error}")
            return False
        if self.options["output"] is None:
            self.stdout.write(content.decode(), ending="")
            return True
        target = self.target(path, files)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return True

    def document(self, engine: Any, path: Path) -> Document:
        wanted = Options(self.options["language"], self.options["task"])
        segments: list[EngineSegment] = []
        language, duration = wanted.language, None
        with tqdm(desc=path.name, unit="s", disable=None, leave=False) as bar:
            for progress in recognise(engine, path, wanted):
                segments += [s for hypothesis in progress.hypotheses for s in hypothesis.segments]
                language, duration = progress.language, progress.duration
                bar.total = progress.duration
                bar.update(round(progress.position, 1) - bar.n)
        if not segments:
            self.stderr.write(f"{path}: No speech was found.")
        return Document(
            title=path.stem,
            language="en" if wanted.task == "translate" else language,
            task=wanted.task,
            model=self.model,
            duration=duration,
            created=datetime.now(UTC),
            segments=tuple(Segment(s.start, s.end, s.text, s.words) for s in segments),
        )

    def target(self, path: Path, files: list[Path]) -> Path:
        """Return the file to write; recordings that differ only in their extension keep it in the name."""
        is_alone = sum(other.stem == path.stem for other in files) == 1
        stem = path.stem if is_alone else path.name
        output: Path = self.options["output"]
        return output / f"{stem}.{FORMATS[self.options['format']].extension}"
