from django.urls import path, register_converter

from articles import views
from articles.converters import IsoDateConverter

app_name = "articles"

register_converter(IsoDateConverter, "isodate")

urlpatterns = [
    path("", views.front_page, name="front_page"),
    path("a/<slug:public_id>/", views.permanent, name="permanent"),
    path("by/<slug:slug>/", views.contributor, name="contributor"),
    path("corrections/", views.corrections, name="corrections"),
    path("section/<slug:slug>/", views.section, name="section"),
    path("topic/<slug:slug>/", views.topic, name="topic"),
    path("<isodate:url_date>/<slug:slug>/", views.detail, name="detail"),
]
