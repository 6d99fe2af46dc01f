"""A variant as readers see it, in a frame of the page of previews."""

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString, mark_safe

from newsroom.publication.models import Publication
from newsroom.support.appeals import asking
from newsroom.support.models import Prompt, PromptVariant

if TYPE_CHECKING:
    from newsroom.support.admin.prompts import PromptAdmin

SCHEMES = ("light", "dark")
READ = 7  # articles, for the example


def frame(
    model_admin: "PromptAdmin", request: HttpRequest, variant: int
) -> HttpResponse:
    """The public component with the public style sheet on a sketch of a page.

    ``in`` is light or dark; ``placement`` another one than the message's own.
    """
    chosen = (
        PromptVariant.objects.select_related("prompt__campaign")
        .filter(pk=variant)
        .first()
    )
    if chosen is None:
        raise Http404
    model_admin.find(request, chosen.prompt_id)
    placement = request.GET.get("placement", "")
    if placement in Prompt.Placement.values:
        chosen.prompt.placement = placement
    scheme = request.GET.get("in", "")
    context = {
        "appeal": _with_examples(asking.render_variant(chosen)),
        "placement": chosen.prompt.placement,
        "publication": Publication.current(),
        "scheme": scheme if scheme in SCHEMES else "light",
    }
    response = TemplateResponse(request, "admin/support/prompt/frame.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


def _with_examples(appeal: SafeString) -> SafeString:
    """What only the reader's device knows, as it may come out there."""
    shown = appeal.replace("<p hidden data-if-read>", "<p>").replace(
        "<b data-read></b>", f"<b data-read>{READ}</b>"
    )
    # Made of a safe string and a number of ours.
    return mark_safe(shown)  # noqa: S308
