"""Finding, replacing and checking the text of a real recording, by keyboard."""

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.fitting import check
from tests.product import Product

# What the engine doubts and the guards take out depends on the processor: here both are given.
DOUBTED = ["test", "meeting", "nine.", "Friday."]
LOST = "Thank you for listening."
GIVE = """
from transcripts.models import Recording
transcript = Recording.objects.get(pk={recording!r}).transcript
for segment in transcript.segments.all():
    for word, said in zip(segment.words, segment.text.split(), strict=True):
        word[3] = 0.2 if said in {doubted!r} else 0.9
    segment.save()
lost = {{"start": 4.0, "end": 4.5, "text": {lost!r}, "reason": "There was text where nobody spoke."}}
transcript.hypotheses.update(dropped=[lost, lost | {{"start": 4.6, "end": 5.0, "text": "Bye."}}])
"""


GIVE_ANOTHER = """
from transcripts.models import Recording
owner = Recording.objects.get(pk={recording!r}).owner
transcript = Recording.objects.create(owner=owner, title="Another", state="done").transcripts.create()
transcript.segments.create(position=0, start=0, end=1, text="Maria again.")
"""


@pytest.fixture
def doubtful(note: Page, product: Product) -> Page:
    """The page of the transcribed note, where some words are doubtful and some text was left out."""
    recording = note.url.rstrip("/").rpartition("/")[2]
    product.manage("shell", "-c", GIVE.format(recording=recording, doubted=DOUBTED, lost=LOST))
    note.reload()
    return note


def text(page: Page) -> Locator:
    return page.get_by_role("region", name="Transcript")


def marked(page: Page, name: str) -> list[str]:
    """Return what a highlight of the CSS Custom Highlight API covers."""
    return page.evaluate("name => [...(CSS.highlights.get(name) ?? [])].map(String)", name)


def await_marked(page: Page, name: str, words: list[str]) -> None:
    matches = "([name, words]) => [...(CSS.highlights.get(name) ?? [])].map(String).join() === words.join()"
    page.wait_for_function(matches, arg=[name, words])


def hold_first(page: Page, address: str) -> list[Route]:
    """Let the first request wait until it is continued; those after it go on."""
    held: list[Route] = []
    page.route(address, lambda route: route.continue_() if held else held.append(route))
    return held


def test_words_are_found_replaced_and_remembered_by_keyboard(note: Page) -> None:
    panel = note.get_by_role("region", name="Find and replace")
    note.keyboard.press("Control+f")
    field = panel.get_by_role("textbox", name="Find")
    expect(field).to_be_focused()
    note.keyboard.type("(a+)+$|(t)he")
    panel.get_by_label("Regular expression").check()
    expect(panel.get_by_text("3 places")).to_be_visible()
    await_marked(note, "found", ["the", "The", "the"])
    field.press("Enter")
    expect(panel.get_by_text("1 of 3")).to_be_visible()
    field.press("Shift+Enter")
    expect(panel.get_by_text("3 of 3")).to_be_visible()
    await_marked(note, "found-current", ["the"])
    field.fill("(")
    expect(panel.get_by_role("status")).to_contain_text("The regular expression cannot be used")
    await_marked(note, "found", [])
    panel.get_by_label("Regular expression").uncheck()
    field.fill("MARIA")
    expect(panel.get_by_text("1 place", exact=True)).to_be_visible()
    panel.get_by_label("Replace by").fill("Mária")
    expect(panel.get_by_role("button", name="MariaMária will send the report")).to_be_visible()
    panel.get_by_label("Remember in my vocabulary").check()
    check(note)
    panel.get_by_label("Replace by").press("Enter")
    expect(panel.get_by_text("1 of 1")).to_be_visible()
    panel.get_by_label("Replace by").press("Enter")
    expect(panel.get_by_role("status")).to_have_text("1 place was replaced. Undo takes it back.")
    expect(text(note)).to_contain_text("Mária will send the report on Friday.")
    # Letters with and without accents are different ones, and the case is not.
    field.fill("mária")
    panel.get_by_label("In all of mine").check()
    expect(panel.get_by_text("1 place in 1 recording")).to_be_visible()
    field.press("Enter")
    field.press("Escape")
    expect(panel).to_be_hidden()
    assert note.evaluate("getSelection().toString()") == "Mária"
    note.goto("/vocabulary/")
    expect(note.get_by_role("listitem").get_by_text("Mária")).to_be_visible()
    check(note)


def test_answer_that_was_overtaken_is_not_shown(note: Page) -> None:
    note.keyboard.press("Control+f")
    panel = note.get_by_role("region", name="Find and replace")
    field = panel.get_by_role("textbox", name="Find")
    held = hold_first(note, "**/find/")
    with note.expect_request("**/find/"):
        field.fill("nowhere")
    field.fill("meeting")
    expect(panel.get_by_role("status")).to_have_text("1 place")
    with note.expect_response("**/find/"):
        held[0].continue_()
    # It is there by now, and so would be what it says.
    note.wait_for_timeout(300)
    expect(panel.get_by_role("status")).to_have_text("1 place")
    await_marked(note, "found", ["meeting"])


