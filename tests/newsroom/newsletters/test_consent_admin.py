import csv

import pytest

from newsroom.accounts import roles
from newsroom.core import mail_addresses
from newsroom.newsletters import subscribers
from newsroom.newsletters.models import ConsentEvent, ConsentText, Suppression
from tests import make

pytestmark = pytest.mark.django_db

LEDGER = "/admin/newsletters/consentevent/"
TEXTS = "/admin/newsletters/consenttext/"
SUPPRESSED = "/admin/newsletters/suppression/"


@pytest.fixture
def staff(sign_in):
    return sign_in(make.user(roles.NEWSLETTER_STAFF))


def lines(answer):
    content = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(content.splitlines()))


def test_the_ledger_names_nobody_and_has_no_form(staff):
    make.subscriber("reader@example.org", of=[make.newsletter(name="Friday")])
    event = ConsentEvent.objects.get()

    shown = staff.get(LEDGER)

    assert b"Friday" in shown.content
    assert b"example.org" not in shown.content
    assert staff.get(f"{LEDGER}add/").status_code == 403
    assert staff.post(f"{LEDGER}{event.pk}/change/", {}).status_code == 403
    assert staff.post(f"{LEDGER}{event.pk}/delete/", {"post": "yes"}).status_code == 403


def test_one_address_is_found_in_the_ledger_also_after_its_erasure(staff):
    letter = make.newsletter()
    reader = make.subscriber("reader@example.org", of=[letter])
    make.subscriber(of=[letter])
    subscribers.erase(reader, method=ConsentEvent.Method.STAFF)

    answer = staff.post(f"{LEDGER}search/", {"address": "Reader@example.org"})
    found = staff.get(f"{LEDGER}{answer.url.removeprefix('../')}")

    assert "example" not in answer.url
    kinds = {event.kind for event in found.context["cl"].result_list}
    assert kinds == {"confirmed", "withdrawn", "erased"}


def test_the_proof_of_one_address_holds_its_lines_alone(staff):
    letter = make.newsletter(slug="friday")
    make.subscriber("reader@example.org", of=[letter])
    make.subscriber(of=[letter])
    digest = mail_addresses.digest("reader@example.org").hex()

    answer = staff.post(f"{LEDGER}proof/?address={digest}", {})

    [line] = lines(answer)
    assert (line["what"], line["how"], line["newsletter"]) == (
        *("confirmed", "link"),
        "friday",
    )
    assert line["address_hash"] == digest


def test_the_proof_of_a_period_holds_what_lies_in_it(staff):
    make.subscriber(of=[make.newsletter()])
    day = ConsentEvent.objects.get().at.date().isoformat()

    inside = lines(staff.post(f"{LEDGER}proof/", {"since": day, "until": day}))
    before = lines(staff.post(f"{LEDGER}proof/", {"until": "2020-01-01"}))

    assert (len(inside), len(before)) == (1, 0)


def test_a_new_wording_is_a_new_version_and_none_can_be_changed(staff):
    first = ConsentText.objects.get()

    staff.post(f"{TEXTS}add/", {"language": "en", "text": "Otherwise."})
    staff.post(f"{TEXTS}add/", {"language": "ru", "text": "Иначе."})
    answer = staff.post(f"{TEXTS}{first.pk}/change/", {"language": "en", "text": "!"})

    assert answer.status_code == 403
    found = {(text.language, text.version) for text in ConsentText.objects.all()}
    assert found == {("en", 1), ("en", 2), ("ru", 1)}
    first.refresh_from_db()
    assert first.text != "!"


def test_an_address_is_barred_by_hand_and_freed_after_a_question(staff):
    letter = make.newsletter()
    reader = make.subscriber("reader@example.org", of=[letter])

    answer = staff.post(f"{SUPPRESSED}add/", {"address": "READER@example.org"})
    bar = Suppression.objects.get()
    asked = staff.get(f"{SUPPRESSED}{bar.pk}/delete/")
    assert Suppression.objects.exists()
    staff.post(f"{SUPPRESSED}{bar.pk}/delete/", {"post": "yes"})

    assert answer.status_code == 302
    assert bar.reason == "manual"
    assert reader.subscriptions.get().state == "unsubscribed"
    assert asked.status_code == 200
    assert not Suppression.objects.exists()


def test_an_address_is_barred_once(staff):
    staff.post(f"{SUPPRESSED}add/", {"address": "reader@example.org"})

    answer = staff.post(f"{SUPPRESSED}add/", {"address": "reader@example.org"})

    assert b"It gets no mail already" in answer.content


def test_a_barred_address_is_found_by_a_post(staff):
    staff.post(f"{SUPPRESSED}add/", {"address": "reader@example.org"})
    staff.post(f"{SUPPRESSED}add/", {"address": "other@example.org"})

    answer = staff.post(f"{SUPPRESSED}search/", {"address": "reader@example.org"})
    found = staff.get(f"{SUPPRESSED}{answer.url.removeprefix('../')}")

    assert "example" not in answer.url
    assert found.context["cl"].result_count == 1
