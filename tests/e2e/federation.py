"""People of external identity providers, in Chromium: they sign in at their provider, load, ask, and sign out."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser import flows
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PATIENCE
from tests.identity_providers import IdentityProviders

WRITER, READER, STRANGER = "ada", "grace", "mallory"
PEOPLE: dict[str, dict[str, Any]] = {
    WRITER: {"email": "ada@company.example", "groups": ["writers", "people team"]},
    READER: {"email": "grace@partner.example", "groups": ["staff"]},
    # A group of that name makes an owner only when the pool itself has it.
    STRANGER: {"email": "mallory@partner.example", "groups": ["guests", "owner"]},
}
QUESTION, ONLY_FOR_WRITERS = "What does the captain of the Orkla ferry earn?", "870,000"


def settings(providers: IdentityProviders) -> dict[str, Any]:
    """Settings of an assistant: both providers, and the permissions of their groups."""
    company = {
        "issuer": providers.issuer,
        "client_id": providers.client_id,
        "secret": {"name": "osml/api/sign-in", "key": "client_secret"},
        "groups": "groups",
    }
    partner = {"metadata_url": providers.metadata_url, "groups": "groups"}
    return {
        "sign_in": "cognito",
        "page": True,
        "providers": {"Company": company, "Partner": partner},
        "access": {"others": "nobody", "readers": ["staff"], "editors": ["writers"], "groups": {"hr": ["writers"]}},
    }


def asked_by_everybody(url: str, work: Path) -> None:
    """Each person does what their groups allow, and no more."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        # All functions have a cold start after the deploy.
        expect.set_options(timeout=4 * PATIENCE)

        def window() -> Page:
            page: Page = browser.new_context(ignore_https_errors=True).new_page()
            page.goto(url)
            page.get_by_role("button", name="Sign in").click()
            return page

        writer = window()
        _company(writer, WRITER)
        pay = work / "pay.md"
        pay.write_text(f"# Pay\n\nThe captain of the Orkla ferry earns {ONLY_FOR_WRITERS} a year.")
        flows.open_documents(writer)
        writer.get_by_label("Only for the groups").fill("hr")
        assert "1 passage" in flows.upload(writer, [pay])["pay.md"]
        flows.open_conversation(writer)
        assert ONLY_FOR_WRITERS in flows.ask(writer, QUESTION).text

        reader = window()
        _partner(reader, READER)
        answer = flows.ask(reader, QUESTION)
        assert (ONLY_FOR_WRITERS in answer.text, answer.failure) == (False, "")

        stranger = window()
        _partner(stranger, STRANGER)
        assert "you are in none of them" in flows.ask(stranger, QUESTION).failure

        flows.open_documents(writer)
        flows.remove(writer, "Pay")
        flows.sign_out(writer)
        writer.goto(url)
        writer.get_by_role("button", name="Sign in").click()
        # The pool's session has ended, so it offers the providers again.
        expect(writer.get_by_role("link", name="Continue with Company")).to_be_visible()
        browser.close()


def _company(page: Page, person: str) -> None:
    """Sign in at the provider of OpenID Connect, which asks for consent to the claims."""
    page.get_by_role("link", name="Continue with Company").click()
    page.locator("input[name=login]").fill(person)
    page.locator("input[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Your question")).to_be_visible()


def _partner(page: Page, person: str) -> None:
    """Sign in at the provider of SAML, whose answer is a form that submits itself."""
    page.get_by_role("link", name="Continue with Partner").click()
    page.get_by_label("Name at the partner").fill(person)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Your question")).to_be_visible()