def test_what_was_replaced_in_all_recordings_is_taken_back_at_once(note: Page, product: Product) -> None:
    recording = note.url.rstrip("/").rpartition("/")[2]
    product.manage("shell", "-c", GIVE_ANOTHER.format(recording=recording))
    note.keyboard.press("Control+f")
    panel = note.get_by_role("region", name="Find and replace")
    panel.get_by_role("textbox", name="Find").fill("Maria")
    panel.get_by_label("In all of mine").check()
    panel.get_by_label("Replace by").fill("Mária")
    panel.get_by_role("button", name="Replace all").click()
    expect(panel.get_by_role("status")).to_have_text("2 places were replaced in 2 recordings.")
    expect(text(note)).to_contain_text("Mária will send the report on Friday.")
    check(note)
    undo = panel.get_by_role("button", name="Undo in all recordings")
    undo.click()
    expect(panel.get_by_role("status")).to_have_text("Taken back in 2 recordings.")
    expect(text(note)).to_contain_text("Maria will send the report on Friday.")
    expect(undo).to_be_hidden()


def test_underlines_are_those_that_were_asked_for_last(doubtful: Page) -> None:
    doubtful.get_by_role("button", name="Check").click()
    box = doubtful.get_by_label("Underline doubtful words")
    held = hold_first(doubtful, "**/doubts/marks/")
    with doubtful.expect_request("**/doubts/marks/"):
        box.check()
    box.uncheck()
    box.check()
    await_marked(doubtful, "doubtful", DOUBTED)
    with doubtful.expect_response("**/doubts/marks/"):
        held[0].fulfill(json={"segments": {}})
    doubtful.wait_for_timeout(300)
    await_marked(doubtful, "doubtful", DOUBTED)


def test_doubtful_words_are_walked_heard_and_settled_by_keyboard(doubtful: Page) -> None:
    doubtful.get_by_role("button", name="Check").click()
    panel = doubtful.get_by_role("region", name="Check the text")
    field = panel.get_by_role("textbox", name="The word is")
    expect(field).to_be_focused()
    left = panel.get_by_text(re.compile(r"^\d+ words left"))
    expect(left).to_have_text(f"{len(DOUBTED)} words left")
    expect(field).to_have_value(DOUBTED[0])
    assert marked(doubtful, "doubt-current") == [DOUBTED[0]]
    field.press("ArrowDown")
    expect(panel.locator("form[data-at='1']")).to_be_visible()
    doubtful.wait_for_function("() => !document.querySelector('audio').paused")
    field.press("ArrowUp")
    expect(panel.locator("form[data-at='0']")).to_be_visible()
    field.press("Enter")
    expect(panel.get_by_role("status")).to_have_text("1 word was accepted.")
    expect(left).to_have_text(f"{len(DOUBTED) - 1} words left")
    panel.get_by_label("Underline doubtful words").check()
    await_marked(doubtful, "doubtful", DOUBTED[1:])
    check(doubtful)
    field.fill("Zwölf")
    expect(panel.get_by_role("button", name="Correct", exact=True)).to_be_visible()
    field.press("Shift+Enter")
    expect(panel.get_by_role("status")).to_contain_text("corrected.")
    expect(text(doubtful)).to_contain_text("Zwölf")
    field.press("Escape")
    expect(panel).to_be_hidden()
    assert marked(doubtful, "doubt-current") == []
    expect(doubtful.get_by_role("button", name="Check")).to_be_focused()


def test_what_was_left_out_is_heard_and_put_back(doubtful: Page) -> None:
    doubtful.get_by_role("button", name="Check").click()
    panel = doubtful.get_by_role("region", name="Check the text")
    entry = panel.locator(".dropped li").first
    expect(entry).to_contain_text(LOST)
    before = text(doubtful).get_by_role("textbox").count()
    doubtful.locator("audio").evaluate(
        "audio => audio.addEventListener('play', () => { window.hasPlayed = true; })"
    )
    entry.get_by_role("button", name="Hear it").click()
    # It ends by itself, which a busy page sees only afterwards.
    doubtful.wait_for_function("() => window.hasPlayed && document.querySelector('audio').paused")
    entry.get_by_role("button", name="Put it back").click()
    expect(panel.get_by_role("status")).to_contain_text("It is back in the text.")
    expect(panel.locator(".dropped li")).to_have_count(1)
    expect(text(doubtful).get_by_role("textbox")).to_have_count(before + 1)
    expect(text(doubtful).get_by_role("textbox").filter(has_text=LOST)).to_have_count(1)
    panel.get_by_role("link", name="See it beside the text").click()
    expect(doubtful.get_by_role("insertion").filter(has_text=LOST)).to_be_visible()
    check(doubtful)
