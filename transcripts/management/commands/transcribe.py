"""The engine without the web: files in, text out."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from transcripts import speech
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
        targets = self.targets(files)
        self.model, engine = self.load()
        failed = [path for path in files if not self.transcribe(engine, path, targets.get(path))]
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
        if asked:
            path = models.locate(asked, speech.models_folder())
            if path is None:
                raise CommandError(
                    f"The model “{asked}” is not here: “manage.py models pull {asked}” downloads it."
                )
            return asked, path
        serving, wanted = speech.serving(self.options["task"]), speech.wanted(self.options["task"])
        if serving.is_demo and serving.name != wanted:
            self.stderr.write(DEMO_NOTICE.format(name=wanted))
        return serving.name, serving.path

    def transcribe(self, engine: Any, path: Path, target: Path | None) -> bool:
        """Write the text of one file; return whether it went well."""
        try:
            content = FORMATS[self.options["format"]].render(self.document(engine, path))
        except EngineError as error:
            self.stderr.write(f"{path}: {error}")
            return False
        if target is None:
            self.stdout.write(content.decode(), ending="")
            return True
        try:
            target.write_bytes(content)
        except OSError as error:
            self.stderr.write(f"{path}: {target} cannot be written: {error.strerror}.")
            return False
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

    def targets(self, files: list[Path]) -> dict[Path, Path]:
        """Return the file to write for each; none where the text is printed.

        Recordings that differ only in their extension keep it in the name.
        """
        output: Path | None = self.options["output"]
        if output is None:
            return {}
        check_writable(output)
        stems = Counter(path.stem for path in set(files))
        extension = FORMATS[self.options["format"]].extension
        sources: dict[Path, Path] = {}
        for path in files:
            target = output / f"{path.stem if stems[path.stem] == 1 else path.name}.{extension}"
            other = sources.setdefault(target, path)
            if other != path:
                raise CommandError(
                    f"{other} and {path} would both become {target}: name another DIR for one."
                )
        return {path: target for target, path in sources.items()}


def check_writable(folder: Path) -> None:
    """See before hours of work that its outcome can be kept."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CommandError(f"Nothing can be written to {folder}: {error.strerror}.") from None
