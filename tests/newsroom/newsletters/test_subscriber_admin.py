import json
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from newsroom.accounts import roles
from newsroom.core import mail_addresses
from newsroom.newsletters import growth, subscribers
from newsroom.newsletters.models import (
    ConsentEvent,
    Letter,
    Segment,
    Subscriber,
    SubscriberImport,
    Subscription,
    Suppression,
)
from newsroom.newsletters.models.subscriber import Source
from tests import make

pytestmark = pytest.mark.django_db

LIST = "/admin/newsletters/subscriber/"


def staff():
    return make.user(roles.NEWSLETTER_STAFF)


def page(reader, step=""):
    return f"{LIST}{reader.pk}/{step}"


def states(reader):
    return {
        subscription.newsletter_id: subscription.state
        for subscription in reader.subscriptions.all()
    }


def test_the_list_shows_addresses_and_states_with_the_same_queries_for_many(
    sign_in, django_assert_max_num_queries
):
    letter = make.newsletter(name="Friday")
    client = sign_in(staff())
    make.subscriber("reader@example.org", of=[letter])
    with CaptureQueriesContext(connection) as for_one:
        client.get(LIST)
    for number in range(5):
        make.subscriber(f"reader{number}@example.org", of=[letter])

    with django_assert_max_num_queries(len(for_one)):
        answer = client.get(LIST)

    assert b"reader3@example.org" in answer.content
    assert b"Friday" in answer.content


def test_a_whole_address_leads_to_the_reader_and_stands_in_no_url(sign_in):
    reader = make.subscriber("Somebody@Example.org")

    answer = sign_in(staff()).post(
        f"{LIST}search/", {"address": " SOMEBODY@example.org"}
    )

    assert answer.url == f"{LIST}{reader.pk}/change/"


def test_the_field_above_the_list_carries_its_token(sign_in):
    client = sign_in(staff())
    for path in [LIST, "/admin/newsletters/consentevent/"]:
        words = client.get(path).content.decode()

        form = words[words.index('class="nr-find"') :]
        assert "csrfmiddlewaretoken" in form[: form.index("</form>")]


def test_a_domain_finds_its_readers_and_stands_in_no_url(sign_in):
    make.subscriber("one@mail.example")
    make.subscriber("two@other.example")
    client = sign_in(staff())

    answer = client.post(f"{LIST}search/", {"address": "@mail.example"})
    found = client.get(f"{LIST}{answer.url.removeprefix('../')}")

    assert "example" not in answer.url
    assert b"one@mail.example" in found.content
    assert b"two@other.example" not in found.content


def test_an_unknown_address_is_not_repeated_in_the_answer(sign_in):
    client = sign_in(staff())
    Suppression.objects.create(
        address_digest=mail_addresses.digest("gone@example.org"), reason="erasure"
    )

    answer = client.post(f"{LIST}search/", {"address": "gone@example.org"}, follow=True)

    assert b"Nobody with this address" in answer.content
    assert b"asked to be erased" in answer.content
    assert b"gone@example.org" not in answer.content


def test_what_is_no_address_is_refused_in_words(sign_in):
    answer = sign_in(staff()).post(f"{LIST}search/", {"address": "a b@c"}, follow=True)

    assert b"This is not an email address" in answer.content


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("newsletter={first}&state=confirmed", {"one"}),
        ("newsletter={second}&state=unsubscribed", {"one"}),
        ("state=none", {"two", "three"}),
        ("mail=paused", {"two"}),
        ("mail=suppressed", {"three"}),
        ("language=ru", {"two"}),
        ("source=import", {"three"}),
    ],
)
def test_filters_narrow_the_list(sign_in, query, expected):
    first, second = make.newsletter(), make.newsletter()
    one = make.subscriber("one@example.org", of=[first, second])
    subscribers.leave(one, [second], method=ConsentEvent.Method.LINK)
    ahead = timezone.localdate() + timedelta(days=9)
    make.subscriber("two@example.org", language="ru", paused_until=ahead)
    three = make.subscriber("three@example.org", source=Source.IMPORT)
    Suppression.objects.create(address_digest=three.address_digest, reason="bounce")

    query = query.format(first=first.pk, second=second.pk)
    answer = sign_in(staff()).get(f"{LIST}?{query}")

    found = {row.address.partition("@")[0] for row in answer.context["cl"].result_list}
    assert found == expected


def test_the_page_of_a_reader_tells_their_history(sign_in):
    letter = make.newsletter(name="Friday")
    reader = make.subscriber("reader@example.org", of=[letter])
    subscribers.leave(reader, [letter], method=ConsentEvent.Method.ONE_CLICK)

    answer = sign_in(staff()).get(page(reader, "change/"))

    words = answer.content.decode()
    assert "reader@example.org" in words
    assert "Button of the mail program" in words
    assert "<title>Subscriber" in words.replace("\n", "")


