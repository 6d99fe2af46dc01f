"""The page of one gift, and giving it back."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from newsroom.accounts.people import signed_in
from newsroom.support import money
from newsroom.support.admin.base import mark, need, way
from newsroom.support.admin.fields import TypedMoney, plain, read
from newsroom.support.books import refunds
from newsroom.support.models import (
    Contribution,
    LedgerEntry,
    RefundOrder,
    WebhookEvent,
)

if TYPE_CHECKING:
    from newsroom.support.admin.gifts import ContributionAdmin

REFUND = "support.refund_contribution"
STATES = {
    Contribution.State.PENDING: "pending",
    Contribution.State.SUCCEEDED: "succeeded",
    Contribution.State.FAILED: "failed",
    Contribution.State.REFUNDED: "refunded",
    Contribution.State.DISPUTED: "review",
    Contribution.State.QUARANTINED: "quarantined",
}
ORDERS = {
    RefundOrder.State.WAITING: "pending",
    RefundOrder.State.DONE: "succeeded",
    RefundOrder.State.FAILED: "failed",
}


class RefundForm(forms.Form):
    amount = TypedMoney(label=gettext_lazy("Give back"), required=True)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"class": "vTextField"}),
        help_text=gettext_lazy("For the books. Write no name and no address here."),
    )

    def __init__(
        self, *args: Any, gift: Contribution, left: int, **options: Any
    ) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})
        self.gift = gift
        self.left = left
        self.minor = 0
        self.fields["amount"].initial = plain(left, gift.currency)
        self.fields["amount"].help_text = _(
            "In %(currency)s; all of it: %(left)s. Less is a part of it."
        ) % {"currency": gift.currency, "left": money.written(left, gift.currency)}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        minor = read(self, "amount", self.gift.currency)
        if minor is not None and not 0 < minor <= self.left:
            words = _("Write an amount above 0 and up to %(left)s.")
            left = money.written(self.left, self.gift.currency)
            self.add_error("amount", words % {"left": left})
        elif minor is not None:
            self.minor = minor
        if "@" in cleaned.get("reason", ""):
            self.add_error("reason", _("No address here: it is kept for ever."))
        return cleaned


def show(
    model_admin: "ContributionAdmin", request: HttpRequest, object_id: str
) -> HttpResponse:
    gift: Contribution = model_admin.find(request, object_id)
    entries = list(gift.entries.order_by("happened_at", "pk"))
    refs = [gift.payment_ref, gift.checkout_ref]
    return model_admin.own_page(
        request,
        "contribution/show.html",
        money.written(gift.amount_minor, gift.currency),
        gift,
        entries=[
            (entry, money.written(entry.amount_minor, entry.currency))
            for entry in entries
        ],
        fee_covered=money.written(gift.covered_minor, gift.currency)
        if gift.covered_minor
        else "",
        given_back=_given_back(gift),
        left=_left(gift),
        letters=gift.letters.order_by("pk"),
        may_refund=request.user.has_perm(REFUND),
        net=_net(gift),
        orders=[
            (
                order,
                money.written(order.amount_minor, gift.currency),
                _order_mark(order),
            )
            for order in gift.refund_orders.select_related("ordered_by").order_by("pk")
        ],
        refs=[ref for ref in refs if ref],
        state_mark=state_mark(gift),
        stuck=WebhookEvent.objects.filter(
            provider=gift.provider, state=WebhookEvent.State.STUCK
        ).exists(),
        way=way(gift.provider, gift.method),
        unsent=gift.letters.filter(sent_at=None, given_up_at__isnull=False).exists(),
    )


def refund(
    model_admin: "ContributionAdmin", request: HttpRequest, pk: int
) -> HttpResponse:
    """In full or in part: type it, see it once more, then it is ordered."""
    gift: Contribution = model_admin.find(request, pk)
    need(request, REFUND)
    left = _left(gift)
    back = HttpResponseRedirect(model_admin.change_url(gift))
    if left <= 0:
        messages.error(request, _("Nothing is left of this gift to give back."))
        return back
    form = RefundForm(request.POST or None, gift=gift, left=left)
    is_sure = request.POST.get("sure") == "yes"
    if form.is_valid() and is_sure:
        try:
            refunds.order(
                gift,
                form.minor,
                by=signed_in(request),
                reason=form.cleaned_data["reason"],
            )
        except refunds.NotRefundable as error:
            messages.error(request, str(error))
        else:
            words = _("%(amount)s is being given back.")
            given = money.written(form.minor, gift.currency)
            messages.success(request, words % {"amount": given})
        return back
    if form.is_valid():
        return _ask_once_more(model_admin, request, gift, form)
    return model_admin.own_page(
        request,
        "form.html",
        _("Give back"),
        gift,
        button=_("Continue"),
        form=form,
        back_url=model_admin.change_url(gift),
        note=_("The giver’s bank may take some days to show it."),
    )


def refund_again(
    model_admin: "ContributionAdmin", request: HttpRequest, pk: int
) -> HttpResponse:
    """Try the refunds of a gift again that failed."""
    gift: Contribution = model_admin.find(request, pk)
    need(request, REFUND)
    tried = 0
    for order in gift.refund_orders.filter(state=RefundOrder.State.FAILED):
        try:
            refunds.try_again(order)
            tried += 1
        except refunds.NotRefundable as error:
            messages.error(request, str(error))
    if tried:
        messages.success(request, _("The refund is tried again."))
    return HttpResponseRedirect(model_admin.change_url(gift))


def _ask_once_more(
    model_admin: "ContributionAdmin",
    request: HttpRequest,
    gift: Contribution,
    form: RefundForm,
) -> HttpResponse:
    amount = money.written(form.minor, gift.currency)
    lines = [
        _("%(amount)s goes back the way it came. This cannot be undone.")
        % {"amount": amount}
    ]
    if gift.recurring_id and gift.recurring and gift.recurring.state != "cancelled":
        lines.append(_("The recurring gift goes on; end it on its own page."))
    return model_admin.ask(
        request,
        _("Give back"),
        _("Give back %(amount)s") % {"amount": amount},
        lines,
        back_url=model_admin.change_url(gift),
        row=gift,
        hidden=[
            ("amount", form.cleaned_data["amount"]),
            ("reason", form.cleaned_data["reason"]),
            ("sure", "yes"),
        ],
    )


def state_mark(gift: Contribution) -> SafeString:
    shape = STATES[Contribution.State(gift.state)]
    return mark(shape, gift.get_state_display())


def _order_mark(order: RefundOrder) -> SafeString:
    """Done is what is in the books; before that the provider has only agreed."""
    if order.state == RefundOrder.State.DONE and not order.movement_ref:
        return mark("pending", _("at the provider"))
    return mark(ORDERS[RefundOrder.State(order.state)], order.get_state_display())


def _left(gift: Contribution) -> int:
    return refunds.left_of(gift)


def _given_back(gift: Contribution) -> str:
    """A part that went back; where all of it did, its state says so."""
    moved = gift.entries.filter(kind=LedgerEntry.Kind.REFUND).aggregate(
        total=Sum("amount_minor")
    )["total"]
    if not moved or gift.state != Contribution.State.SUCCEEDED:
        return ""
    return money.written(-moved, gift.currency)


def _net(gift: Contribution) -> str:
    total = LedgerEntry.objects.filter(contribution=gift).aggregate(
        total=Sum("amount_minor")
    )["total"]
    return money.written(total or 0, gift.currency)
