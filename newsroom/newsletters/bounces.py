"""Mails that did not arrive, and complaints: who gets nothing more because of them.

A hard bounce or a complaint suppresses an address at once, soft bounces of three mails
in a row do: issues, or single letters. Only a report that carries a signature of ours
changes anything.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from newsroom.core import mail_addresses
from newsroom.newsletters import (
    consent,
    links,
    reports,
    returned,
    subscribers,
    verp,
)
from newsroom.newsletters.models import (
    BounceEvent,
    Delivery,
    Issue,
    Letter,
    ReportTotal,
    Subscriber,
    Suppression,
)

Kind = BounceEvent.Kind
Source = BounceEvent.Source
Outcome = ReportTotal.Outcome

SOFT_IN_A_ROW = 3
# Mail servers try for so long at most (RFC 5321, 4.5.4.1): that a mail was handed over
# proves nothing before.
SETTLED = timedelta(days=5)
KEPT_OF_STRANGERS = timedelta(days=30)


@dataclass(frozen=True)
class Mail:
    """What a report is about: whose mail, and of which issue or letter."""

    address_digest: bytes
    issue: Issue | None = None
    letter: Letter | None = None


@transaction.atomic
def note(
    kind: Kind,
    address_digest: bytes,
    *,
    source: Source,
    issue: Issue | None = None,
    letter: Letter | None = None,
    status: str = "",
    report_id: str = "",
) -> bool:
    """Keep a bounce or complaint and do what follows from it.

    ``status`` is of RFC 3463 (at most 20 characters). A report that is known already by
    its ``report_id`` (at most 64) changes nothing: then ``False`` is returned. Of a
    letter one report of each kind counts, whoever tells it.
    """
    if letter is not None:
        report_id = f"letter {letter.pk} {kind}"
    readers = Subscriber.objects.select_for_update()
    subscriber = readers.filter(address_digest=address_digest).first()
    if subscriber is None and _was_erased(address_digest):
        return False
    facts = {
        "kind": kind,
        "source": source,
        "address_digest": address_digest,
        "issue": issue,
        "status": status[:20],
    }
    if report_id:
        event, is_new = BounceEvent.objects.get_or_create(
            report_id=report_id, defaults=facts
        )
        if not is_new:
            return False
    else:
        event = BounceEvent.objects.create(**facts)
    if kind == Kind.COMPLAINT:
        _suppress(address_digest, Suppression.Reason.COMPLAINT)
    elif kind == Kind.HARD:
        _suppress(address_digest, Suppression.Reason.BOUNCE)
    elif subscriber is not None and (issue or letter):
        _count_soft(subscriber, event)
    return True


@transaction.atomic
def take_in(
    raw: bytes, *, source: Source = Source.REPORT, recipient: str = ""
) -> Kind | Outcome:
    """Read a mail that came to the address for bounces, and say what it was.

    ``recipient`` is its envelope's. What changes nothing is counted, and not kept.
    """
    report = reports.read(raw, recipient=recipient)
    if not isinstance(report.finding, Kind):
        return ignore(report.finding)
    if report.other is not None:
        returned.note(report.other, report.finding)
        return report.finding
    known = _known(report)
    if isinstance(known, ReportTotal.Outcome):
        return ignore(known)
    note(
        report.finding,
        known.address_digest,
        source=source,
        issue=known.issue,
        letter=known.letter,
        status=report.status,
        report_id=report.report_id,
    )
    return report.finding


def ignore(outcome: Outcome, *, at: datetime | None = None) -> Outcome:
    """Count a report that changes nothing."""
    table = ReportTotal._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (day, outcome, count)"  # noqa: S608
            " VALUES (%s, %s, 1) ON CONFLICT (day, outcome)"
            f" DO UPDATE SET count = {table}.count + 1",
            [timezone.localdate(at), outcome.value],
        )
    return outcome


def mail_of(delivery_id: int | None, letter_id: int | None) -> Mail | None:
    """``None`` where there was no signature, or what it names is long past."""
    if delivery_id is not None:
        deliveries = Delivery.objects.select_related("issue")
        if delivery := deliveries.filter(pk=delivery_id).first():
            return Mail(bytes(delivery.address_digest), delivery.issue)
    if letter_id is not None:
        letters = Letter.objects.select_related("subscriber")
        if letter := letters.filter(pk=letter_id).first():
            return Mail(_digest_of(letter), letter=letter)
    return None


def mail_named(text: str) -> Mail | None:
    """The mail that a return address or Message-ID of ours in a text names."""
    return mail_of(verp.read(text), verp.read_letter(text))


def forgive(*, at: datetime | None = None) -> int:
    """Begin to count anew for readers whom a later mail reached; return how many."""
    return subscribers.forget_soft_bounces(
        _reached_again(Subscriber.objects.filter(soft_bounces__gt=0), at)
    )


def forget_strangers(*, at: datetime | None = None) -> int:
    """Delete what is a month old and about nobody who is here; return how much."""
    readers = Subscriber.objects.filter(address_digest=OuterRef("address_digest"))
    old = BounceEvent.objects.filter(
        ~Exists(readers), at__lt=(at or timezone.now()) - KEPT_OF_STRANGERS
    )
    return old.delete()[0]


def _known(report: reports.Report) -> Mail | Outcome:
    """Which mail of ours a report is about."""
    mail = mail_of(report.delivery_id, report.letter_id)
    if mail is not None:
        return mail
    if report.leave_token:
        try:
            named = links.read_for_ever(report.leave_token)
        except links.Invalid:
            return Outcome.FORGED
        subscriber = Subscriber.objects.filter(pk=named.subscriber_id).first()
        if subscriber is not None:
            return Mail(bytes(subscriber.address_digest))
    numbers = (report.delivery_id, report.letter_id)
    is_ours = report.leave_token or any(number is not None for number in numbers)
    return Outcome.UNKNOWN if is_ours else Outcome.FORGED


def _digest_of(letter: Letter) -> bytes:
    if letter.kind == Letter.Kind.MOVE:
        return mail_addresses.digest(mail_addresses.unseal(letter.new_address_sealed))
    return bytes(letter.subscriber.address_digest)


def _was_erased(address_digest: bytes) -> bool:
    suppression = subscribers.suppression_of(address_digest)
    return suppression is not None and suppression.reason == Suppression.Reason.ERASURE


def _suppress(address_digest: bytes, reason: Suppression.Reason) -> None:
    method = (
        consent.Method.COMPLAINT
        if reason == Suppression.Reason.COMPLAINT
        else consent.Method.BOUNCE
    )
    subscribers.suppress(address_digest, reason, method=method)


def _count_soft(subscriber: Subscriber, event: BounceEvent) -> None:
    """One mail counts once, however often its mail server writes."""
    same = Q(issue=event.issue) if event.issue_id else Q(pk=event.pk)
    told = BounceEvent.objects.filter(
        same, address_digest=subscriber.address_digest, kind=Kind.SOFT
    )
    if told.count() > 1:
        return
    earlier = Subscriber.objects.filter(pk=subscriber.pk)
    subscribers.forget_soft_bounces(_reached_again(earlier, None, besides=same))
    if subscribers.count_soft_bounce(subscriber) >= SOFT_IN_A_ROW:
        _suppress(bytes(subscriber.address_digest), Suppression.Reason.BOUNCE)


def _reached_again(
    readers: QuerySet[Subscriber], at: datetime | None, *, besides: Q | None = None
) -> QuerySet[Subscriber]:
    """Those to whom an issue after their last soft bounce went without a word.

    ``besides`` are the bounces of the mail that is just being counted.
    """
    bounced = BounceEvent.objects.filter(address_digest=OuterRef("address_digest"))
    last = (
        bounced.filter(~besides if besides else Q(), kind=Kind.SOFT)
        .order_by()
        .values("address_digest")
        .annotate(last=Max(Coalesce("issue__started_at", "at")))
        .values("last")
    )
    taken = Delivery.objects.filter(
        ~Exists(bounced.filter(issue=OuterRef("issue"))),
        subscriber=OuterRef("pk"),
        state=Delivery.State.SUBMITTED,
        done_at__lte=(at or timezone.now()) - SETTLED,
    ).annotate(last_soft=Subquery(last))
    return readers.filter(Exists(taken.filter(issue__started_at__gt=F("last_soft"))))
