"""The support page, the way back from an abandoned checkout, and the thanks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from newsroom.core import client, page_store
from newsroom.newsletters import consent, consent_words, offers, sign_up
from newsroom.newsletters.models import Newsletter
from newsroom.newsletters.models.subscriber import Source
from newsroom.publication import furniture
from newsroom.publication.furniture import Furniture
from newsroom.support import countries, payments
from newsroom.support.checkout import (
    attempts,
    giving,
    offer,
    page_form,
    reasons,
    thanks_page,
)
from newsroom.support.checkout.forms import ELSEWHERE, GiftForm
from newsroom.support.checkout.offer import Offer
from newsroom.support.mails import neutrality
from newsroom.support.models import (
    Asking,
    Campaign,
    Contribution,
    CountryPolicy,
    PromptVariant,
)
from newsroom.support.payments.interface import NotPossible, Unreachable
from newsroom.support.people.private_pages import private

View = Callable[[HttpRequest, str], HttpResponse]

# How long an abandoned gift can be gone on with, words and address included.
GOES_ON_FOR = timedelta(hours=24)


def private_page(view: View) -> View:
    """A page for whoever has the link: kept nowhere, and told to nobody."""

    @wraps(view)
    def answer(request: HttpRequest, public_id: str) -> HttpResponse:
        return private(view(request, public_id))

    return answer


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@page_store.public_page
def page(request: HttpRequest) -> HttpResponse:
    """Where readers give. The page is one for all; its form acts for nobody."""
    if request.method == "POST":
        return _take(request)
    state = _state(request, request.GET.get("v", ""))
    values = page_form.of_query(request.GET.dict(), state.offered)
    return _page(request, state, values)


@require_safe
@private_page
def again(request: HttpRequest, public_id: str) -> HttpResponse:
    """Back from a checkout that was left: everything is as it was typed."""
    gift = get_object_or_404(
        Contribution.objects.select_related("giver"), public_id=public_id
    )
    if gift.state not in (Contribution.State.PENDING, Contribution.State.FAILED):
        return redirect("support:thanks", public_id)
    if gift.created_at < timezone.now() - GOES_ON_FOR:
        return redirect("support:page")
    state = _state(request, str(gift.variant_id or ""))
    values = page_form.of_contribution(gift, state.offered)
    return _page(request, state, values, is_back=True)


@require_safe
@private_page
def thanks(request: HttpRequest, public_id: str) -> HttpResponse:
    """What became of a gift. Thanks only once the provider has said that it counts."""
    gift = get_object_or_404(
        Contribution.objects.select_related("campaign", "giver"), public_id=public_id
    )
    with furniture.speaking(furniture.load().language):
        context = thanks_page.context_of(gift)
    return furniture.render(request, "support/thanks.html", context)


@dataclass(frozen=True)
class _State:
    """What the page shows apart from what was typed."""

    site: Furniture
    variant: PromptVariant | None
    offered: Offer
    policies: list[CountryPolicy]
    letter: offers.Offer | None
    consent: offers.Consent | None

    @property
    def campaign(self) -> Campaign | None:
        return self.offered.campaign

    @property
    def warnings(self) -> list[CountryPolicy]:
        """Where giving is dangerous; first where this language is read."""
        here = self.site.language
        warned = [policy for policy in self.policies if policy.warns]
        return sorted(warned, key=lambda policy: here not in policy.languages)

    @property
    def asked_about(self) -> list[CountryPolicy]:
        """The countries that the question “where do you live?” lists."""
        return [one for one in self.policies if one.never_accept or one.warns]


def _state(request: HttpRequest, variant_number: str) -> _State:
    page_store.shows(request, "asking", offers.SHOWN)
    site = furniture.load()
    variant = _variant(variant_number)
    letters, consent_text = offers.all_open(site.language)
    return _State(
        site=site,
        variant=variant,
        offered=offer.load(
            _campaign(variant), default_currency=Asking.current().default_currency
        ),
        policies=countries.policies(),
        letter=letters[0] if letters else None,
        consent=consent_text,
    )


def _take(request: HttpRequest) -> HttpResponse:
    if client.is_foreign(request):
        return furniture.render(request, "newsletters/refused.html", {}, status=403)
    state = _state(request, request.POST.get("v", ""))
    with furniture.speaking(state.site.language):
        return _answer(request, state)


def _answer(request: HttpRequest, state: _State) -> HttpResponse:
    form = GiftForm(request.POST, offered=state.offered, policies=state.asked_about)
    if "edit" in request.POST:
        return _page(request, state, request.POST.dict())
    if policy := _refusal(request, form):
        return _instead(request, state, policy)
    if not form.is_valid() or form.suggestion or form.needs_warning:
        # An address that must be looked at, or a warning, is no mistake.
        status = 200 if form.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
        return _page(request, state, _said(form), form=form, status=status)
    if form.is_trapped:
        return redirect("support:page")
    return _begin(request, state, form)


def _begin(request: HttpRequest, state: _State, form: GiftForm) -> HttpResponse:
    values = _said(form)
    if not attempts.has_room(client.network(request)):
        words = _("Many gifts were begun from your network. Try again in an hour.")
        return _page(request, state, values, trouble=words, status=429)
    try:
        checkout = giving.begin(_wish(state, form))
    except NotPossible as error:
        return _page(request, state, values, trouble=str(error), status=422)
    except (Unreachable, payments.Unknown):
        words = _(
            "Our payment provider does not answer at the moment. Nothing was paid, and "
            "everything you wrote is still here. Try again in a minute."
        )
        return _page(request, state, values, trouble=words, status=503)
    _sign_up(request, state, form)
    return HttpResponseRedirect(checkout.url, status=HTTPStatus.SEE_OTHER)


def _said(form: GiftForm) -> dict[str, str]:
    """As it was typed; the address, where another was suggested, as it was chosen."""
    values: dict[str, str] = form.data.dict()  # type: ignore[attr-defined]
    if values.get("use") == "suggested":
        values["email"] = form.cleaned_data.get("email", "") or values["email"]
    return values


def _wish(state: _State, form: GiftForm) -> giving.Wish:
    said = form.cleaned_data
    return giving.Wish(
        address=said["email"],
        frequency=said["frequency"],
        amount_minor=said["amount"],
        currency=said["currency"],
        method=said["method"],
        covers_fee=said["cover"],
        name=said["name"],
        message=said["message"],
        is_anonymous=not said["named"],
        is_neutral=said["neutral"],
        language=state.site.language,
        campaign=state.campaign,
        variant=state.variant,
        key=said["key"],
        instead_of=said["instead"],
    )


def _sign_up(request: HttpRequest, state: _State, form: GiftForm) -> None:
    """Only for who ticked the box; a mail still asks them to confirm."""
    if not form.cleaned_data["newsletter"] or state.letter is None:
        return
    letter = Newsletter.objects.filter(pk=state.letter.pk)
    sign_up.ask(
        form.cleaned_data["email"],
        letter,
        network=client.network(request),
        language=state.site.language,
        text=consent.current_text(state.site.language),
        source=Source.SUPPORT,
    )


def _refusal(request: HttpRequest, form: GiftForm) -> CountryPolicy | None:
    """The policy of a country from which nothing may come.

    A delivery network in front may name the country of the request, in a header that
    is set for it. It is looked at here, once, and kept nowhere.
    """
    if form.policy is not None and form.policy.never_accept:
        return form.policy
    if not settings.COUNTRY_HEADER:
        return None
    return countries.refuses(request.headers.get(settings.COUNTRY_HEADER, ""))


def _instead(
    request: HttpRequest, state: _State, policy: CountryPolicy
) -> HttpResponse:
    """Why nothing was begun, and what helps more. The way back keeps what was typed."""
    left_out = {"edit", "country", "knows", "key"}
    kept = [(name, said) for name, said in request.POST.items() if name not in left_out]
    context = {
        "policy": policy,
        "kept": kept,
        "was_said": request.POST.get("country") == policy.country,
    }
    return furniture.render(request, "support/instead.html", context, site=state.site)


def _page(
    request: HttpRequest,
    state: _State,
    values: dict[str, str],
    *,
    form: GiftForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    with furniture.speaking(state.site.language):
        shown = page_form.shown(state.offered, values)
        beside = {"spent": reasons.spent(), "answers": reasons.answers(_facts(state))}
    context = {
        **beside,
        "state": state,
        "shown": shown,
        "values": values,
        "form": form,
        "problems": page_form.problems(form) if form else [],
        "elsewhere": ELSEWHERE,
        "policies": state.asked_about,
        "warnings": state.warnings,
        "offers_neutral": neutrality.is_offered(),
        "letter_consent": consent_words.as_html(state.consent.text, state.site)
        if state.consent
        else "",
        **more,
    }
    response = furniture.render(
        request, "support/page.html", context, site=state.site, status=status
    )
    _let_checkouts_open(response, state)
    return response


def _facts(state: _State) -> dict[str, str]:
    """What the answers beside the form may name, as far as it is known."""
    campaign = state.campaign
    facts = {
        "publication": state.site.name,
        "statement": campaign.statement_descriptor if campaign else "",
    }
    return {name: words for name, words in facts.items() if words}


def _let_checkouts_open(response: HttpResponse, state: _State) -> None:
    """Browsers hold the redirect after a form to ``form-action`` too (CSP 3, 4.2.5)."""
    names = {method.provider for method in state.offered.methods}
    origins = sorted({payments.named(name).checkout_origin for name in names} - {""})
    if origins:
        update = getattr(response, "_csp_update", {})
        response._csp_update = update | {"form-action": origins}  # type: ignore[attr-defined]


def _variant(number: str) -> PromptVariant | None:
    """The wording that led here, as far as it is a number of one."""
    if not (number.isascii() and number.isdigit() and len(number) <= 12):
        return None
    variants = PromptVariant.objects.select_related("prompt__campaign")
    return variants.filter(pk=int(number), prompt__campaign__is_active=True).first()


def _campaign(variant: PromptVariant | None) -> Campaign | None:
    if variant is not None:
        return variant.prompt.campaign
    return Campaign.objects.running(timezone.now()).first()
