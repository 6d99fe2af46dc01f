import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path

from newsroom import urls
from newsroom.core.headers import (
    ContentSecurityPolicyMiddleware,
    SecurityHeadersMiddleware,
)


def page(request):
    return HttpResponse("page")


def page_with_nonce(request):
    return HttpResponse(str(request.csp_nonce))


def answer(address, view=page):
    chain = SecurityHeadersMiddleware(ContentSecurityPolicyMiddleware(view))
    return chain(RequestFactory().get(address))


def policy(response):
    directives = response["Content-Security-Policy"].split("; ")
    return {
        name: values.split()
        for name, _, values in (d.partition(" ") for d in directives)
    }


def test_public_pages_run_our_own_scripts_and_no_others():
    allowed = policy(answer("/2026/11/23/a-story/"))

    assert allowed["default-src"] == ["'none'"]
    assert allowed["script-src"] == ["'self'"]
    assert allowed["style-src"] == ["'self'"]
    assert allowed["base-uri"] == ["'none'"]
    assert allowed["frame-ancestors"] == ["'none'"]


def test_no_public_policy_ever_carries_a_nonce():
    response = answer("/", page_with_nonce)

    assert "nonce-" not in response["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/admin/", "/admin/login/", "/admin/articles/x/"])
def test_the_admin_has_a_policy_of_its_own(address):
    response = answer(address, page_with_nonce)

    allowed = policy(response)
    nonce = response.content.decode()
    assert allowed["script-src"] == ["'self'", f"'nonce-{nonce}'"]
    assert allowed["style-src-attr"] == ["'unsafe-inline'"]
    assert "'unsafe-inline'" not in allowed["style-src"]
    assert allowed["frame-ancestors"] == ["'self'"]


def test_no_policy_allows_eval_or_inline_scripts():
    for address in ("/", "/admin/"):
        scripts = policy(answer(address))["script-src"]

        assert "'unsafe-eval'" not in scripts
        assert "'unsafe-inline'" not in scripts


def test_nonces_are_new_each_time():
    one, other = (answer("/admin/", page_with_nonce).content for _ in range(2))

    assert one != other


def test_pages_of_the_admin_are_kept_nowhere():
    assert answer("/admin/login/")["Cache-Control"] == "no-store, private"
    assert "Cache-Control" not in answer("/")


def test_pages_ask_for_no_device_and_belong_to_our_origin():
    response = answer("/")

    assert "geolocation=()" in response["Permissions-Policy"]
    assert "camera=()" in response["Permissions-Policy"]
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"


def test_feed_readers_and_webmail_may_show_our_pictures():
    response = answer("/media/ab/picture.webp")

    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_an_admin_page_may_be_framed_by_the_admin_alone():
    assert answer("/admin/")["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("X-Frame-Options", "DENY"),
    ],
)
def test_every_answer_says_so(client, name, value):
    with override_settings(ROOT_URLCONF=__name__):
        response = client.get("/a-page/")

    assert response[name] == value


handler404 = urls.handler404
handler500 = urls.handler500
urlpatterns = [path("a-page/", page), *urls.urlpatterns]


def test_production_settings_pass_djangos_own_checks():
    environment = {
        "ADDRESS_KEY": "hJ6dS0gA-Yu_EiOoXwVbQnZrTkMlKq3vR8x2Lw7zN5tB1mC9pF4",
        "ALLOWED_HOSTS": "news.example",
        "DATABASE_URL": "postgresql://newsroom:secret@127.0.0.1:1/newsroom",
        "DATA_DIR": str(settings.DATA_DIR),
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "Kq3vR8x2Lw7zN5tB1mC9pF4hJ6dS0gA-Yu_EiOoXwVbQnZrTkMl",
        "SITE_URL": "https://news.example",
    }
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]

    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
