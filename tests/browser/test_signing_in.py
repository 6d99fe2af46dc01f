"""Passkeys and second factors in a real browser, under the policy of the admin."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP

from newsroom.accounts import second_factor
from tests import make
from tests.newsroom.accounts.conftest import code_of_the_app

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def device(page, settings):
    """A device that makes passkeys at once, as for a fingerprint."""
    settings.DEMO = True  # passkeys of localhost
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


@pytest.fixture
def refused(page):
    """What the browser refused to load or run."""
    refused = []
    page.on(
        "console",
        lambda message: (
            refused.append(message.text)
            if "Content Security Policy" in message.text
            else None
        ),
    )
    return refused


@pytest.mark.usefixtures("device")
def test_somebody_adds_a_passkey_and_signs_in_with_it_alone(
    page, site, settings, refused
):
    settings.SECOND_FACTOR_REQUIRED = True
    person = make.publisher()
    site.sign_in(page, person.username)
    page.get_by_text("Your role needs a second factor").wait_for()

    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("What do you call this device?").fill("Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.locator(".account-codes code").first.wait_for()
    page.get_by_role("link", name=re.compile("go to the desk")).click()
    page.wait_for_url(f"{site.url}/admin/")
    site.sign_out(page)
    page.goto(f"{site.url}/admin/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()

    page.wait_for_url(f"{site.url}/admin/")
    assert second_factor.has_one(person)
    assert refused == []


def test_a_device_that_gives_up_is_told(page, site, settings):
    settings.DEMO = True
    page.goto(f"{site.url}/admin/login/")
    page.evaluate(
        "() => { navigator.credentials.get = () => Promise.reject(new Error('no')) }"
    )

    page.get_by_role("button", name="Sign in with a passkey").click()

    page.get_by_text("The passkey was not used").wait_for()


def test_the_apps_code_is_asked_for_after_the_password(page, site, refused):
    person = make.publisher()
    TOTP.activate(person, SECRET)
    site.sign_in(page, person.username)
    page.get_by_label("Code").fill(code_of_the_app(SECRET))
    page.get_by_role("button", name="Continue").click()

    page.wait_for_url(f"{site.url}/admin/")
    assert refused == []


@pytest.mark.parametrize(
    "path", ["/admin/login/", "/admin/account/password/reset/", "/admin/self-check/"]
)
def test_the_pages_hinder_nobody(page, site, violations, path):
    cookies = []
    if "self-check" in path:
        site.sign_in(page, make.superuser().username)
        cookies = page.context.cookies()

    assert violations(f"{site.url}{path}", cookies=cookies) == []


@pytest.mark.parametrize(
    "path", ["/admin/login/", "/admin/account/second-factor/", "/admin/self-check/"]
)
def test_nothing_sticks_out_on_a_phone(page, site, path):
    page.set_viewport_size({"width": 360, "height": 740})
    if path != "/admin/login/":
        site.sign_in(page, make.superuser().username)

    page.goto(f"{site.url}{path}")

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
