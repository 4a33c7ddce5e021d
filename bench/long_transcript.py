"""A finished recording of three hours with its transcript, put straight into a product's database."""

import re
import shutil
from pydoc_data import topics
from random import Random

from bench.recordings import long_recording
from sttweb.accounts.models import User
from transcripts.engine import peaks
from transcripts.models import Recording, Segment, Transcript
from transcripts.models.transcript import POSITION_STEP

MINUTES = 180
WORDS = 26_000
SEGMENTS = 776
SPEAKERS = 3


def prose() -> list[str]:
    """Return so many words in sentences: of Python's manual, whose prose every installation has."""
    text = " ".join(topics.topics[name] for name in sorted(topics.topics))
    return re.findall(r"[A-Za-z][a-z']+[.,]?", text)[:WORDS]


def make(owner: User) -> Recording:
    """Return the recording, whose words come as fast as people speak, in steps of 20 ms as Whisper's do."""
    recording = Recording.objects.create(
        owner=owner,
        title="Three hours",
        state=Recording.State.DONE,
        media_type="audio/ogg",
        file_name="meeting.ogg",
        duration=MINUTES * 60.0,
    )
    recording.folder.mkdir(parents=True)
    shutil.copy(long_recording(MINUTES), recording.source_path)
    random = Random(1)
    recording.peaks_path.write_bytes(random.randbytes(MINUTES * 60 * peaks.RATE * peaks.PAIR_BYTES))
    transcript = recording.transcripts.create(language="en", model="generated")
    Segment.objects.bulk_create(segments(transcript, random))
    return recording


def segments(transcript: Transcript, random: Random) -> list[Segment]:
    speakers = [transcript.speakers.create(number=n + 1) for n in range(SPEAKERS)]
    words, made, pace = prose(), [], MINUTES * 60 / WORDS
    bounds = sorted(random.sample(range(1, WORDS), SEGMENTS - 1))
    for number, (first, last) in enumerate(zip([0, *bounds], [*bounds, WORDS], strict=True)):
        timed = spoken(words[first:last], first * pace, pace, random)
        made.append(
            Segment(
                transcript=transcript,
                position=number * POSITION_STEP,
                speaker=random.choice(speakers),
                start=timed[0][1],
                end=timed[-1][2],
                text=" ".join(words[first:last]),
                words=timed,
            )
        )
    return made


def spoken(words: list[str], start: float, pace: float, random: Random) -> list[list[object]]:
    """Give words times: by their length, with pauses after commas and full stops."""
    weights = [2 + len(w) + (6 if w[-1] in ".," else 0) + random.random() * 3 for w in words]
    each = pace * len(words) / sum(weights)
    timed, at = [], start
    for word, weight in zip(words, weights, strict=True):
        length = weight * each
        spoken_for = length * (0.6 if word[-1] in ".," else 1)
        timed.append([word, round(at / 0.02) / 50, round((at + spoken_for) / 0.02) / 50, 0.9])
        at += length
    return timed
