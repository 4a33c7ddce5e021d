"""The account pages in Chromium, found by the names that people and scripts know them by."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.accounts.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)

TIMEOUT_MS = 90_000
PATHS = ["login/", "signup/", "password/reset/", "password/reset/done/", "password/reset/key/1-x-y/"]
SIGNED_IN_PATHS = ["", "password/change/", "delete/", "logout/"]


def violations(page) -> str:
    found = Axe().run(page)
    return f"{page.url}\n{found.generate_report()}" if found.violations_count else ""


def is_too_wide(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def test_account_is_made_left_and_entered_again(live_server, chromium) -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(f"{live_server.url}/accounts/signup/")
        page.get_by_label("E-mail", exact=True).fill("dora@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign up", exact=True).click()
        page.wait_for_url(f"{live_server.url}/")
        page.get_by_role("button", name="Sign out", exact=True).click()
        page.wait_for_url("**/accounts/login/")
        page.get_by_label("E-mail", exact=True).fill("dora@example.org")
        page.get_by_label("Password", exact=True).fill("wrong")
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("alert").get_by_text("The e-mail or the password is wrong").wait_for()
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{live_server.url}/")


def test_account_is_deleted_by_its_password(live_server, alice_client, chromium) -> None:
    cookie = alice_client.cookies["sttweb_session"].value
    with chromium() as browser:
        # A form like any other.
        context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
        context.set_default_timeout(TIMEOUT_MS)
        context.add_cookies([{"name": "sttweb_session", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.goto("/accounts/")
        page.get_by_role("link", name="Delete the account").click()
        page.get_by_label("Password", exact=True).fill("wrong")
        page.get_by_role("button", name="Delete account", exact=True).click()
        page.get_by_role("alert").get_by_text("This is not your current password").wait_for()
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Delete account", exact=True).click()
        page.get_by_text("Your account is deleted.").wait_for()
        page.goto("/accounts/")
        page.wait_for_url("**/accounts/login/?next=/accounts/")


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_are_accessible_and_fit(
    live_server, alice_client, chromium, settings, color_scheme, width
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
    session = alice_client.cookies["sttweb_session"].value
    found, wide, console = [], [], []
    with chromium() as browser:
        context = browser.new_context(color_scheme=color_scheme, viewport={"width": width, "height": 800})
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        page.on("console", lambda line: console.append(line.text))

        def visit(path: str) -> None:
            page.goto(f"{live_server.url}/{path}")
            found.append(violations(page))
            wide.append(path if is_too_wide(page) else "")

        for path in PATHS:
            visit(f"accounts/{path}")
        visit("nothing-here/")
        page.goto(f"{live_server.url}/accounts/signup/")
        page.get_by_role("button", name=re.compile("Sign up")).click()
        page.get_by_role("alert").first.wait_for()
        found.append(violations(page))
        page.get_by_label("E-mail", exact=True).fill("dora@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign up").click()
        page.get_by_label("Code", exact=True).fill("WRONG1")
        page.get_by_role("button", name="Confirm").click()
        page.get_by_role("alert").get_by_text("This is not the code").wait_for()
        found.append(violations(page))
        wide.append("signup/code/" if is_too_wide(page) else "")
        context.add_cookies([{"name": "sttweb_session", "value": session, "url": live_server.url}])
        for path in SIGNED_IN_PATHS:
            visit(f"accounts/{path}")
    assert not any(found), "\n".join(found)
    assert not any(wide)
    assert not [line for line in console if "Content Security" in line]
