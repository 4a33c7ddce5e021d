"""Words' times and segments' facts as the recording's page carries them."""

import pytest

from transcripts.models import Recording, Segment
from transcripts.models.word_times import UNIT, base36, encoded, lengths
from transcripts.segment_columns import columns_of


def decoded(times: str, start: float) -> list[tuple[float, float]]:
    said, found = round(start / UNIT), []
    for part in times.split():
        gap, _, length = part.rpartition("+")
        begin = said + int(gap or "0", 36)
        said = begin + int(length, 36)
        found.append((begin * UNIT, said * UNIT))
    return found


def test_encoded_times_stay_within_half_a_unit_over_many_words():
    words = [["word", 7.013 + 0.333 * n, 7.013 + 0.333 * n + 0.29, 0.9] for n in range(500)]
    for (start, end), word in zip(decoded(encoded(words, 7.013), 7.013), words, strict=True):
        assert start == pytest.approx(word[1], abs=UNIT / 2 + 1e-9)
        assert end == pytest.approx(word[2], abs=UNIT / 2 + 1e-9)


def test_times_never_run_backwards_where_words_overlap():
    times = decoded(encoded([["a", 1.0, 2.0, 1.0], ["b", 1.5, 1.6, 1.0], ["c", 1.8, 3.0, 1.0]], 1.0), 1.0)
    assert times == [(1.0, 2.0), (2.0, 2.0), (2.0, 3.0)]


@pytest.mark.parametrize("number", [0, 35, 36, 1295, 1296, 98765])
def test_base36_is_read_back(number):
    assert int(base36(number), 36) == number


def test_lengths_are_given_only_where_spaces_do_not_part_the_words():
    assert lengths([["three", 0, 1, 1], ["words", 1, 2, 1]], "three words") == ""
    assert lengths([["three", 0, 1, 1], ["-hour", 1, 2, 1]], "three-hour") == "5 5"
    assert lengths([["会", 0, 1, 1], ["议", 1, 2, 1]], "会议") == "1 1"
    assert lengths([["other", 0, 1, 1]], "text") == ""


@pytest.mark.django_db
def test_page_carries_facts_apart_from_the_text_and_words_on_request(alice, alice_client, bob_client):
    recording = Recording.objects.create(owner=alice, title="Note", state="done")
    transcript = recording.transcripts.create()
    speaker = transcript.speakers.create(number=2, name="Anna")
    for n in range(3):
        Segment.objects.create(
            transcript=transcript,
            position=n * 1000,
            start=n * 2.5,
            end=n * 2.5 + 1,
            text="Hello",
            words=[["Hello", n * 2.5, n * 2.5 + 1, 1.0]],
            speaker=speaker if n else None,
        )
    first = transcript.segments.first()
    columns = columns_of(transcript.segments.select_related("speaker"))
    assert columns["keys"] == [first.pk, 1, 1]
    assert columns["starts"] == [0, 2500, 2500]
    assert columns["lengths"] == [1000] * 3
    assert columns["speakers"] == [0, 2, 2]
    page = alice_client.get(recording.get_absolute_url())
    assert page.context["columns"] == columns
    words = alice_client.get(f"{recording.get_absolute_url()}words/")
    assert words.json()[str(first.pk)] == [1, "1e", ""]
    assert bob_client.get(f"{recording.get_absolute_url()}words/").status_code == 404
