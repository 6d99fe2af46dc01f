"""One view with three simple queries and a small template."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from articles.models import Article
from newsroom.publication.models import Publication


def bare(request: HttpRequest, pk: int) -> HttpResponse:
    context = {
        "publication": Publication.objects.get(pk=1),
        "article": Article.objects.get(pk=pk),
        "newest": Article.objects.order_by("-pk").only("headline")[:4],
    }
    return render(request, "bare.html", context)


urlpatterns = [path("bare/<int:pk>/", bare)]
