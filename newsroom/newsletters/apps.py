from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NewslettersConfig(AppConfig):
    name = "newsroom.newsletters"
    label = "newsletters"
    verbose_name = _("Newsletters")

    def ready(self) -> None:
        from anymail.signals import tracking

        from newsroom.newsletters import provider_events, system_checks  # noqa: F401

        # The one signal that we listen to: it is how django-anymail tells events.
        tracking.connect(provider_events.heard, dispatch_uid="newsletters")
