"""Issues that went out, as everybody can read them on the site."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.feedgenerator import Atom1Feed
from django.utils.safestring import SafeString, mark_safe

from newsroom.core.paths import path_to
from newsroom.newsletters import rendering
from newsroom.newsletters.models import Issue, Newsletter
from newsroom.publication.furniture import Furniture

PAGE_SIZE = 30
FEED_SIZE = 20

_BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL | re.IGNORECASE)
_FIRST_HEADING = re.compile(r"<(/?)h1\b", re.IGNORECASE)
_STYLE = re.compile(r"<style[^>]*>.*?</style>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Copy:
    """An issue without anybody's personal links. ``html`` is what a page shows."""

    subject: str
    preheader: str
    html: SafeString
    shows: frozenset[str]


def issues_of(newsletter: Newsletter) -> Any:
    """Past issues, the newest first."""
    return newsletter.issues.in_archive().order_by("-started_at", "-pk")


def page_of(newsletter: Newsletter, request: HttpRequest) -> Any:
    """The page of the archive that ``?page=`` asks for."""
    issues = issues_of(newsletter).defer("compiled", "totals", "intro")
    return Paginator(issues, PAGE_SIZE).get_page(request.GET.get("page"))


def preview_of(newsletter: Newsletter) -> Issue | None:
    """The newest issue, or the sample until there is one."""
    newest: Issue | None = issues_of(newsletter).first()
    return newest or newsletter.sample


def find(slug: str, public_id: str) -> Issue | None:
    """An issue that everybody may read: one of the archive, or the sample."""
    issue = (
        Issue.objects.filter(newsletter__slug=slug, public_id=public_id)
        .select_related("newsletter")
        .first()
    )
    if issue is None or issue.newsletter.sample_id == issue.pk:
        return issue
    return Issue.objects.in_archive().filter(pk=issue.pk).first() and issue


def copy_of(issue: Issue) -> Copy:
    """What went out; of a sample, what would."""
    language = issue.newsletter.language
    names = {f"issue:{issue.pk}", f"newsletter:{issue.newsletter_id}"}
    compiled = issue.compiled.get(f"{language}-full") or next(
        iter(issue.compiled.values()), None
    )
    if compiled is None:
        rendered = rendering.render(
            issue, language=language, format="full", links=rendering.NO_LINKS
        )
        subject, html = rendered.subject, rendered.html
        names |= set(_live_names(issue))
    else:
        subject, html = compiled["subject"], compiled["html"]
    return Copy(subject, issue.preheader, _inside(html), frozenset(names))


def feed_of(newsletter: Newsletter, site: Furniture) -> str:
    """Atom (RFC 4287): each issue's subject, preview line and address."""
    page = settings.SITE_URL + newsletter.get_absolute_url()
    here = path_to("newsletters:feed", newsletter.slug)
    feed = Atom1Feed(
        title=f"{newsletter.name} – {site.name}",
        link=page,
        description=newsletter.description,
        language=newsletter.language,
        feed_url=settings.SITE_URL + here,
    )
    for issue in issues_of(newsletter)[:FEED_SIZE]:
        feed.add_item(
            title=issue.subject,
            link=settings.SITE_URL + issue.get_absolute_url(),
            description=issue.preheader,
            pubdate=issue.went_out_at,
            updateddate=issue.went_out_at,
        )
    return str(feed.writeString("utf-8"))


def _inside(html: str) -> SafeString:
    """The mail without its frame: the page around it has its own, and its own name."""
    found = _BODY.search(html)
    inside = _STYLE.sub("", found[1] if found else html)
    inside = _FIRST_HEADING.sub(r"<\1p", inside)
    # Its pictures lie beside the page, by whatever name the site is asked for.
    inside = inside.replace(f'src="{settings.SITE_URL}/', 'src="/')
    # Written by our own templates from words that were cleaned or escaped there.
    return mark_safe(inside)  # noqa: S308


def _live_names(issue: Issue) -> Iterable[str]:
    items = issue.items.exclude(article=None).values_list(
        "article_id", "article__lead_image_id"
    )
    for article, image in items:
        yield f"article:{article}"
        if image:
            yield f"image:{image}"
