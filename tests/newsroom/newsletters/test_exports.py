import csv
from datetime import date

import pytest

from newsroom.accounts import roles
from newsroom.newsletters import exports, imports, subscribers
from newsroom.newsletters.models import (
    ConsentEvent,
    ConsentText,
    Segment,
    Subscriber,
    SubscriberImport,
    Suppression,
)
from newsroom.newsletters.models.subscriber import Source
from tests import make

pytestmark = pytest.mark.django_db

STAFF = ConsentEvent.Method.STAFF


def a_readership():
    """Every state and wish, strange names, and those who get no mail."""
    friday = make.newsletter(slug="friday", name="Friday, the letter")
    daily = make.newsletter(slug="daily")
    make.subscriber("both@example.org", of=[friday, daily], language="ru")
    make.subscriber("none@example.org", source=Source.SUPPORT)
    make.subscriber(
        "paused@example.org",
        of=[daily],
        format="summary",
        paused_until=date(2030, 1, 2),
    )
    make.subscriber("=cmd+1@example.org", of=[friday])
    make.subscriber("-2+3@example.org", of=[friday])
    make.subscriber("'quoted'@example.org", of=[friday])
    make.subscriber("'=both@example.org", of=[friday])
    left = make.subscriber("left@example.org", of=[friday, daily])
    subscribers.leave(left, [daily], method=STAFF)
    waiting = make.subscriber("waiting@example.org")
    text = ConsentText.objects.get()
    subscribers.request(waiting, [friday], source=Source.ARTICLE, text=text)
    bounced = make.subscriber("bounced@example.org", of=[friday, daily])
    digest = bytes(bounced.address_digest)
    subscribers.suppress(digest, Suppression.Reason.BOUNCE, method=STAFF)
    erased = make.subscriber("erased@example.org", of=[friday])
    subscribers.erase(erased, method=STAFF)
    return friday, daily


def exported():
    return b"".join(exports.everybody())


def taken_in(content):
    row = imports.take_in([content], file_name="export.csv")
    row.basis, row.basis_note = "own_export", "moved"
    row.save(update_fields=["basis", "basis_note"])
    SubscriberImport.objects.filter(pk=row.pk).update(state="running")
    imports.work_through(row.pk)
    row.refresh_from_db()
    return row.report


def test_an_export_taken_in_elsewhere_gives_the_same_export():
    a_readership()
    before = exported()
    Subscriber.objects.all().delete()
    Suppression.objects.all().delete()

    report = taken_in(before)

    assert report["refused"] == []
    assert sorted(exported().splitlines()) == sorted(before.splitlines())


def test_an_export_split_into_many_chunks_gives_the_same(monkeypatch):
    monkeypatch.setattr(imports, "CHUNK", 1)
    a_readership()
    before = exported()
    Subscriber.objects.all().delete()
    Suppression.objects.all().delete()

    taken_in(before)

    assert sorted(exported().splitlines()) == sorted(before.splitlines())


def test_an_export_taken_in_at_home_changes_nothing():
    a_readership()
    before = exported()

    report = taken_in(before)

    assert set(report["counts"]) == {"known"}
    assert exported() == before


def test_no_cell_is_a_formula():
    a_readership()

    rows = list(csv.reader(exported().decode().splitlines()))

    assert not [
        cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")
    ]
    assert "'=cmd+1@example.org" in {row[0] for row in rows}


def test_a_newsletters_export_names_no_other_one():
    _friday, daily = a_readership()

    readers = Subscriber.objects.filter(subscriptions__newsletter=daily)
    rows = list(
        csv.DictReader(b"".join(exports.lines(readers, of=daily)).decode().splitlines())
    )

    assert {row["newsletter"] for row in rows} == {"daily"}
    assert len(rows) == 4


def test_hashes_of_another_key_are_refused(settings):
    erased = make.subscriber("erased@example.org", of=[make.newsletter()])
    subscribers.erase(erased, method=STAFF)
    content = exported()
    Suppression.objects.all().delete()
    settings.ADDRESS_KEY = "another-key-" * 5

    report = taken_in(content)

    assert report["counts"] == {"other_key": 1}
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("of", ["all", "newsletter", "segment"])
def test_staff_export_by_a_post(sign_in, of):
    friday, _daily = a_readership()
    segment = Segment.objects.create(name="Russian", conditions={"languages": ["ru"]})
    chosen = {
        "all": "all",
        "newsletter": f"newsletter-{friday.pk}",
        "segment": f"segment-{segment.pk}",
    }[of]
    client = sign_in(make.user(roles.NEWSLETTER_STAFF))
    url = "/admin/newsletters/subscriber/export/"

    form = client.get(url)
    answer = client.post(url, {"of": chosen})

    lines = b"".join(answer.streaming_content)
    assert b"example.org" not in form.content
    assert b"both@example.org" in lines
    assert (b"waiting@example.org" in lines) is (of != "segment")
    assert (b"paused@example.org" in lines) is (of == "all")
