from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupportConfig(AppConfig):
    name = "newsroom.support"
    label = "support"
    verbose_name = _("Reader support")

    def ready(self) -> None:
        pass
