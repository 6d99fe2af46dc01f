"""The ledger: what stands in it, and what is left of somebody who was erased."""

import pytest
from django.db import DatabaseError, connection, transaction

from newsroom.core import mail_addresses
from newsroom.newsletters import bounces, consent, subscribers
from newsroom.newsletters.models import (
    ConsentEvent,
    ConsentText,
    Delivery,
    Subscriber,
    Suppression,
)
from newsroom.newsletters.models.subscriber import Source
from tests import make

pytestmark = pytest.mark.django_db

ADDRESS = "unmistakable.reader@remarkable-domain.example"
WORDS = [b"unmistakable", b"remarkable-domain"]


def ledger_row():
    reader = make.subscriber(of=[make.newsletter()])
    return ConsentEvent.objects.get(address_digest=bytes(reader.address_digest))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE newsletters_consentevent SET kind = 'withdrawn'",
        "UPDATE newsletters_consentevent SET address_digest = ''",
        "DELETE FROM newsletters_consentevent",
    ],
)
def test_the_database_itself_refuses_to_change_the_ledger(statement):
    row = ledger_row()

    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    kept = ConsentEvent.objects.get()
    assert (kept.pk, kept.kind) == (row.pk, "confirmed")


def test_a_row_cannot_be_saved_again_or_deleted():
    row = ledger_row()
    row.kind = "withdrawn"

    for change in (row.save, row.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_a_row_proves_what_was_agreed_to_and_when():
    newsletter = make.newsletter()
    reader = make.subscriber()
    text = consent.current_text("en")

    subscribers.request(reader, [newsletter], source=Source.SITE, text=text)

    row = ConsentEvent.objects.get()
    assert (row.kind, row.method) == ("requested", "form")
    assert (row.newsletter, row.consent_text) == (newsletter, text)
    assert bytes(row.address_digest) == mail_addresses.digest(reader.address)
    assert row.at is not None


def test_the_ledger_has_no_place_for_an_address_or_a_network():
    names = {field.name for field in ConsentEvent._meta.get_fields()}

    assert names == {
        "id",
        "kind",
        "method",
        "at",
        "address_digest",
        "newsletter",
        "consent_text",
        "basis",
    }


def test_the_newest_wording_of_the_language_holds():
    ConsentText.objects.create(version=2, language="en", text="Newer")
    ConsentText.objects.create(version=1, language="ru", text="Русский")

    assert consent.current_text("en").text == "Newer"
    assert consent.current_text("ru").text == "Русский"
    assert consent.current_text("de").text == "Newer"


def dump():
    """Every value of every table, as bytes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            for row in cursor.fetchall():
                for value in row:
                    yield table, _as_bytes(value)


def _as_bytes(value):
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return str(value).encode()


def holding(*needles):
    return {
        table
        for table, value in dump()
        for needle in needles
        if needle in value.lower()
    }


def busy_reader():
    """Somebody with something in every place that knows readers."""
    newsletter = make.newsletter()
    reader = make.subscriber(ADDRESS, of=[newsletter])
    subscribers.request(
        reader,
        [make.newsletter()],
        source=Source.SITE,
        text=consent.current_text("en"),
    )
    issue = make.issue(newsletter=newsletter, articles=[])
    Delivery.objects.create(
        issue=issue,
        subscriber=reader,
        address_digest=bytes(reader.address_digest),
        variant="en-full",
        state=Delivery.State.SUBMITTED,
    )
    bounces.note(
        bounces.Kind.SOFT,
        bytes(reader.address_digest),
        source=bounces.Source.REPORT,
        issue=issue,
    )
    return reader


def test_no_table_shows_the_address_of_a_subscriber():
    busy_reader()

    assert holding(*WORDS) == set()


def test_the_search_of_these_tests_would_find_an_address():
    make.newsletter(description=f"Write to {ADDRESS}")

    assert "newsletters_newsletter" in holding(*WORDS)


def test_after_erasure_no_table_holds_the_address_its_domain_or_its_seal():
    reader = busy_reader()
    sealed = bytes(reader.address_sealed)
    domain = bytes(reader.domain_digest)

    subscribers.erase(reader, method=ConsentEvent.Method.PREFERENCES)

    assert holding(*WORDS) == set()
    values = {value for _table, value in dump()}
    assert sealed not in values
    assert domain not in values


def test_after_erasure_the_hash_is_in_the_ledger_and_the_suppression():
    reader = busy_reader()
    digest = bytes(reader.address_digest)

    subscribers.erase(reader, method=ConsentEvent.Method.PREFERENCES)
    # Rows of deliveries go 30 days after an issue's books are closed.
    Delivery.objects.all().delete()

    tables = {table for table, value in dump() if value == digest}
    assert tables == {"newsletters_consentevent", "newsletters_suppression"}
    assert Suppression.objects.get().reason == Suppression.Reason.ERASURE
    assert Subscriber.objects.count() == 0


def test_erasure_is_the_last_line_of_the_ledger():
    reader = busy_reader()
    digest = bytes(reader.address_digest)

    subscribers.erase(reader, method=ConsentEvent.Method.PREFERENCES)

    rows = ConsentEvent.objects.filter(address_digest=digest).order_by("pk")
    kinds = list(rows.values_list("kind", flat=True))
    assert kinds[-3:] == ["withdrawn", "withdrawn", "erased"]


def test_an_erased_reader_keeps_the_books_in_balance():
    reader = busy_reader()

    subscribers.erase(reader, method=ConsentEvent.Method.PREFERENCES)

    delivery = Delivery.objects.get()
    assert delivery.subscriber is None
    assert delivery.state == Delivery.State.SUBMITTED
