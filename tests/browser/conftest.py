"""One Chromium and one certificate authority for all tests of the page; a stage and windows for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sandbox.certificates import Certificates
from tests.browser import flows
from tests.browser.flows import Watch
from tests.browser.pool import Pool
from tests.browser.stage import KEY, Stage

# The same engine without a desktop browser around it: it takes a third of the processor time.
SHELL = Path("/usr/lib/chromium/chromium-headless-shell")
CHROMIUM = SHELL if SHELL.exists() else Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}

PATIENCE = 120_000  # milliseconds; a step takes a few, unless the machine is busy

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(
            f"The page is tested in Chromium, and {SHELL} is missing: apt-get install chromium-headless-shell",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        expect.set_options(timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Certificates]:
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    made.make()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(made.bundle))  # the stage calls the pool's token endpoint
        yield made


@pytest.fixture
def pool(certificates: Certificates) -> Iterator[Pool]:
    with Pool().running(certificates) as pool:
        yield pool


@pytest.fixture
def stage(certificates: Certificates, pool: Pool) -> Iterator[Stage]:
    """A stage with sign-in by key: most tests are about what comes after the sign-in."""
    with Stage(sign_in="api-key", pool=pool).running(certificates) as stage:
        yield stage


@pytest.fixture
def cognito_stage(certificates: Certificates, pool: Pool) -> Iterator[Stage]:
    with Stage(sign_in="cognito", pool=pool).running(certificates) as stage:
        yield stage


@pytest.fixture
def window(chromium: Browser) -> Iterator[OpenPage]:
    """Opens windows: `window(size=PHONE, color_scheme="dark", …)`; all close at the end of the test."""
    contexts = []

    def opened(size: dict[str, int] = DESK, **options: str) -> Page:
        context = chromium.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            ignore_https_errors=True,
            reduced_motion="reduce",
            **options,  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def page(window: OpenPage, stage: Stage) -> Iterator[Page]:
    """A desktop window, signed in; fails on complaints in the console and on requests to other origins."""
    page = window()
    watch = Watch.over(page)
    flows.enter(page, stage.url, KEY)
    yield page
    assert watch.complaints == []
    assert watch.strangers(stage.url) == []
