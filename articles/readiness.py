"""What an article still lacks before readers may see it, in an editor's words."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import content as contents
from articles.models import Image, ImageUse, Section

_PLACES = {
    ImageUse.Place.LEAD.value: gettext_lazy("The lead picture"),
    ImageUse.Place.BODY.value: gettext_lazy("The picture in the text"),
}


@dataclass(frozen=True)
class Missing:
    """One thing to do: the form's field that it belongs to, and the words.

    ``url`` leads to the picture that lacks something; a senior editor may publish
    without a credit (``is_credit``) and give a reason.
    """

    field: str
    words: str
    url: str = ""
    is_credit: bool = False


def missing(content: contents.Content, *, at: datetime | None = None) -> list[Missing]:
    """All that the content lacks to be published ``at``, in the form's order."""
    found = []
    if not content["headline"].strip():
        found.append(Missing("headline", _("Write a headline.")))
    if not content["body"].strip():
        found.append(Missing("body", _("Write the text.")))
    if content["section"] is None:
        found.append(Missing("section", _("Choose a section.")))
    elif not Section.objects.filter(pk=content["section"]["id"]).exists():
        found.append(Missing("section", _("The section is gone: choose another one.")))
    named = content["bylines"] or content["byline_override"] or content["source"]
    if not named:
        found.append(
            Missing("bylines", _("Name an author, or write what stands instead."))
        )
    ends = contents.parse_time(content["unpublish_at"])
    if ends is not None and ends <= (at or timezone.now()):
        words = _("It would be taken down before it appears: choose a later time.")
        found.append(Missing("unpublish_at", words))
    return found + _missing_of_pictures(content)


def _missing_of_pictures(content: contents.Content) -> list[Missing]:
    places = contents.used_image_ids(content)
    images = Image.objects.in_bulk(list(places))
    found = []
    for image_id, place in places.items():
        field = "lead_image" if place == ImageUse.Place.LEAD else "body"
        image = images.get(image_id)
        if image is None or image.is_withdrawn or image.licence_has_ended():
            words = _("%(picture)s may no longer be shown: take another one.")
            found.append(Missing(field, words % {"picture": _PLACES[place]}))
            continue
        if lacks := image.missing_for_publication():
            words = _("%(picture)s “%(title)s” has no %(lacks)s.") % {
                "picture": _PLACES[place],
                "title": image,
                "lacks": _(" and no ").join(lacks),
            }
            url = reverse("admin:articles_image_change", args=[image.pk])
            found.append(Missing(field, words, url, is_credit=True))
    return found
