import pytest
from django.core.cache import cache
from django.urls import reverse

from newsroom.accounts import roles
from newsroom.newsletters import bounces, mailboxes
from newsroom.newsletters.models import BounceEvent
from tests import make

pytestmark = pytest.mark.django_db

LIST = "/admin/newsletters/bounceevent/"


@pytest.fixture
def staff(sign_in):
    return sign_in(make.user(roles.NEWSLETTER_STAFF))


def bounced(kind=BounceEvent.Kind.SOFT, **values):
    newsletter = values.pop("newsletter", None) or make.newsletter()
    reader = make.subscriber(of=[newsletter], **values)
    bounces.note(
        kind,
        bytes(reader.address_digest),
        source=BounceEvent.Source.REPORT,
        issue=make.issue(newsletter=newsletter, articles=[]),
        status="4.2.2",
    )
    return reader


def test_the_list_names_readers_by_number_and_shows_no_address(staff):
    reader = bounced(address="unmistakable@example.org")

    page = staff.get(LIST).content.decode()

    address = reverse("admin:newsletters_subscriber_change", args=[reader.pk])
    assert f'<a href="{address}">Subscriber {reader.pk}</a>' in page
    assert "4.2.2" in page
    assert "unmistakable" not in page


def test_the_list_stays_quick(staff, django_assert_max_num_queries):
    for _ in range(20):
        bounced()

    with django_assert_max_num_queries(16):
        staff.get(LIST)


@pytest.mark.parametrize(
    ("query", "shown"),
    [("kind__exact=hard", 1), ("kind__exact=soft", 2), ("source__exact=smtp", 0)],
)
def test_the_list_is_narrowed(staff, query, shown):
    for kind in ("hard", "soft", "soft"):
        bounced(BounceEvent.Kind(kind))

    response = staff.get(f"{LIST}?{query}")

    assert response.context["cl"].result_count == shown


def test_the_list_is_narrowed_to_a_newsletter(staff):
    newsletter = make.newsletter()
    bounced(newsletter=newsletter)
    bounced()

    response = staff.get(f"{LIST}?issue__newsletter__id__exact={newsletter.pk}")

    assert response.context["cl"].result_count == 1


def test_the_list_tells_what_changed_nothing(staff):
    for _ in range(1200):
        bounces.ignore(bounces.Outcome.FORGED)

    page = staff.get(LIST).content.decode()

    assert "<b>1,200</b> without a signature of ours" in page


def test_the_list_tells_of_a_mailbox_that_cannot_be_read(staff):
    cache.set(mailboxes.FAILING, {"since": "2026-11-20T07:00:00+00:00", "error": "E"})

    assert "cannot be read since 20 November" in staff.get(LIST).content.decode()


def test_nothing_can_be_added_changed_or_deleted(staff):
    bounced()
    event = BounceEvent.objects.get()

    assert staff.post(f"{LIST}add/").status_code == 403
    assert staff.post(f"{LIST}{event.pk}/change/", {"kind": "hard"}).status_code == 403
    assert staff.post(f"{LIST}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    event.refresh_from_db()
    assert event.kind == BounceEvent.Kind.SOFT


@pytest.mark.parametrize("role", [roles.WRITERS, roles.EDITORS, roles.SUPPORT_STAFF])
def test_other_roles_do_not_see_the_list(sign_in, role):
    assert sign_in(make.user(role)).get(LIST).status_code == 403
