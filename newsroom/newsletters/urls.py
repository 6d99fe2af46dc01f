"""Pages of ``/newsletters/``. The first names are none that a newsletter can have."""

from django.urls import URLPattern, path

from newsroom.newsletters import reader_views, views

app_name = "newsletters"

urlpatterns: list[URLPattern] = [
    path("", views.newsletters, name="list"),
    path("sign-up/", views.ask, name="sign_up"),
    path("check-your-mail/", views.check, name="check"),
    path("my-link/", views.my_link, name="my_link"),
    path("link-sent/", views.link_sent, name="link_sent"),
    path("confirm/<str:token>/", reader_views.confirm, name="confirm"),
    path("leave/<str:token>/", reader_views.leave, name="leave"),
    path("me/<str:token>/", reader_views.my_page, name="preferences"),
    path("me/<str:token>/data/", reader_views.my_data, name="data"),
    path("me/<str:token>/erase/", reader_views.erase, name="erase"),
    path("move/<str:token>/", reader_views.move, name="move"),
    path("<slug:slug>/", views.newsletter, name="newsletter"),
    path("<slug:slug>/feed/", views.feed, name="feed"),
    path("<slug:slug>/preview/", views.preview, name="preview"),
    path("<slug:slug>/<str:public_id>/", views.issue, name="issue"),
]
