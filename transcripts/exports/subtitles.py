"""SubRip and WebVTT.

SubRip has no specification; what its own program writes is followed, with the line feeds that ffmpeg writes.
WebVTT: https://www.w3.org/TR/webvtt1/, sections 4.1, 4.2.2 and 6.4.
"""

from typing import ClassVar

from transcripts.exports.clocks import precise_clock
from transcripts.exports.cues import Cue, cues_of
from transcripts.exports.document import DEFAULTS, Document, Format, Options
from transcripts.exports.pieces import Piece


class Subtitles(Format):
    decimal_mark: ClassVar[str]
    header: ClassVar[str] = ""
    is_numbered: ClassVar[bool] = False
    # Whether a speaker's name can only be shown as a part of the text.
    is_labelled: ClassVar[bool] = False

    def render(self, document: Document, options: Options = DEFAULTS) -> bytes:
        found = cues_of(document, options, is_labelled=self.is_labelled)
        blocks = (self._block(number, cue, options) for number, cue in enumerate(found, 1))
        return (self.header + "\n".join(blocks)).encode()

    def _block(self, number: int, cue: Cue, options: Options) -> str:
        times = " --> ".join(precise_clock(ms, self.decimal_mark) for ms in (cue.start_ms, cue.end_ms))
        lines = [str(number)] if self.is_numbered else []
        return "\n".join([*lines, times, *self._lines(cue, options)]) + "\n"

    def _lines(self, cue: Cue, options: Options) -> list[str]:
        raise NotImplementedError


class Srt(Subtitles):
    """SubRip cannot escape: what a player would take for markup or times is written with other characters."""

    name = "SRT"
    media_type = "application/x-subrip; charset=utf-8"
    extension = "srt"
    decimal_mark = ","
    is_numbered = True
    is_labelled = True
    _INERT = str.maketrans("<>{}", "‹›()")

    def _lines(self, cue: Cue, options: Options) -> list[str]:
        return [line.translate(self._INERT) for line in cue.lines]


class WebVtt(Subtitles):
    name = "VTT"
    media_type = "text/vtt; charset=utf-8"
    extension = "vtt"
    decimal_mark = "."
    header = "WEBVTT\n\n"

    def _lines(self, cue: Cue, options: Options) -> list[str]:
        lines = [self._line(line, cue, options) for line in cue.pieces]
        if cue.speaker:
            # With hyphens at its end the name would make an arrow; space there does not count.
            name = _escape(cue.speaker) + (" " if cue.speaker.endswith("-") else "")
            lines[0] = f"<v {name}>{lines[0]}"
            lines[-1] += "</v>"
        return lines

    def _line(self, pieces: list[Piece], cue: Cue, options: Options) -> str:
        times = _timestamps(cue) if options.word_cues else {}
        return "".join(
            (" " if piece.is_spaced and number else "") + times.get(id(piece), "") + _escape(piece.text)
            for number, piece in enumerate(pieces)
        )


def _timestamps(cue: Cue) -> dict[int, str]:
    """Return tags for when words are spoken: inside the cue, each after the last; the first has none."""
    tags: dict[int, str] = {}
    latest = cue.start_ms
    for piece in (piece for line in cue.pieces for piece in line):
        if latest < piece.start_ms < cue.end_ms and piece is not cue.pieces[0][0]:
            latest = piece.start_ms
            tags[id(piece)] = f"<{precise_clock(latest)}>"
    return tags


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
