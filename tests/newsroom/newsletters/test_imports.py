import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from newsroom.accounts import roles
from newsroom.core import mail_addresses
from newsroom.newsletters import (
    import_files,
    import_merge,
    import_rows,
    imports,
    subscribers,
)
from newsroom.newsletters.models import (
    ConsentEvent,
    Subscriber,
    SubscriberImport,
    Subscription,
    Suppression,
)
from tests import make
from tests.jobs import run_jobs

LINK = ConsentEvent.Method.LINK
LIST = "/admin/newsletters/subscriberimport/"


def taken(content, *newsletters, **mapping):
    content = content.encode() if isinstance(content, str) else content
    row = imports.take_in([content], file_name="readers.csv")
    row.basis, row.basis_note = "consent", "The form on the old site"
    row.mapping = row.mapping | mapping
    row.save(update_fields=["basis", "basis_note", "mapping"])
    row.newsletters.set(newsletters)
    return row


def checked(row):
    SubscriberImport.objects.filter(pk=row.pk).update(state="checking", rows_done=0)
    imports.work_through(row.pk)
    row.refresh_from_db()
    return row.report.get("counts", {})


def run(row):
    SubscriberImport.objects.filter(pk=row.pk).update(
        state="running", rows_done=0, report={}
    )
    imports.work_through(row.pk)
    row.refresh_from_db()
    return row.report.get("counts", {})


def everything():
    """All that an import may change, but for the order and sealing of rows."""
    return {
        "readers": sorted(
            (reader.address, reader.language, reader.format, reader.source)
            for reader in Subscriber.objects.all()
        ),
        "subscriptions": sorted(
            Subscription.objects.values_list(
                "subscriber__address_digest", "newsletter", "state", "confirmed_at"
            ),
            key=str,
        ),
        "ledger": sorted(
            ConsentEvent.objects.values_list("address_digest", "newsletter", "kind"),
            key=str,
        ),
        "suppressed": sorted(
            Suppression.objects.values_list("address_digest", "reason"), key=str
        ),
    }


@pytest.mark.django_db
def test_rows_become_confirmed_readers_with_their_basis_in_the_ledger():
    letter = make.newsletter()
    row = taken(
        "Email;Status;Language;Created at\r\n"
        "One@Example.org;subscribed;ru-RU;2024-03-01T10:00:00+02:00\r\n"
        "two@пример.example;subscribed;;\r\n",
        letter,
    )

    assert run(row) == {"added": 2}

    one = subscribers.find("one@example.org")
    assert (one.language, one.source) == ("ru", "import")
    assert one.created_at == datetime(2024, 3, 1, 8, tzinfo=UTC)
    [subscription] = one.subscriptions.all()
    assert (subscription.state, subscription.source) == ("confirmed", "import")
    assert subscription.confirmed_at == one.created_at
    assert subscribers.find("two@xn--e1afmkfd.example") is not None
    kinds = {(event.kind, event.method) for event in ConsentEvent.objects.all()}
    assert kinds == {("imported", "import")}
    assert ConsentEvent.objects.first().basis.endswith("The form on the old site")


@pytest.mark.django_db
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1251", "cp1251"),
    ],
)
def test_any_delimiter_and_encoding_is_read(delimiter, encoding, expected):
    rows = [
        ["имя", "почта", "рассылка"],
        ["Сельскохозяйственный комитет", "one@example.org", "Пятница"],
        [f"с{delimiter}разделителем\nи строкой", "two@example.org", "Пятница"],
    ]
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    make.newsletter(name="Пятница")

    row = taken(file.getvalue().encode(encoding))

    assert row.mapping["encoding"] == expected
    assert row.mapping["columns"] == {"1": "address", "2": "newsletters"}
    assert run(row) == {"added": 2}


@pytest.mark.django_db
def test_western_letters_are_known_from_cyrillic_ones():
    content = "email,name\none@example.org,Zoé Müller\n".encode("latin-1")

    assert taken(content).mapping["encoding"] == "latin-1"


@pytest.mark.django_db
def test_a_file_without_heads_is_known_by_its_addresses():
    row = taken("Anna,anna@example.org\nBo,bo@example.org\n", make.newsletter())

    assert row.mapping["has_header"] is False
    assert row.mapping["columns"] == {"1": "address"}
    assert run(row) == {"added": 2}


