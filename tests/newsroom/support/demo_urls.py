"""The site's addresses as the demo has them: with the sandbox's own pages."""

from django.urls import include, path

from newsroom import urls as site
from newsroom.support import sandbox_urls, urls

handler404 = site.handler404
handler500 = site.handler500

_demo = path("demo/pay/", include(sandbox_urls.urlpatterns))
urlpatterns = [
    path("", include(([*urls.urlpatterns, _demo], "support"))),
    *site.urlpatterns,
]
