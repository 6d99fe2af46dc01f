"""What mails lead back to: leaving, counted links, reports of providers."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from newsroom.newsletters import mail_views, provider_events

app_name = "newsletter_mail"

urlpatterns: list[URLPattern | URLResolver] = [
    path("bounces/", mail_views.take_in_report, name="bounces"),
    path("go/<str:public_id>/<int:number>/", mail_views.go, name="go"),
    path("provider/", include(provider_events.webhooks(settings.ANYMAIL_PROVIDER))),
]