@pytest.mark.django_db
def test_each_row_that_stays_out_is_named_with_its_reason():
    letter = make.newsletter(slug="friday")
    left = make.subscriber("left@example.org", of=[letter])
    subscribers.leave(left, None, method=LINK)
    gone = make.subscriber("gone@example.org", of=[letter])
    subscribers.erase(gone, method=LINK)
    content = (
        "email,list,status,confirmed_at\n"  # row 1
        "new@example.org,friday,subscribed,\n"
        ",friday,subscribed,\n"
        "not an address,friday,subscribed,\n"
        "NEW@example.org,friday,subscribed,\n"
        "a@example.org,saturday,subscribed,\n"
        "b@example.org,friday,perhaps,\n"
        "c@example.org,friday,subscribed,yesterday\n"
        "left@example.org,friday,subscribed,\n"
        "gone@example.org,friday,subscribed,\n"
        ",,,\n"
        "d@example.org,friday,subscribed,2999-01-01\n"
    )
    row = taken(content)
    expected = {
        3: "no_address",
        4: "not_an_address",
        5: "doubled",
        6: "unknown_newsletter",
        7: "unknown_state",
        8: "unreadable_time",
        9: "left",
        10: "suppressed",
        12: "unreadable_time",
    }
    counts = {"added": 1} | {
        reason: list(expected.values()).count(reason) for reason in expected.values()
    }

    assert checked(row) == counts
    assert subscribers.find("new@example.org") is None
    assert run(row) == counts

    refused = {number: reason for number, reason, _letter in row.report["refused"]}
    assert refused == expected
    assert subscribers.find("new@example.org") is not None
    assert subscribers.find("gone@example.org") is None
    assert "example" not in str(row.report)


@pytest.mark.django_db
def test_nobody_who_left_bounced_or_complained_is_brought_back():
    letter, other = make.newsletter(), make.newsletter()
    names = ["left", "bounced", "complained", "barred", "erased"]
    people = {
        name: make.subscriber(f"{name}@example.org", of=[letter, other])
        for name in names
    }
    subscribers.leave(people["left"], None, method=LINK)
    for name, reason in [
        ("bounced", "bounce"),
        ("complained", "complaint"),
        ("barred", "manual"),
    ]:
        digest = bytes(people[name].address_digest)
        subscribers.suppress(digest, Suppression.Reason(reason), method=LINK)
    subscribers.erase(people["erased"], method=LINK)
    before = everything()
    rows = "".join(
        f"{name}@example.org,{state}\n"
        for name in names
        for state in ["subscribed", "pending", "confirmed"]
    )

    for content in [
        f"email,status\n{rows}",
        "email\n" + "".join(f"{name.upper()}@EXAMPLE.org\n" for name in names),
    ]:
        run(taken(content, letter, other))

    assert everything() == before


@pytest.mark.django_db
def test_what_readers_chose_here_stays():
    letter = make.newsletter()
    make.subscriber("one@example.org", of=[letter], language="ru", format="summary")
    before = everything()

    counts = run(taken("email,language\none@example.org,de\n", letter))

    assert counts == {"known": 1}
    assert everything() == before


@pytest.mark.django_db
def test_a_file_may_end_subscriptions_but_not_newer_ones():
    letter = make.newsletter()
    for name in ["old", "new"]:
        make.subscriber(f"{name}@example.org", of=[letter])
    earlier = datetime.now(UTC) - timedelta(days=9)
    later = datetime.now(UTC) - timedelta(seconds=1)
    Subscription.objects.update(confirmed_at=datetime.now(UTC) - timedelta(days=3))

    counts = run(
        taken(
            "email,status,unsubscribed_at\n"
            f"new@example.org,unsubscribed,{earlier.isoformat()}\n"
            f"old@example.org,unsubscribed,{later.isoformat()}\n",
            letter,
        )
    )

    assert counts == {"known": 1, "ended": 1}
    kept = Subscription.objects.confirmed().get().subscriber
    assert kept.address == "new@example.org"
    assert ConsentEvent.objects.latest("pk").kind == "withdrawn"


@pytest.mark.django_db
def test_who_bounced_elsewhere_gets_no_mail_here_either():
    letter = make.newsletter()
    make.subscriber("here@example.org", of=[letter, make.newsletter()])

    run(
        taken(
            "email,status\nthere@example.org,bounced\nhere@example.org,complained\n",
            letter,
        )
    )

    reasons = set(Suppression.objects.values_list("reason", flat=True))
    assert reasons == {"bounce", "complaint"}
    assert not Subscription.objects.confirmed().exists()


@pytest.mark.django_db
def test_taken_in_twice_is_the_same_as_once():
    letter, other = make.newsletter(), make.newsletter()
    content = "email,list\n" + "".join(
        f'reader{number}@example.org,"{letter.slug}, {other.name}"\n'
        for number in range(20)
    )

    assert run(taken(content)) == {"added": 40}
    once = everything()
    assert run(taken(content)) == {"known": 40}

    assert everything() == once


@pytest.mark.django_db
@pytest.mark.parametrize("killed_after", [1, 2, 3])
def test_killed_and_run_again_is_the_same_as_once(monkeypatch, killed_after):
    monkeypatch.setattr(imports, "CHUNK", 5)
    letter = make.newsletter()
    content = "email\n" + "".join(f"reader{n % 17}@example.org\n" for n in range(22))
    row = taken(content, letter)
    SubscriberImport.objects.filter(pk=row.pk).update(state="running")
    merged = []

    def dies(lines, **options):
        if len(merged) == killed_after:
            raise KeyboardInterrupt
        merged.append(lines)
        return original(lines, **options)

    original = import_merge.merge
    with monkeypatch.context() as patch:
        patch.setattr(import_merge, "merge", dies)
        with pytest.raises(KeyboardInterrupt):
            imports.work_through(row.pk)
    row.refresh_from_db()
    assert (row.state, row.rows_done) == ("running", 5 * killed_after)
    imports.work_through(row.pk)

    row.refresh_from_db()
    assert row.report["counts"] == {"added": 17, "doubled": 5}
    assert (row.state, row.rows, bytes(row.content_sealed)) == ("done", 22, b"")
    assert Subscription.objects.count() == ConsentEvent.objects.count() == 17


