from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupportConfig(AppConfig):
    name = "newsroom.support"
    label = "support"
    verbose_name = _("Reader support")

    def ready(self) -> None:
        # Imported to be registered.
        from newsroom.support import sandbox_checks, system_checks  # noqa: F401
        from newsroom.support.mails import returned

        returned.register()
