"""Reader support: what providers told and we could not book, and what we owe."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from newsroom.self_check.lines import STUCK, Result, State, check
from newsroom.support import attention
from newsroom.support.mails import neutrality
from newsroom.support.models import Difference, Giver, RefundOrder, WebhookEvent


@check(gettext_lazy("Events of payment providers"))
def provider_events(at: datetime) -> Result:
    address = reverse("admin:support_webhookevent_changelist")
    stuck = WebhookEvent.objects.filter(state=WebhookEvent.State.STUCK).count()
    if stuck:
        return Result(
            State.BAD,
            ngettext("%(number)s is stuck", "%(number)s are stuck", stuck)
            % {"number": stuck},
            _("Support staff see the reason there, and can try again."),
            address,
        )
    waiting = WebhookEvent.objects.filter(
        state=WebhookEvent.State.STORED, received_at__lt=at - STUCK
    ).count()
    if waiting:
        return Result(
            State.WARN,
            ngettext("%(number)s waits", "%(number)s wait", waiting)
            % {"number": waiting},
            _("Most need an earlier event, which will come. Check that a worker runs."),
            address,
        )
    return Result(State.GOOD, _("All are booked"))


@check(gettext_lazy("Refunds"))
def refunds(at: datetime) -> Result:
    failed = RefundOrder.objects.filter(state=RefundOrder.State.FAILED).count()
    if not failed:
        return Result(State.GOOD, _("None has failed"))
    return Result(
        State.BAD,
        ngettext("%(number)s has failed", "%(number)s have failed", failed)
        % {"number": failed},
        _("Support staff see on the gift why, and can order it again."),
        reverse("admin:support_contribution_changelist"),
    )


@check(gettext_lazy("Books and providers’ lists"))
def differences(at: datetime) -> Result:
    number = Difference.objects.filter(settled_at=None).count()
    if not number:
        return Result(State.GOOD, _("Say the same"))
    return Result(
        State.WARN,
        ngettext("%(number)s difference", "%(number)s differences", number)
        % {"number": number},
        _("Support staff see each; most settle by themselves the night after."),
        reverse("admin:support_difference_changelist"),
    )


@check(gettext_lazy("Letters to givers"))
def letters_to_givers(at: datetime) -> Result:
    late = attention.failing_letters().count()
    if not late:
        return Result(State.GOOD, _("None is late"))
    return Result(
        State.BAD,
        ngettext("%(number)s is late", "%(number)s are late", late) % {"number": late},
        _("Check the mail server and that a worker runs."),
    )


@check(gettext_lazy("Neutral mails to givers"))
def neutral_mails(at: datetime) -> Result:
    where = _("Set NEUTRAL_FROM_EMAIL to an address of a domain that names nobody.")
    if neutrality.is_offered():
        if neutrality.names_us():
            return Result(State.WARN, _("Their sender’s domain is ours"), where)
        return Result(State.GOOD, _("Come from an address of their own"))
    asked = Giver.objects.filter(is_neutral=True, erased_at=None).count()
    if not asked:
        return Result(State.WARN, _("Not offered"), where)
    return Result(
        State.BAD,
        ngettext(
            "%(number)s giver asked for them, and gets our usual sender’s address",
            "%(number)s givers asked for them, and get our usual sender’s address",
            asked,
        )
        % {"number": asked},
        where,
    )