@pytest.mark.django_db
def test_the_file_lies_sealed_and_goes_when_it_is_taken_in():
    row = taken("email\nsecret@example.org\n", make.newsletter())
    sealed = bytes(SubscriberImport.objects.get(pk=row.pk).content_sealed)

    run(row)

    assert len(sealed) > 20
    assert b"secret" not in sealed
    assert bytes(SubscriberImport.objects.get(pk=row.pk).content_sealed) == b""


@pytest.mark.django_db
def test_a_file_of_many_pieces_is_read_whole(monkeypatch):
    monkeypatch.setattr(import_files, "_PIECE", 64)
    monkeypatch.setattr(import_files, "_SEALED_PIECE", 64 + 28)
    monkeypatch.setattr(import_files, "_PIECES_AT_ONCE", 3)
    content = "email\n" + "".join(f"reader{n}@example.org\n" for n in range(100))

    assert run(taken(content, make.newsletter())) == {"added": 100}


@pytest.mark.django_db
def test_what_is_no_table_fails_in_words_and_is_forgotten():
    rows = "".join(f"reader{number}@example.org\n" for number in range(9))
    row = taken(f'email\n{rows}"{"x" * 200_000}', make.newsletter())

    run(row)

    assert row.state == "failed"
    assert "from row 11 on" in row.report["failure"]
    assert bytes(row.content_sealed) == b""


@pytest.mark.django_db
def test_an_empty_file_is_refused():
    with pytest.raises(import_files.Unreadable, match="no rows"):
        taken("")


@pytest.mark.django_db
def test_columns_are_remembered_for_files_of_the_same_make():
    letter = make.newsletter()
    heads = "who,how,what\n"
    first = taken(
        f"{heads}a@example.org,x,y\n", letter, columns={"0": "address", "2": "language"}
    )
    checked(first)

    second = taken(f"{heads}b@example.org,x,y\n", letter)

    assert second.mapping["columns"] == {"0": "address", "2": "language"}


@given(
    st.one_of(
        st.emails(),
        st.from_regex(r"[a-zA-Z0-9._+=-]{1,8}@[a-zA-Z0-9.-]{1,12}\.[a-z]{1,4}"),
    )
)
def test_the_quick_way_with_addresses_gives_what_the_careful_one_does(typed):
    try:
        expected = mail_addresses.normalised(typed)
    except ValidationError:
        expected = None
    try:
        found = import_rows._address(typed.strip())
    except import_rows.Refused:
        found = None

    assert found == expected


@pytest.mark.django_db(transaction=True)
def test_a_file_goes_through_the_admin_from_upload_to_report(sign_in):
    letter = make.newsletter()
    client = sign_in(make.user(roles.NEWSLETTER_STAFF))
    file = SimpleUploadedFile(
        "old.csv", b"email;name\r\none@example.org;One\r\nbad;Two\r\n"
    )

    answer = client.post(f"{LIST}add/", {"file": file})
    row = SubscriberImport.objects.get()
    mapped = {
        "column-0": "address",
        "column-1": "",
        "newsletters": [letter.pk],
        "language": "en",
        "basis": "",
        "basis_note": "",
    }
    page = client.get(answer.url)
    assert b"one@example.org" in page.content
    refused = client.post(answer.url, mapped)
    assert b"This field is required" in refused.content
    client.post(answer.url, mapped | {"basis": "consent", "basis_note": "old form"})
    run_jobs()
    preview = client.get(answer.url)
    assert not Subscriber.objects.exists()
    assert b"Not an email address" in preview.content
    client.post(f"{LIST}{row.pk}/run/")
    client.post(f"{LIST}{row.pk}/run/")  # pressed twice
    run_jobs()

    assert subscribers.find("one@example.org") is not None
    assert ConsentEvent.objects.count() == 1
    shown = client.get(f"{LIST}{row.pk}/change/")
    report = client.get(f"{LIST}{row.pk}/report/")
    lines = b"".join(report.streaming_content).decode().splitlines()
    assert b"one@example.org" not in shown.content
    assert lines == ["row,newsletter,reason", "3,,not an email address"]


@pytest.mark.django_db
def test_a_run_needs_a_basis():
    row = taken("email\na@example.org\n", make.newsletter())
    checked(row)
    row.basis = ""
    row.save(update_fields=["basis"])

    with pytest.raises(imports.NotPossible, match="basis"):
        imports.ask_for_run(row)
