from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from newsroom.core import page_store
from newsroom.publication import furniture
from newsroom.publication.models import Page


@require_safe
@page_store.public_page
def page(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Page.objects.published(), slug=slug)
    page_store.shows(request, f"page:{found.pk}")
    return furniture.render(request, "publication/page.html", {"page": found})
