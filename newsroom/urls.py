from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from newsroom import demo_mail
from newsroom.core import media
from newsroom.core.health import healthz

handler404 = "newsroom.views.not_found"
handler500 = "newsroom.views.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("admin/", include("newsroom.accounts.urls")),
    path("admin/", admin.site.urls),
    path("media/<path:name>", media.serve, name="media"),
    path("newsletters/", include("newsroom.newsletters.urls")),
    path("mail/", include("newsroom.newsletters.mail_urls")),
    path("", include("newsroom.support.urls")),
    path("", include("newsroom.publication.urls")),
    path("", include("articles.urls")),
]
if settings.DEMO:
    urlpatterns.insert(0, path("demo/mail/", include(demo_mail.urlpatterns)))
