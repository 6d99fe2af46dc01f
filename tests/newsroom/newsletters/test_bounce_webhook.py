import base64
import json
import sys
import time
from importlib import reload

import pytest
from django.core import checks
from django.urls import clear_url_caches, reverse

from newsroom.newsletters import (
    mail_urls,
    provider_events,
    verp,
    webhook,
)
from newsroom.newsletters.models import (
    BounceEvent,
    Delivery,
    ReportTotal,
    Subscription,
    Suppression,
)
from tests import make
from tests.newsroom.newsletters.reported import mail

pytestmark = pytest.mark.django_db

KEY = "only-for-tests-only-for-tests-only-for-tests"
PATH = "/mail/bounces/"


@pytest.fixture(autouse=True)
def _configured(settings):
    settings.BOUNCE_DOMAIN = "bounces.example.org"
    settings.BOUNCE_WEBHOOK_KEY = KEY


@pytest.fixture
def delivery():
    newsletter = make.newsletter()
    reader = make.subscriber("reader@example.org", of=[newsletter])
    return Delivery.objects.create(
        issue=make.issue(newsletter=newsletter, articles=[]),
        subscriber=reader,
        address_digest=bytes(reader.address_digest),
        variant="en-full",
        state=Delivery.State.SUBMITTED,
    )


def post(client, body, *, ago=0, content_type="message/rfc822", **changes):
    timestamp = str(int(time.time()) - ago)
    headers = {
        "Bounce-Timestamp": timestamp,
        "Bounce-Signature": webhook.signature(timestamp, body),
    }
    return client.post(PATH, body, content_type=content_type, headers=headers | changes)


def post_event(client, **event):
    body = json.dumps(event).encode()
    return post(client, body, content_type="application/json")


def suppressed():
    return list(Suppression.objects.values_list("reason", flat=True))


def test_a_signed_report_is_taken_in(client, delivery):
    response = post(client, mail("hard", delivery.pk))

    assert response.status_code == 202
    assert suppressed() == ["bounce"]
    assert BounceEvent.objects.get().source == BounceEvent.Source.WEBHOOK


def test_the_answer_is_not_kept_and_sets_no_cookie(client, delivery):
    response = post(client, mail("hard", delivery.pk))

    assert "no-store" in response.headers["Cache-Control"]
    assert not response.cookies


def test_the_report_needs_no_token_of_a_form(delivery):
    from django.test import Client

    response = post(Client(enforce_csrf_checks=True), mail("hard", delivery.pk))

    assert response.status_code == 202


@pytest.mark.parametrize("ago", [301, -301, 3600])
def test_an_old_report_is_refused(client, delivery, ago):
    response = post(client, mail("hard", delivery.pk), ago=ago)

    assert response.status_code == 403
    assert suppressed() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"Bounce-Signature": ""},
        {"Bounce-Signature": "0" * 64},
        {"Bounce-Signature": "ü"},
        {"Bounce-Timestamp": ""},
        {"Bounce-Timestamp": str(int(time.time()) + 1)},
        {"Bounce-Timestamp": "9" * 5000},
    ],
)
def test_a_forged_report_is_refused(client, delivery, changes):
    response = post(client, mail("hard", delivery.pk), **changes)

    assert response.status_code == 403
    assert suppressed() == []
    assert ReportTotal.objects.count() == 0


def test_a_changed_report_is_refused(client, delivery):
    timestamp = str(int(time.time()))
    signed = webhook.signature(timestamp, mail("delayed", delivery.pk))
    headers = {"Bounce-Timestamp": timestamp, "Bounce-Signature": signed}

    response = client.post(
        PATH,
        mail("hard", delivery.pk),
        content_type="message/rfc822",
        headers=headers,
    )

    assert response.status_code == 403
    assert suppressed() == []


@pytest.mark.parametrize("timestamp", ["٣", "1e9", "-1", " 1", "1.5"])
def test_a_time_that_is_no_number_is_refused_even_signed(client, timestamp):
    body = b""

    response = post(
        client,
        body,
        **{
            "Bounce-Timestamp": timestamp,
            "Bounce-Signature": webhook.signature(timestamp, body),
        },
    )

    assert response.status_code == 403


def test_without_a_key_everything_is_refused(client, delivery, settings):
    settings.BOUNCE_WEBHOOK_KEY = ""

    response = post(client, mail("hard", delivery.pk))

    assert response.status_code == 403
    assert suppressed() == []


def test_a_get_is_refused(client):
    assert client.get(PATH).status_code == 405


def test_a_report_told_twice_counts_once(client, delivery):
    for _ in range(3):
        assert post(client, mail("full_mailbox", delivery.pk)).status_code == 202

    delivery.subscriber.refresh_from_db()
    assert delivery.subscriber.soft_bounces == 1


def test_a_signed_mail_without_our_signature_inside_changes_nothing(client, delivery):
    response = post(client, mail("forged", delivery.pk))

    assert response.status_code == 202
    assert suppressed() == []
    assert ReportTotal.objects.get().outcome == "forged"


def test_an_event_names_the_delivery(client, delivery):
    response = post_event(
        client, id="1", kind="hard", delivery=verp.message_id(delivery.pk)
    )

    assert response.status_code == 202
    assert suppressed() == ["bounce"]
    assert BounceEvent.objects.get().issue == delivery.issue


def test_an_event_may_name_the_address(client, delivery):
    response = post_event(
        client, id="1", kind="complaint", address="Reader@Example.org", status="abuse"
    )

    assert response.status_code == 202
    assert suppressed() == ["complaint"]


