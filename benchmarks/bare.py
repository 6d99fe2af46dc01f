"""One view with three queries and a small template, as anybody would write it.

The site's name, an article with its section and picture, and the newest ten.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from articles.models import Article
from newsroom.publication.models import Publication


def bare(request: HttpRequest, pk: int) -> HttpResponse:
    context = {
        "publication": Publication.objects.get(pk=1),
        "article": Article.objects.select_related("section", "lead_image").get(pk=pk),
        "newest": Article.objects.published().order_by("-publish_at")[:10],
    }
    return render(request, "bare.html", context)


urlpatterns = [path("bare/<int:pk>/", bare)]
