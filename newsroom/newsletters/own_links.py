"""Whether an address of our own site leads to something, by its rows alone."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.urls import Resolver404, ResolverMatch, resolve

from articles.models import Article, Contributor, Section, Topic
from newsroom.newsletters.models import Issue, Newsletter
from newsroom.publication.models import Page, Redirect

# By the name of a view: the rows it shows. A withdrawn article keeps its address.
_ROWS: dict[str, Callable[[ResolverMatch], QuerySet[Any]]] = {
    "articles:detail": lambda match: Article.objects.filter(
        url_date=match.kwargs["url_date"], slug=match.kwargs["slug"]
    ),
    "articles:permanent": lambda match: Article.objects.filter(
        public_id=match.kwargs["public_id"]
    ),
    "articles:section": lambda match: Section.objects.filter(slug=match.kwargs["slug"]),
    "articles:topic": lambda match: Topic.objects.filter(slug=match.kwargs["slug"]),
    "articles:contributor": lambda match: Contributor.objects.filter(
        slug=match.kwargs["slug"]
    ),
    "publication:page": lambda match: Page.objects.published().filter(
        slug=match.kwargs["slug"]
    ),
    "newsletters:newsletter": lambda match: Newsletter.objects.filter(
        slug=match.kwargs["slug"]
    ),
    "newsletters:issue": lambda match: Issue.objects.filter(
        public_id=match.kwargs["public_id"]
    ),
}


def exists(path: str) -> bool:
    """Whether a path, from its first slash on, is one of ours or leads to one."""
    if Redirect.objects.filter(old_path=path[:500]).exists():
        return True
    try:
        match = resolve(path)
    except Resolver404:
        return False
    rows = _ROWS.get(match.view_name)
    return rows is None or rows(match).exists()
