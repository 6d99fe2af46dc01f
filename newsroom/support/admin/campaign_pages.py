"""Round a campaign: begin, stop, clone, silence all asking, previews, results."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from newsroom.support import money
from newsroom.support.admin.base import need
from newsroom.support.appeals import campaigns, experiments
from newsroom.support.models import (
    Asking,
    Campaign,
    Prompt,
    PromptVariant,
)

if TYPE_CHECKING:
    from newsroom.support.admin.campaigns import CampaignAdmin

ASKING = "support.change_asking"
PROMPTS = "support.change_prompt"


def beside(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """What the campaign's page shows round its form."""
    state = campaigns.state_of(campaign)
    prompts = campaign.prompts.prefetch_related("variants").order_by("placement", "pk")
    return {
        "asking": Asking.current(),
        "is_moving": campaign.is_active and state is not campaigns.State.ENDED,
        "may_change_prompts": request.user.has_perm(PROMPTS),
        "prompts": list(prompts),
        "state": state,
    }


def activate(
    model_admin: "CampaignAdmin", request: HttpRequest, pk: int
) -> HttpResponse:
    campaign: Campaign = model_admin.find(request, pk, change=True)
    try:
        state = campaigns.activate(campaign)
    except campaigns.NotPossible as error:
        messages.error(request, str(error))
    else:
        model_admin.log_change(request, campaign, _("switched on"))
        words = (
            _("The campaign is scheduled.")
            if state is campaigns.State.PLANNED
            else _("The campaign runs.")
        )
        messages.success(request, words)
        if Asking.current().is_silent:
            messages.warning(
                request, _("All asking is silenced: nobody sees it until that ends.")
            )
    return HttpResponseRedirect(model_admin.change_url(campaign))


def stop(model_admin: "CampaignAdmin", request: HttpRequest, pk: int) -> HttpResponse:
    campaign: Campaign = model_admin.find(request, pk, change=True)
    campaigns.stop(campaign)
    model_admin.log_change(request, campaign, _("stopped"))
    messages.success(request, _("The campaign asks nobody any more."))
    return HttpResponseRedirect(model_admin.change_url(campaign))


def clone(model_admin: "CampaignAdmin", request: HttpRequest, pk: int) -> HttpResponse:
    need(request, "support.add_campaign")
    made = campaigns.clone(model_admin.find(request, pk))
    model_admin.log_addition(request, made, _("cloned"))
    words = _("This is the copy. It is switched off and has no dates yet.")
    messages.success(request, words)
    return HttpResponseRedirect(model_admin.change_url(made))


def silence(model_admin: "CampaignAdmin", request: HttpRequest) -> HttpResponse:
    """The switch for everything; it asks once."""
    need(request, ASKING)
    asking = Asking.current()
    back_url = model_admin.list_url()
    if request.method == "POST":
        wanted = request.POST.get("is_silent") == "yes"
        campaigns.silence(is_silent=wanted)
        words = _("Nobody is asked now.") if wanted else _("Campaigns ask again.")
        messages.success(request, words)
        return HttpResponseRedirect(back_url)
    if asking.is_silent:
        return model_admin.ask(
            request,
            _("End the silence"),
            _("Let campaigns ask again"),
            [_running_in_words(Campaign.objects.running(timezone.now()).count())],
            back_url=back_url,
            hidden=[("is_silent", "no")],
        )
    return model_admin.ask(
        request,
        _("Silence all asking"),
        _("Silence all asking now"),
        [
            _("Every strip, banner and message goes from all pages within seconds."),
            _("The support page stays open, and recurring gifts go on."),
        ],
        back_url=back_url,
        hidden=[("is_silent", "yes")],
    )


def results(
    model_admin: "CampaignAdmin", request: HttpRequest, pk: int
) -> HttpResponse:
    campaign: Campaign = model_admin.find(request, pk)
    tests = [
        {"prompt": prompt, "result": result, "rows": _rows(result)}
        for prompt in campaign.prompts.order_by("placement", "pk")
        for result in [experiments.of(prompt)]
    ]
    return model_admin.own_page(
        request,
        "campaign/results.html",
        _("Results"),
        campaign,
        compares=Asking.current().compares_variants,
        fewest=experiments.FEWEST_GIFTS,
        may_take=request.user.has_perm("support.change_promptvariant"),
        tests=tests,
    )


