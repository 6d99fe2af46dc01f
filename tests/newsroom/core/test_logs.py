import json
import logging
import logging.config

import pytest
import structlog
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.urls import path, reverse

from newsroom import urls as site_urls
from newsroom.core import logs
from tests import make

ADDRESS = "maria.secret@reader.example"
SECRET = "hunter2-hunter2"
WORD = "whistleblower"
NETWORK = "203.0.113.77"
AGENT = "Strange-Browser/7.7"
TOKEN = "d3x9vf-0123456789abcdef0123456789abcdef"


def broken(request, token=""):
    secret_of_the_function = SECRET
    raise RuntimeError(f"Cannot mail {ADDRESS} from {NETWORK} with {TOKEN}") from (
        ValueError(f"/search/?q={WORD}, {len(secret_of_the_function)}")
    )


def fine(request, token=""):
    return HttpResponse("fine")


handler404 = site_urls.handler404
handler500 = site_urls.handler500
urlpatterns = [
    path("broken/<str:token>/", broken),
    path("fine/<str:token>/", fine),
    *site_urls.urlpatterns,
]


@pytest.fixture(params=[False, True], ids=["json", "human"])
def every_format(request):
    logs.configure(logs.configuration(human_readable=request.param))
    yield
    logs.configure(settings.LOGGING)


@pytest.fixture
def as_json():
    logs.configure(logs.configuration(human_readable=False))
    yield
    logs.configure(settings.LOGGING)


@pytest.fixture
def browser(settings):
    settings.ROOT_URLCONF = __name__
    return Client(
        raise_request_exception=False,
        headers={"user-agent": AGENT},
        REMOTE_ADDR=NETWORK,
    )


def lines(captured):
    return [json.loads(line) for line in captured.out.splitlines()]


@pytest.mark.django_db
@pytest.mark.usefixtures("every_format")
def test_no_form_and_no_failure_puts_anything_personal_into_the_logs(browser, capfd):
    person = make.user(username="maria-secret", email=ADDRESS)
    capfd.readouterr()

    browser.post("/admin/login/", {"login": ADDRESS, "password": SECRET})
    browser.post("/admin/login/", {"login": person.username, "password": SECRET})
    browser.post(reverse("account_reset_password"), {"email": ADDRESS})
    browser.get(f"/admin/account/password/reset/1-{TOKEN}/")
    browser.get(f"/fine/{TOKEN}/?q={WORD}&email={ADDRESS}")
    browser.get(f"/broken/{TOKEN}/?q={WORD}")
    browser.get(f"/no/such/page/{TOKEN}/?q={WORD}")
    browser.get("/fine/x/", headers={"host": "evil.example"})
    Client(enforce_csrf_checks=True).post(
        f"/fine/{TOKEN}/?q={WORD}", {"email": ADDRESS, "q": WORD}
    )

    captured = capfd.readouterr()
    everything = captured.out + captured.err
    assert everything.count("request_failed") == 1
    for word in (ADDRESS, "maria-secret", SECRET, WORD, NETWORK, AGENT, TOKEN):
        assert word not in everything, word


@pytest.mark.usefixtures("as_json")
def test_a_request_is_one_line_with_the_pattern_of_its_address(browser, capfd):
    browser.get(f"/fine/{TOKEN}/?q={WORD}")

    [line] = lines(capfd.readouterr())
    assert line["event"] == "request"
    assert line["method"] == "GET"
    assert line["route"] == "/fine/<str:token>/"
    assert line["status"] == 200
    assert line["milliseconds"] >= 0
    assert len(line["request_id"]) == 36
    assert "user_id" not in line


@pytest.mark.django_db
@pytest.mark.usefixtures("as_json")
def test_a_line_names_the_member_of_staff_by_number(sign_in, capfd):
    person = make.user()

    sign_in(person).get(reverse("mfa_index"))

    line = lines(capfd.readouterr())[-1]
    assert line["user_id"] == person.pk
    assert person.username not in str(line)


@pytest.mark.usefixtures("as_json")
def test_a_failure_is_told_once_with_its_traceback_and_the_requests_id(browser, capfd):
    browser.get(f"/broken/{TOKEN}/")

    failure, request = lines(capfd.readouterr())
    assert failure["event"] == "request_failed"
    assert failure["request_id"] == request["request_id"]
    assert request["status"] == 500
    assert "RuntimeError: Cannot mail [address] from [network]" in failure["exception"]
    assert "ValueError" in failure["exception"]
    assert "secret_of_the_function = " in failure["exception"] or (
        SECRET not in failure["exception"]
    )


@pytest.mark.usefixtures("as_json")
def test_libraries_speak_through_the_same_sieve(capfd):
    logging.getLogger("some.library").warning("Bounced: %s (%s)", ADDRESS, NETWORK)
    structlog.get_logger().info("sent", email=ADDRESS, to=[ADDRESS], count=3)

    bounced, sent = lines(capfd.readouterr())
    assert bounced["event"] == "Bounced: [address] ([network])"
    assert bounced["logger"] == "some.library"
    assert sent["count"] == 3
    assert "email" not in sent
    assert "to" not in sent


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("mail to a.b+c@d.example failed", "mail to [address] failed"),
        ("почта мария@пример.рф", "почта [address]"),
        ("maria%40reader.example", "[address]"),
        ("/search/?q=word&page=2 took long", "/search/?… took long"),
        (f"/unsubscribe/{TOKEN}/", "/unsubscribe/[token]/"),
        ("from 203.0.113.7:4711", "from [network]:4711"),
        ("from 2001:db8::17", "from [network]"),
        ("from 2001:db8:1:2::17", "from [network]"),
        ("on http://127.0.0.1:8000", "on http://127.0.0.1:8000"),
        ("at 19:57:01", "at 19:57:01"),
        ("articles.tasks.make_renditions[12](image_id=3)",) * 2,
        ("a_function_with_a_long_name_without_digits",) * 2,
        ("PostgreSQL 18.1, 3.5 s",) * 2,
    ],
)
def test_what_looks_personal_is_cut_out(text, clean):
    assert logs.redacted(text) == clean


def test_a_long_line_is_cleaned_quickly():
    assert logs.redacted("a" * 200_000) == "a" * 200_000


def test_an_error_report_is_as_clean_as_the_logs():
    event = {
        "event_id": "0123456789abcdef0123456789abcdef",
        "exception": {
            "values": [{"type": "RuntimeError", "value": f"Cannot mail {ADDRESS}"}]
        },
        "request": {
            "method": "POST",
            "url": f"https://news.example/x/{TOKEN}/?q={WORD}",
            "headers": {"User-Agent": AGENT, "Cookie": TOKEN},
            "data": {"email": ADDRESS},
            "env": {"REMOTE_ADDR": NETWORK},
        },
        "user": {"ip_address": NETWORK, "email": ADDRESS},
        "breadcrumbs": {"values": [{"message": WORD}]},
        "extra": {"q": WORD},
        "transaction": f"/x/{TOKEN}/",
    }

    report = logs.scrubbed(event, {})

    for word in (ADDRESS, WORD, NETWORK, AGENT, TOKEN):
        assert word not in str(report)
    assert report["event_id"] == event["event_id"]
    assert report["exception"]["values"][0]["type"] == "RuntimeError"
    assert report["request"] == {"method": "POST"}