def test_an_event_on_a_stranger_is_counted(client):
    response = post_event(client, id="1", kind="hard", address="nobody@example.org")

    assert response.status_code == 202
    assert ReportTotal.objects.get().outcome == "unknown"


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"kind": "hard"}',
        b'{"kind": "hard", "id": "1"}',
        b'{"kind": "unheard", "id": "1", "address": "reader@example.org"}',
        b'{"kind": [], "id": "1", "address": "reader@example.org"}',
        b'{"kind": "hard", "id": "1", "address": "no address"}',
        b'{"kind": "hard", "id": "1", "address": "reader@example.org",'
        b' "status": "\\u0000"}',
    ],
)
def test_a_signed_event_of_another_form_is_told_so(client, delivery, body):
    response = post(client, body, content_type="application/json")

    assert response.status_code == 400
    assert suppressed() == []


# --- Events of a provider, by django-anymail

SECRET = "user:a-long-random-password"


@pytest.fixture
def postmark(settings):
    """The addresses as they are where a provider is configured."""
    settings.ANYMAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    _mount()
    yield
    settings.ANYMAIL_PROVIDER = ""
    _mount()


def _mount():
    reload(mail_urls)
    reload(sys.modules["newsroom.urls"])
    clear_url_caches()


def tell(client, *, secret=SECRET, **event):
    sent = {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": 4711,
        "Email": "reader@example.org",
        "Details": "smtp;550 5.1.1 Nobody of this name",
        "MessageID": "their-own",
        "BouncedAt": "2026-11-20T07:03:11Z",
    }
    password = base64.b64encode(secret.encode()).decode()
    return client.post(
        "/mail/provider/postmark/tracking/",
        json.dumps(sent | event),
        content_type="application/json",
        headers={"Authorization": f"Basic {password}"},
    )


def test_an_event_of_the_provider_is_taken_in(client, delivery, postmark):
    response = tell(client)

    assert response.status_code == 200
    assert suppressed() == ["bounce"]
    event = BounceEvent.objects.get()
    assert (event.source, event.status) == ("webhook", "5.1.1")


def test_an_event_of_the_provider_told_twice_counts_once(client, delivery, postmark):
    for _ in range(3):
        tell(client, MessageID=verp.message_id(delivery.pk), Details="552 5.2.2 Full")

    delivery.subscriber.refresh_from_db()
    assert BounceEvent.objects.get().issue == delivery.issue
    assert delivery.subscriber.soft_bounces == 1


def test_an_event_without_the_secret_is_refused(client, delivery, postmark):
    response = tell(client, secret="user:another")

    assert response.status_code == 400
    assert suppressed() == []


@pytest.mark.parametrize(
    ("event", "reasons", "outcomes"),
    [
        ({"RecordType": "SpamComplaint", "Type": "SpamComplaint"}, ["complaint"], []),
        ({"Type": "SoftBounce", "Details": "452 4.2.2 Full"}, [], []),
        ({"Type": "Transient"}, [], []),
        ({"Type": "AutoResponder"}, [], []),
        ({"Type": "Blocked", "Details": "550 5.7.1 Blocked"}, [], ["refused"]),
        ({"Details": "550 5.7.1 Your network is on a blocklist"}, [], ["refused"]),
        ({"Type": "BadEmailAddress", "Details": ""}, ["bounce"], []),
        ({"RecordType": "Delivery"}, [], []),
        ({"RecordType": "Open"}, [], []),
        ({"Email": "nobody@example.org"}, [], ["unknown"]),
        ({"Email": "no address"}, [], ["unknown"]),
    ],
)
def test_each_sort_of_event_has_its_effect(
    client, delivery, postmark, event, reasons, outcomes
):
    response = tell(client, **event)

    assert response.status_code == 200
    assert suppressed() == reasons
    assert list(ReportTotal.objects.values_list("outcome", flat=True)) == outcomes


def test_who_unsubscribes_with_the_provider_is_unsubscribed_here(
    client, delivery, postmark
):
    tell(
        client,
        RecordType="SubscriptionChange",
        Recipient="reader@example.org",
        SuppressSending=True,
        SuppressionReason="ManualSuppression",
    )

    states = set(delivery.subscriber.subscriptions.values_list("state", flat=True))
    assert states == {Subscription.State.UNSUBSCRIBED}
    assert suppressed() == []


def test_there_are_no_addresses_for_providers_unless_one_is_configured(client):
    response = client.post("/mail/provider/postmark/tracking/")

    assert response.status_code == 404


def test_only_the_events_of_the_configured_provider_are_heard(client, postmark):
    assert client.post("/mail/provider/mailgun/tracking/").status_code == 404
    assert client.post("/mail/provider/postmark/inbound/").status_code == 404


def test_the_address_of_the_webhook_is_as_documented():
    assert reverse("newsletter_mail:bounces") == PATH


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"BOUNCE_DOMAIN": "not a domain"}, "newsletters.E001"),
        ({"BOUNCE_WEBHOOK_KEY": "short"}, "newsletters.E002"),
        ({"BOUNCE_MAILBOX_URL": "imap://me@example.org"}, "newsletters.E003"),
        ({"ANYMAIL_PROVIDER": "nobody"}, "newsletters.E004"),
        ({"ANYMAIL_PROVIDER": "postmark", "ANYMAIL": {}}, "newsletters.E005"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(settings, changes, found):
    for name, value in changes.items():
        setattr(settings, name, value)

    assert [problem.id for problem in checks.run_checks()] == [found]


def test_settings_that_can_work_do_not(settings):
    settings.BOUNCE_MAILBOX_URL = "imaps://me:secret@example.org/INBOX"
    settings.ANYMAIL_PROVIDER = "amazon_ses"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}

    assert checks.run_checks() == []
    assert len(provider_events.webhooks("amazon_ses")) == 1