def test_staff_unsubscribe_somebody_from_one_newsletter(sign_in):
    kept, left = make.newsletter(), make.newsletter()
    reader = make.subscriber(of=[kept, left])

    sign_in(staff()).post(page(reader, "leave/"), {"newsletter": left.pk})

    assert states(reader) == {kept.pk: "confirmed", left.pk: "unsubscribed"}
    event = ConsentEvent.objects.latest("pk")
    assert (event.kind, event.method) == ("withdrawn", "staff")


def test_suppressing_asks_first_and_then_ends_all(sign_in):
    letter = make.newsletter()
    reader = make.subscriber(of=[letter])
    client = sign_in(staff())

    asked = client.get(page(reader, "suppress/"))
    assert states(reader) == {letter.pk: "confirmed"}
    client.post(page(reader, "suppress/"))

    assert asked.status_code == 200
    assert states(reader) == {letter.pk: "unsubscribed"}
    assert Suppression.objects.get().reason == "manual"


def test_erasing_asks_first_and_leaves_only_hashes(sign_in):
    reader = make.subscriber("reader@example.org", of=[make.newsletter()])
    client = sign_in(staff())

    client.get(page(reader, "erase/"))
    assert Subscriber.objects.exists()
    answer = client.post(page(reader, "erase/"), follow=True)

    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == "erasure"
    assert ConsentEvent.objects.filter(kind="erased", method="staff").exists()
    assert b"reader@example.org" not in answer.content


@pytest.mark.parametrize(
    "step", ["leave/", "wishes/", "confirmation/", "link/", "data/", "proof/"]
)
def test_what_changes_or_hands_out_something_is_no_get(sign_in, step):
    reader = make.subscriber(of=[make.newsletter()])

    answer = sign_in(staff()).get(page(reader, step))

    assert answer.status_code == 405


def test_their_data_can_be_downloaded(sign_in):
    reader = make.subscriber("reader@example.org", of=[make.newsletter()])

    answer = sign_in(staff()).post(page(reader, "data/"))

    assert json.loads(answer.content)["address"] == "reader@example.org"
    assert "reader" not in answer["Content-Disposition"].replace("subscriber", "")


def test_the_mail_to_confirm_can_be_sent_again(sign_in):
    letter = make.newsletter()
    reader = make.subscriber()
    reader.subscriptions.create(
        newsletter=letter,
        state="pending",
        source=Source.SITE,
        requested_at=timezone.now(),
    )
    client = sign_in(staff())

    client.post(page(reader, "confirmation/"))
    client.post(page(reader, "confirmation/"))

    assert [owed.kind for owed in Letter.objects.all()] == ["confirm"]


def test_wishes_are_kept(sign_in):
    reader = make.subscriber()

    sign_in(staff()).post(
        page(reader, "wishes/"),
        {"language": "ru", "format": "summary", "paused_until": "2030-01-01"},
    )

    reader.refresh_from_db()
    assert (reader.language, reader.format) == ("ru", "summary")
    assert reader.paused_until.isoformat() == "2030-01-01"


def entered(letter, **changes):
    return {
        "address": "New@Example.org",
        "newsletters": [letter.pk],
        "language": "en",
        "how": "now",
        "basis": "consent",
        "basis_note": "asked by letter",
    } | changes


def test_somebody_is_entered_at_once_only_with_a_basis_in_the_ledger(sign_in):
    letter = make.newsletter()
    client = sign_in(staff())

    refused = client.post(f"{LIST}add/", entered(letter, basis=""))
    assert refused.status_code == 200
    assert not Subscriber.objects.exists()
    client.post(f"{LIST}add/", entered(letter))

    reader = Subscriber.objects.get()
    assert reader.address == "new@example.org"
    assert reader.source == "staff"
    assert states(reader) == {letter.pk: "confirmed"}
    event = ConsentEvent.objects.get()
    assert (event.kind, event.method) == ("imported", "staff")
    assert event.basis.endswith("asked by letter")


def test_somebody_entered_by_hand_can_be_asked_by_mail(sign_in):
    letter = make.newsletter()

    sign_in(staff()).post(f"{LIST}add/", entered(letter, how="ask", basis=""))

    assert states(Subscriber.objects.get()) == {letter.pk: "pending"}
    assert Letter.objects.get().kind == "confirm"


def test_entering_by_hand_revives_nobody(sign_in):
    letter = make.newsletter()
    reader = make.subscriber("new@example.org", of=[letter])
    subscribers.leave(reader, None, method=ConsentEvent.Method.LINK)
    client = sign_in(staff())

    client.post(f"{LIST}add/", entered(letter))
    assert states(reader) == {letter.pk: "unsubscribed"}
    subscribers.erase(reader, method=ConsentEvent.Method.STAFF)
    answer = client.post(f"{LIST}add/", entered(letter))

    assert b"stays so" in answer.content
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("action", ["leave", "suppress"])
def test_bulk_actions_ask_first(sign_in, action):
    letter = make.newsletter()
    readers = [make.subscriber(of=[letter]) for _ in range(3)]
    chosen = {"action": action, "_selected_action": [r.pk for r in readers[:2]]}
    client = sign_in(staff())

    asked = client.post(LIST, chosen)
    assert Subscription.objects.confirmed().count() == 3
    client.post(LIST, chosen | {"confirmed": "yes", "newsletter": ""})

    assert b"2 readers" in asked.content
    assert [r.pk for r in readers[2:]] == list(
        Subscription.objects.confirmed().values_list("subscriber_id", flat=True)
    )


