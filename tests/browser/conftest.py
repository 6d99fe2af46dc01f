"""A real Chromium, shared by all browser tests of a process, and the running site."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import REQUIRE_ALL
from tests.jobs import run_jobs
from tests.make import PASSWORD

# Playwright keeps an event loop in our thread, and Django asks us to know it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# For the list below its address bar Chromium loads a page of its own in each new
# window, which takes a second. Of this option the last one counts, so it names again
# what Playwright switches off.
FEATURES_OFF = [
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    f"--disable-features={','.join(FEATURES_OFF)}",
]
FIRST_SIZE: Any = {"width": 1280, "height": 720}
LOOKS = ((360, "light"), (360, "dark"), (1280, "light"), (1280, "dark"))
# Rules of WCAG 2.2 A and AA, and axe's own good practices. Stylesheets it would fetch
# and parse for one rule alone, which it leaves out by itself.
AXE_OPTIONS = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}}


@dataclass
class Site:
    """The running site: ``url``, and what a test does besides clicking."""

    url: str

    def sign_in(self, page: Page, username: str, password: str = PASSWORD) -> None:
        page.goto(f"{self.url}/admin/login/")
        page.fill("[name=login]", username)
        page.fill("[name=password]", password)
        page.click("form button[type=submit], form [type=submit]")
        page.wait_for_url(f"{self.url}/admin/**")

    def sign_out(self, page: Page) -> None:
        page.context.clear_cookies()

    def run_jobs(self) -> None:
        """Do what a worker would do now."""
        run_jobs()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        words = "Chromium is not installed"
        if REQUIRE_ALL:
            pytest.fail(words)
        pytest.skip(words)
    # Inside its loop Django would open another connection, which knows nothing of the
    # test database's beginning: all tests of this process go on with the one they have.
    default = connections["default"]
    with sync_playwright() as playwright:
        connections["default"] = default
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh window; a failing script of ours on any page fails the test."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def site(live_server: Any) -> Site:
    return Site(live_server.url)


@pytest.fixture
def violations(chromium: Browser):
    """``violations(url, …)`` lists what axe finds wrong on a page, in short.

    The page is loaded once and looked at on a phone and a desk, in light and dark.
    """
    # Axe is put into the page, which our policy would forbid. One window for all the
    # pages of a test: opening it takes longer than looking at a page.
    context = chromium.new_context(bypass_csp=True, reduced_motion="reduce")
    page = context.new_page()

    def violations(
        url: str,
        *,
        looks: tuple[tuple[int, str], ...] = LOOKS,
        cookies: list[Any] | None = None,
        prepare: Any = None,
    ) -> list[str]:
        context.clear_cookies()
        context.add_cookies(cookies or [])
        page.set_viewport_size(FIRST_SIZE)
        page.emulate_media(color_scheme="light")
        page.goto(url, wait_until="load")
        if prepare:
            prepare(page)
        page.evaluate(AXE_SCRIPT)
        return [
            f"{width} {scheme}, {wrong}"
            for width, scheme in looks
            for wrong in wrong_with(page, width, scheme)
        ]

    yield violations
    context.close()


def wrong_with(page: Page, width: int, scheme: str) -> list[str]:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    found = page.evaluate(
        "async (options) => (await axe.run(options)).violations", AXE_OPTIONS
    )
    return [
        f"{entry['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
        for entry in found
        for node in entry["nodes"]
    ]
