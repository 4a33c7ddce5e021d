"""API keys and webhooks in the settings: made, used and taken away in the browser."""

import json

import requests
from playwright.sync_api import expect
from standardwebhooks import Webhook

from tests.browser.conftest import Visit, try_sample
from tests.browser.test_pages_fit import check
from tests.product import Product
from tests.receiver import receiver


def test_key_is_made_with_the_keyboard_copied_used_and_revoked(product: Product, visit: Visit) -> None:
    page = visit()
    page.goto("/accounts/")
    page.get_by_role("link", name="Keys for your programs").click()
    expect(page.get_by_text("There are no keys yet.")).to_be_visible()
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Give it a name")
    check(page)
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.type("Night job")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    shown = page.get_by_label("Key", exact=True)
    expect(shown).to_be_visible()
    text = shown.input_value()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).to_have_text("Copied")
    check(page)
    models = f"{product.url}/v1/models"
    headers = {"Authorization": f"Bearer {text}"}
    assert requests.get(models, headers=headers, timeout=60).status_code == 200
    page.goto("/api-keys/")
    expect(page.get_by_role("listitem").filter(has_text="Night job")).to_contain_text(
        "May transcribe, manage. Last used"
    )
    expect(shown).to_have_count(0)
    page.get_by_role("button", name="Revoke “Night job”").click()
    expect(page.get_by_text("“Night job” was revoked")).to_be_visible()
    page.get_by_text("Revoked and ended (1)").click()
    check(page)
    assert requests.get(models, headers=headers, timeout=60).status_code == 401


def test_webhook_is_added_tried_told_of_a_recording_and_deleted(visit: Visit) -> None:
    page = visit()
    with receiver() as heard:
        page.goto("/webhooks/")
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("alert")).to_contain_text("Give the address")
        check(page)
        page.get_by_label("Address").fill(heard.url)
        page.get_by_role("button", name="Add").click()
        secret = page.get_by_label("Secret", exact=True).input_value()
        check(page)
        page.get_by_role("button", name="Send a test").click()
        # The log looks again by itself.
        expect(page.locator(".outcome")).to_have_text("Delivered")
        (posted,) = heard.posted
        assert Webhook(secret).verify(posted.body, posted.headers)["type"] == "webhook.test"
        page.get_by_role("button", name="Send webhook.test of").click()
        expect(page.get_by_text("The message is sent again")).to_be_visible()
        expect(page.locator(".outcome")).to_have_text("Delivered")
        assert len(heard.ids) == 2
        assert len(set(heard.ids)) == 1
        address = page.url
        try_sample(page)
        recording = page.url.rstrip("/").rpartition("/")[2]
        page.goto(address)
        expect(page.get_by_text("recording.done")).to_be_visible()
        expect(page.locator(".outcome").first).to_have_text("Delivered")
        told = json.loads(heard.posted[-1].body)
        assert (told["type"], told["data"]["id"]) == ("recording.done", recording)
        page.get_by_role("button", name="Replace the secret").click()
        assert page.get_by_label("Secret", exact=True).input_value() != secret
        page.get_by_role("button", name="Disable").click()
        expect(page.get_by_text("It is disabled, and told nothing.")).to_be_visible()
        check(page)
        page.get_by_role("button", name="Delete", exact=True).click()
        page.get_by_role("button", name="Keep it").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        page.get_by_role("button", name="Delete it").click()
        expect(page.get_by_text("There are no webhooks yet.")).to_be_visible()
