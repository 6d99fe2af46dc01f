"""The reader's pages. Everything starts from ``Article.objects.published()``."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from articles import pages
from articles.models import Article, Contributor, Section, Topic
from newsroom.core import page_store
from newsroom.publication import furniture


@require_safe
@page_store.public_page
def front_page(request: HttpRequest) -> HttpResponse:
    site = furniture.load()
    return _page(request, "articles/front.html", pages.front_page(site), site)


@require_safe
@page_store.public_page
def detail(request: HttpRequest, url_date: date, slug: str) -> HttpResponse:
    page = pages.published_page(url_date, slug)
    if page is None:
        return _gone_or_404(request, url_date, slug)
    return _page(request, "articles/detail.html", page)


@require_safe
def permanent(request: HttpRequest, public_id: str) -> HttpResponse:
    article = get_object_or_404(Article, public_id=public_id)
    if not article.is_public and not pages.is_gone(article):
        raise Http404
    # The address behind it may change any day, so nobody may keep this answer.
    response = HttpResponseRedirect(article.get_absolute_url())
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@page_store.public_page
def section(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Section, slug=slug)
    page = pages.section_page(found, request.GET)
    return _page(request, "articles/section.html", page)


@require_safe
@page_store.public_page
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Topic, slug=slug)
    return _page(request, "articles/topic.html", pages.topic_page(found, request.GET))


@require_safe
@page_store.public_page
def contributor(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Contributor, slug=slug)
    page = pages.contributor_page(found, request.GET)
    return _page(request, "articles/contributor.html", page)


@require_safe
@page_store.public_page
def corrections(request: HttpRequest) -> HttpResponse:
    return _page(request, "articles/corrections.html", pages.corrections_page())


def _page(
    request: HttpRequest,
    template: str,
    page: pages.Context,
    site: furniture.Furniture | None = None,
) -> HttpResponse:
    page_store.shows(request, *page["shows"])
    return furniture.render(request, template, page, site=site)


def _gone_or_404(request: HttpRequest, url_date: date, slug: str) -> HttpResponse:
    article = get_object_or_404(Article, url_date=url_date, slug=slug)
    if not pages.is_gone(article):
        raise Http404
    return furniture.render(request, "410.html", {"article": article}, status=410)
