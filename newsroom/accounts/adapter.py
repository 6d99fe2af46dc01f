"""Our answers to what django-allauth asks about accounts and second factors."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.translation import gettext_lazy as _

from newsroom.accounts import tasks
from newsroom.accounts.models import User
from newsroom.core import client
from newsroom.publication.models import Publication

_WRONG = _("The name and the password do not belong together.")
_TOO_MANY = _("Too many attempts. Wait five minutes and try again.")


class StaffAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _WRONG,
        "enter_current_password": _("This is not your present password."),
        "incorrect_code": _("This code is not right, or was used already."),
        "incorrect_password": _("This is not your password."),
        "invalid_login": _WRONG,
        "rate_limited": _TOO_MANY,
        "too_many_login_attempts": _TOO_MANY,
        "username_password_mismatch": _WRONG,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are added by their newsroom."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """What limits count by is stored, so it must not be the address itself."""
        return client.network_key(request)

    def authenticate(
        self, request: HttpRequest, **credentials: Any
    ) -> AbstractBaseUser | None:
        # With both, a known address would have its password checked twice, and an
        # unknown one once: the time taken would tell them apart.
        if "email" in credentials:
            credentials.pop("username", None)
        person: AbstractBaseUser | None = super().authenticate(request, **credentials)
        return person

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        person = self.authenticate(
            context.request, username=user.get_username(), password=password
        )
        return person is not None and person.pk == user.pk

    def get_reauthentication_methods(
        self, user: AbstractBaseUser | AnonymousUser
    ) -> list[dict[str, Any]]:
        words = {
            "reauthenticate": _("Use your password"),
            "mfa_reauthenticate": _("Use a code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [method | {"description": words[method["id"]]} for method in methods]

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """By a job, so that a mail server out of reach does not stop the change."""
        tasks.mail_notice.defer(
            user_id=user.pk,
            template_prefix=template_prefix,
            at=timezone.now().isoformat(),
        )


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "cannot_delete_authenticator": _(
            "Your role needs a second factor, and this is your only one. Add another "
            "one first."
        ),
        "incorrect_code": _("This code is not right, or was used already."),
    }

    def get_totp_issuer(self) -> str:
        return Publication.current().name

    def encrypt(self, text: str) -> str:
        """With a key made of ``SECRET_KEY``: a backup alone gives no codes away."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises ``InvalidToken`` if ``SECRET_KEY`` was changed without a fallback."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        host = urlsplit(settings.SITE_URL).hostname or ""
        if settings.DEBUG or settings.DEMO:
            # Passkeys work at http://localhost too, but never at an IP address.
            host = context.request.get_host().partition(":")[0]
        return {"id": host, "name": Publication.current().name}

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Keep the last factor of somebody whose role needs one."""
        person: User = authenticator.user
        if not (settings.SECOND_FACTOR_REQUIRED and person.needs_second_factor()):
            return True
        others = Authenticator.objects.filter(user=person).exclude(pk=authenticator.pk)
        codes = Authenticator.Type.RECOVERY_CODES
        return bool(others.exclude(type=codes).exists())


def _cipher() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str | bytes) -> bytes:
    digest = hashlib.sha256(b"newsroom second factor " + force_bytes(secret)).digest()
    return base64.urlsafe_b64encode(digest)
