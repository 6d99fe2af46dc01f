from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from newsroom.accounts import roles
from newsroom.newsletters.models import Newsletter, Rule
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(sign_in):
    return sign_in(make.user(roles.NEWSLETTER_STAFF))


def test_a_newsletter_has_its_rules_and_welcome_mails(staff):
    newsletter = make.newsletter()
    rule = Rule.objects.create(newsletter=newsletter, weekdays=[4], hour="07:00")
    url = reverse("admin:newsletters_newsletter_change", args=[newsletter.pk])

    shown = staff.get(url)

    assert shown.status_code == 200
    assert "Friday" in shown.text
    assert str(rule.hour)[:5] in shown.text


def newsletter_form(newsletter, **changes):
    return {
        "name": newsletter.name,
        "slug": newsletter.slug,
        "when": newsletter.when,
        "description": newsletter.description,
        "language": "en",
        "template": "digest",
        "is_open": "on",
        "rules-TOTAL_FORMS": "0",
        "rules-INITIAL_FORMS": "0",
        "sequence-TOTAL_FORMS": "0",
        "sequence-INITIAL_FORMS": "0",
    } | changes


def test_a_new_hour_of_a_rule_is_not_made_up_for(staff):
    newsletter = make.newsletter()
    long_ago = timezone.now() - timedelta(days=30)
    rule = Rule.objects.create(
        newsletter=newsletter, weekdays=[4], hour="07:00", done_until=long_ago
    )
    url = reverse("admin:newsletters_newsletter_change", args=[newsletter.pk])

    answer = staff.post(
        url,
        newsletter_form(newsletter)
        | {
            "rules-TOTAL_FORMS": "1",
            "rules-INITIAL_FORMS": "1",
            "rules-0-id": rule.pk,
            "rules-0-newsletter": newsletter.pk,
            "rules-0-weekdays": ["0", "4"],
            "rules-0-hour": "08:00",
            "rules-0-most_articles": "5",
            "rules-0-is_active": "on",
        },
    )

    rule.refresh_from_db()
    assert answer.status_code == 302
    assert rule.weekdays == [0, 4]
    assert rule.done_until > long_ago + timedelta(days=29)


def test_a_newsletter_cannot_take_the_address_of_a_page(staff):
    newsletter = make.newsletter()
    url = reverse("admin:newsletters_newsletter_change", args=[newsletter.pk])

    answer = staff.post(url, newsletter_form(newsletter, slug="my-link"))

    assert answer.status_code == 200
    assert "belongs to a page of the site" in answer.text


def test_a_newsletter_with_readers_is_closed_not_deleted(sign_in):
    newsletter = make.newsletter()
    make.subscriber(of=[newsletter])
    client = sign_in(make.superuser())
    url = reverse("admin:newsletters_newsletter_delete", args=[newsletter.pk])

    answer = client.post(url, {"post": "yes"}, follow=True)

    assert "Close it in place of deleting it" in answer.text
    assert Newsletter.objects.filter(pk=newsletter.pk).exists()
