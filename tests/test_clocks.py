import pytest

from transcripts import clocks, finishing, merging
from transcripts.models import Recording


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00.00"), (59.994, "0:59.99"), (119.996, "2:00.00"), (3725.25, "1:02:05.25")],
)
def test_precise_clock_counts_no_sixtieth_second(seconds, shown):
    assert clocks.precise_clock(seconds) == shown


def test_sentences_say_hours_as_pages_do():
    recording = Recording(is_cut_short=True, is_live=True, duration=3725.0)
    assert finishing.note_of(recording) == "This recording ended without Stop: 1:02:05 was saved."
    assert "1:02:05–1:02:09" in merging.message_of(1, 1, [(3725.0, 3729.0)])
