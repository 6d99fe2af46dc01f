"""Who sees what of reader support: a walk through every page of its admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import get_resolver, reverse

from newsroom.accounts import roles
from newsroom.support.models import GiverLook
from tests import make
from tests.newsroom.support.staff import ADDRESS, CANARIES, house, staff

pytestmark = pytest.mark.django_db

OTHERS = [
    roles.WRITERS,
    roles.EDITORS,
    roles.PUBLISHERS,
    roles.PICTURE_DESK,
    roles.NEWSLETTER_STAFF,
]
# Rows that the urls of a model are tried with.
ROWS = {
    "campaign": "campaign",
    "prompt": "prompt",
    "contribution": "gift",
    "recurringcontribution": "recurring",
    "giver": "giver",
    "giverlook": "look",
    "webhookevent": "event",
    "difference": "difference",
    "bankline": "line",
    "reminder": "reminder",
    "exchangerate": "rate",
    "countrypolicy": "policy",
    "paymentmethod": "method",
}
# Known without a right of their own: redirects to a list or to the sign-in.
NOT_SHOWN = {302, 403, 404, 405}


def addresses(rows) -> list[str]:
    """Every URL of the admin of support, filled with rows that exist."""
    found = []
    for pattern in _patterns():
        model = pattern.split("/")[1]
        number = str(getattr(rows, ROWS[model]).pk) if model in ROWS else "1"
        if model in ("asking", "freeamount"):
            number = "1"
        pattern = pattern.replace("^([^/]+)", number).replace("([^/]+)/$", "1/")
        for name in ("object_id", "pk"):
            pattern = pattern.replace(f"<{name}>", number)
        pattern = pattern.replace("<variant>", str(rows.variant.pk))
        if "<way>" in pattern:
            pattern = pattern.replace("<way>", "up")
        assert "<" not in pattern, pattern
        found.append(f"/admin/{pattern}")
    return found


def _patterns() -> list[str]:
    [admin] = [
        one
        for one in get_resolver().url_patterns
        if getattr(one, "namespace", "") == "admin"
    ]
    patterns = []
    for group in admin.url_patterns:
        prefix = str(group.pattern)
        if prefix.startswith("support/"):
            patterns += [_bare(f"{prefix}{one.pattern}") for one in group.url_patterns]
    return patterns


def _bare(pattern: str) -> str:
    for converter in ("int:", "str:", "path:", "slug:"):
        pattern = pattern.replace(f"<{converter}", "<")
    return pattern


def test_the_walk_finds_the_pages_of_every_model():
    urls = addresses(house())

    assert len(urls) > 90
    assert any("/giver/" in url for url in urls)
    assert any("/contribution/export/" in url for url in urls)


def test_support_staff_open_every_page_without_an_error(sign_in):
    rows = house()
    client = sign_in(staff())

    answers = {url: client.get(url).status_code for url in addresses(rows)}

    assert {url: code for url, code in answers.items() if code >= 500} == {}
    opened = [url for url, code in answers.items() if code == 200]
    assert len(opened) > 50


@pytest.mark.parametrize("role", [None, *OTHERS])
def test_nobody_else_sees_anything_of_it(sign_in, client, role):
    rows = house()
    visitor = sign_in(make.user(role)) if role else client

    for url in [*addresses(rows), reverse("admin:index")]:
        for ask in (visitor.get, visitor.post):
            answer = ask(url)
            shown = b"".join(answer) if answer.streaming else answer.content
            words = shown.decode()
            assert not [one for one in CANARIES if one in words], url
            if "/support/" in url:
                assert answer.status_code in NOT_SHOWN, url
    assert (
        rows.campaign.name not in visitor.get(reverse("admin:index")).content.decode()
    )
    assert GiverLook.objects.count() == 1  # the one of the house
    rows.giver.refresh_from_db()
    assert rows.giver.address == ADDRESS


def test_givers_show_on_their_own_page_alone(sign_in):
    rows = house()
    client = sign_in(staff())
    own = {
        f"/admin/support/giver/{rows.giver.pk}/change/",
        f"/admin/support/bankline/{rows.line.pk}/change/",
    }

    shown = {
        url
        for url in addresses(rows)
        for answer in [client.get(url)]
        if any(one in b"".join(answer).decode() for one in CANARIES)
    }

    assert shown == own


def test_the_admins_log_and_its_history_know_no_giver(sign_in):
    rows = house()
    client = sign_in(staff())

    client.post(f"/admin/support/giver/{rows.giver.pk}/data/")
    client.post(f"/admin/support/recurringcontribution/{rows.recurring.pk}/cancel/")
    client.post(f"/admin/support/giver/{rows.giver.pk}/erase/")
    client.post(f"/admin/support/campaign/{rows.campaign.pk}/stop/")

    words = " ".join(
        f"{entry.object_repr} {entry.change_message}"
        for entry in LogEntry.objects.all()
    )
    assert LogEntry.objects.exists()
    assert not [one for one in CANARIES if one in words]