def take(
    model_admin: "CampaignAdmin", request: HttpRequest, pk: int, variant: int
) -> HttpResponse:
    """Show one variant to all: the winner, or the first one to stop a test."""
    campaign: Campaign = model_admin.find(request, pk, change=True)
    need(request, "support.change_promptvariant")
    chosen = PromptVariant.objects.filter(pk=variant, prompt__campaign=campaign).first()
    if chosen is None:
        raise Http404
    back_url = reverse("admin:support_campaign_results", args=[pk])
    if request.method == "POST":
        experiments.take(chosen)
        words = _("%(name)s is shown to everybody now.") % {"name": chosen.name}
        model_admin.log_change(request, campaign, words)
        messages.success(request, words)
        return HttpResponseRedirect(back_url)
    return model_admin.ask(
        request,
        _("End the test"),
        _("Show %(name)s to everybody") % {"name": chosen.name},
        [
            _("The other variants get the weight 0 and are shown to nobody."),
            _("Their words and figures stay, and the history keeps who did it."),
        ],
        back_url=back_url,
        row=campaign,
    )


def preview(
    model_admin: "CampaignAdmin", request: HttpRequest, pk: int
) -> HttpResponse:
    """One variant in the four looks in which readers see it."""
    campaign: Campaign = model_admin.find(request, pk)
    variants = list(
        PromptVariant.objects.filter(prompt__campaign=campaign)
        .select_related("prompt")
        .order_by("prompt__placement", "prompt_id", "pk")
    )
    wanted = request.GET.get("variant", "")
    chosen = next((one for one in variants if str(one.pk) == wanted), None)
    if chosen is None and variants:
        chosen = variants[0]
    placement = request.GET.get("placement", "")
    if placement not in Prompt.Placement.values and chosen is not None:
        placement = chosen.prompt.placement
    return model_admin.own_page(
        request,
        "campaign/preview.html",
        _("Preview"),
        campaign,
        chosen=chosen,
        looks=[
            (width, scheme, title)
            for width, phone in ((360, True), (1280, False))
            for scheme, dark in (("light", False), ("dark", True))
            for title in [_look_in_words(phone, dark)]
        ],
        placement=placement,
        placements=Prompt.Placement.choices,
        variants=variants,
    )


def _look_in_words(phone: bool, dark: bool) -> str:
    if phone:
        return _("Phone, 360 px, dark") if dark else _("Phone, 360 px, light")
    return _("Desk, 1280 px, dark") if dark else _("Desk, 1280 px, light")


def _running_in_words(count: int) -> str:
    if not count:
        return _("No campaign runs now, so nothing is shown all the same.")
    return _("Campaigns that ask at once: %(count)s.") % {"count": count}


def _rows(result: experiments.Result) -> list[dict[str, Any]]:
    """The table's rows: figures as words, ready to print."""
    rows = []
    for outcome in result.outcomes:
        conversion = outcome.conversion
        rows.append(
            {
                "variant": outcome.variant,
                "shown": outcome.shown,
                "closed": outcome.closed,
                "continued": outcome.continued,
                "gifts": outcome.gifts,
                "conversion": _share(conversion.estimate) if conversion else "–",
                "between": (
                    f"{_share(conversion.low)}–{_share(conversion.high)}"
                    if conversion
                    else ""
                ),
                "money": [
                    _money_cells(outcome.in_currency(currency))
                    for currency in result.currencies
                ],
            }
        )
    return rows


def _money_cells(found: experiments.Money) -> tuple[str, str]:
    each = found.per_thousand_minor
    return (
        money.written(found.total_minor, found.currency),
        "–" if each is None else money.written(each, found.currency),
    )


def _share(part: float) -> str:
    return f"{part * 100:.2f}%"