def test_chosen_readers_are_exported(sign_in):
    make.subscriber("one@example.org")
    two = make.subscriber("two@example.org")

    answer = sign_in(staff()).post(
        LIST, {"action": "export_chosen", "_selected_action": [two.pk]}
    )

    lines = b"".join(answer.streaming_content)
    assert b"two@example.org" in lines
    assert b"one@example.org" not in lines


def test_the_admins_log_knows_no_reader(sign_in):
    letter = make.newsletter()
    client = sign_in(staff())
    client.post(f"{LIST}add/", entered(letter))
    reader = Subscriber.objects.get()
    client.post(page(reader, "leave/"))
    client.post("/admin/newsletters/suppression/add/", {"address": "x@example.org"})

    said = [f"{entry} {entry.object_repr}" for entry in LogEntry.objects.all()]

    assert Suppression.objects.exists()
    assert not [words for words in said if "example" in words]


def test_growth_counts_who_joined_and_left_each_day():
    letter, other = make.newsletter(), make.newsletter()
    at = timezone.now()
    make.subscriber(of=[letter])
    left = make.subscriber(of=[letter, other])
    subscribers.leave(left, [letter], method=ConsentEvent.Method.LINK)

    grown = growth.of(letter, by_week=False, at=at)
    together = growth.of(None, by_week=True, at=at)

    assert (grown.joined, grown.left, grown.confirmed) == (2, 1, 1)
    assert (grown.bars[-1].joined, grown.bars[-1].left) == (2, 1)
    assert (together.joined, together.left, together.confirmed) == (3, 1, 2)


def every_page(reader, taken):
    own = ["", *(f"{reader.pk}/{step}/" for step in ["change", "erase", "suppress"])]
    steps = ["leave", "wishes", "confirmation", "link", "data", "proof", "history"]
    model = "/admin/newsletters"
    return [
        *(f"{LIST}{path}" for path in [*own, "add/", "search/", "export/"]),
        *(page(reader, f"{step}/") for step in steps),
        *(
            f"{model}/subscriberimport/{path}"
            for path in [
                *("", "add/", f"{taken.pk}/change/", f"{taken.pk}/report/"),
                *(f"{taken.pk}/run/", f"{taken.pk}/progress/", f"{taken.pk}/again/"),
                *(f"{taken.pk}/reshape/", f"{taken.pk}/discard/"),
            ]
        ),
        *(f"{model}/suppression/{path}" for path in ["", "add/", "search/"]),
        *(f"{model}/consentevent/{path}" for path in ["", "proof/", "search/"]),
        *(f"{model}/segment/{path}" for path in ["", "add/", "count/"]),
        f"{model}/consenttext/",
    ]


@pytest.mark.parametrize("role", [None, roles.WRITERS, roles.EDITORS, roles.PUBLISHERS])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_sees_or_changes_a_reader(client, sign_in, role, method):
    letter = make.newsletter()
    reader = make.subscriber("canary@example.org", of=[letter], language="ru")
    taken = SubscriberImport.objects.create(
        file_name="canary.csv", content_sealed=b"", state="checked", basis="consent"
    )
    if role:
        sign_in(make.user(role))

    answers = {
        path: getattr(client, method)(path, {"address": "canary@example.org"})
        for path in every_page(reader, taken)
    }

    seen = {
        path: answer.status_code
        for path, answer in answers.items()
        if answer.status_code not in ((302, 403, 405) if role is None else (403, 405))
    }
    assert seen == {}
    for answer in answers.values():
        assert "canary" not in answer.content.decode()
        assert (
            f"{LIST}{reader.pk}" not in answer.headers.get("Location", "").split("?")[0]
        )
    assert states(reader) == {letter.pk: "confirmed"}
    assert SubscriberImport.objects.get().state == "checked"


def test_a_segment_is_built_by_form_and_counted_before_it_is_saved(sign_in):
    letter = make.newsletter()
    make.subscriber(of=[letter], language="ru")
    make.subscriber(of=[letter])
    client = sign_in(staff())
    chosen = {"name": "", "newsletters": [letter.pk], "state": "confirmed"}
    chosen |= {"languages": ["ru"]}
    url = reverse("admin:newsletters_segment_count")

    counted = client.post(url, chosen, headers={"Accept": "application/json"})
    as_page = client.post(url, chosen, headers={"Accept": "text/html"})
    client.post("/admin/newsletters/segment/add/", chosen | {"name": "Russian"})

    assert counted.json() == {"words": "1 reader meets these conditions now."}
    assert b"1 reader meets these conditions now." in as_page.content
    segment = Segment.objects.get()
    assert segment.conditions == {
        "newsletters": [letter.pk],
        "state": "confirmed",
        "languages": ["ru"],
    }
    again = client.get(f"/admin/newsletters/segment/{segment.pk}/change/")
    assert b'value="ru" id="id_languages_1" checked' in again.content
