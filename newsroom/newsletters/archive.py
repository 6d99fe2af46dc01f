"""Issues that went out, as everybody can read them on the site."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.feedgenerator import Atom1Feed
from django.utils.safestring import SafeString, mark_safe

from articles import body as article_body
from articles.models import Article
from articles.picture import Picture
from newsroom.core import html
from newsroom.core.paths import path_to
from newsroom.newsletters import as_sent, parts
from newsroom.newsletters.models import Issue, Newsletter
from newsroom.publication import furniture
from newsroom.publication.furniture import Furniture

PAGE_SIZE = 30
FEED_SIZE = 20

_HEADING = re.compile(r"(</?h)([23])\b")
_AS_SENT = ("headline", "kicker", "byline", "day", "summary", "caption")


@dataclass(frozen=True)
class Part:
    """A story, a heading or a text as the page shows it; ``level`` is its heading's."""

    kind: str
    level: int
    headline: str = ""
    kicker: str = ""
    byline: str = ""
    day: str = ""
    summary: str = ""
    url: str = ""
    caption: str = ""
    body: SafeString = field(default_factory=SafeString)
    picture: Picture | None = None
    attributes: SafeString = field(default_factory=SafeString)
    is_large: bool = False
    # The article was withdrawn since: its words are shown here no longer either.
    is_gone: bool = False


@dataclass(frozen=True)
class Copy:
    """An issue without anybody's personal links."""

    subject: str
    preheader: str
    intro: SafeString
    parts: list[Part]
    support_message: str
    support_url: str
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
    subject, facts = _said(issue)
    public = _public([part["article"] for part in facts["parts"]])
    pictures = parts.pictures(_pictures_of(facts["parts"], public))
    names = {f"issue:{issue.pk}", f"newsletter:{issue.newsletter_id}"}
    names |= {
        f"article:{part['article']}" for part in facts["parts"] if part["article"]
    }
    names = names.union(*(picture.shows for picture in pictures.values()))
    return Copy(
        subject=subject,
        preheader=issue.preheader,
        intro=_body(facts["intro"]),
        parts=list(_parts(issue, facts["parts"], public, pictures)),
        support_message=facts["support_message"],
        support_url=facts["support_url"],
        shows=frozenset(names),
    )


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


def _said(issue: Issue) -> tuple[str, as_sent.Facts]:
    language = issue.newsletter.language
    compiled = issue.compiled.get(f"{language}-full") or next(
        iter(issue.compiled.values()), None
    )
    if compiled is None:
        return issue.subject, as_sent.facts_of(issue)
    page = compiled.get("page") or as_sent.read_from_mail(issue, compiled["html"])
    return compiled["subject"], page


def _public(numbers: list[int]) -> dict[int, str]:
    """Where the articles are that readers may see now."""
    rows = Article.objects.published().filter(pk__in=filter(None, numbers))
    return {
        pk: path_to("articles:permanent", public_id)
        for pk, public_id in rows.values_list("pk", "public_id")
    }


def _pictures_of(said: list[as_sent.Facts], public: dict[int, str]) -> set[int]:
    found: set[int] = set()
    for part in said:
        if part["article"] in public:
            found |= {part["image"], *html.image_ids(part["words"])}
    return found - {0}


def _parts(
    issue: Issue,
    said: list[as_sent.Facts],
    public: dict[int, str],
    pictures: dict[int, Picture],
) -> Iterator[Part]:
    """Below a heading of the issue, headlines are one level lower."""
    level = 2
    language = issue.newsletter.language
    for number, part in enumerate(said):
        if part["kind"] == "heading":
            level = 3
            yield Part("heading", 2, headline=part["headline"])
        elif part["kind"] == "text":
            lower = level - 1 if part["headline"] else level - 2
            body = _body(part["words"], lower=lower)
            yield Part("text", level, headline=part["headline"], body=body)
        elif part["article"] in public:
            yield Part(
                "story",
                level,
                **{name: part[name] for name in _AS_SENT},
                url=public[part["article"]],
                picture=_shown(pictures.get(part["image"])),
                body=_body(part["words"], part["dateline"], pictures, lower=level - 1),
                is_large=number == 0 or part["is_full"],
                attributes=furniture.language_attributes(
                    part["language"] or language, language
                ),
            )
        else:
            yield Part("story", level, is_gone=True)


def _shown(picture: Picture | None) -> Picture | None:
    return picture if picture and picture.is_showable else None


def _body(
    words: str,
    dateline: str = "",
    pictures: dict[int, Picture] | None = None,
    *,
    lower: int = 0,
) -> SafeString:
    """Words as the site sets them, their headings so many levels lower."""
    if not words:
        return SafeString("")
    article = Article(body=words, dateline_place=dateline)
    written = article_body.render(article, pictures or {})
    # Cleaned when it was stored, and unfolded by the line above.
    return mark_safe(  # noqa: S308
        _HEADING.sub(lambda found: f"{found[1]}{int(found[2]) + lower}", written)
    )
