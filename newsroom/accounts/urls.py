"""Signing in, passwords and second factors: only what is needed, below ``/admin/``.

Mounted before the admin's own addresses, in place of its login, logout and password
pages. There is no sign-up.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path, register_converter
from django.urls.converters import StringConverter
from django.utils.translation import gettext_lazy as _

from newsroom.accounts.views import in_the_admin, login


class Base36Converter(StringConverter):
    """A number as password links write it; the hyphen after it ends it."""

    regex = "[0-9a-z]+"


register_converter(Base36Converter, "base36")

PASSWORD = "account/password/"  # noqa: S105
FACTOR = "account/second-factor/"

urlpatterns = [
    path("login/", in_the_admin(login, _("Sign in")), name="account_login"),
    path("logout/", in_the_admin(account.logout, _("Sign out")), name="account_logout"),
    path(
        "account/inactive/",
        in_the_admin(account.account_inactive, _("Your account rests")),
        name="account_inactive",
    ),
    path(
        "account/reauthenticate/",
        in_the_admin(account.reauthenticate, _("Is it you?")),
        name="account_reauthenticate",
    ),
    path(
        f"{PASSWORD}change/",
        in_the_admin(account.password_change, _("Change password")),
        name="account_change_password",
    ),
    path(
        f"{PASSWORD}reset/",
        in_the_admin(account.password_reset, _("Forgotten password")),
        name="account_reset_password",
    ),
    path(
        f"{PASSWORD}reset/sent/",
        in_the_admin(account.password_reset_done, _("Look at your mail")),
        name="account_reset_password_done",
    ),
    path(
        f"{PASSWORD}reset/done/",
        in_the_admin(account.password_reset_from_key_done, _("Password set")),
        name="account_reset_password_from_key_done",
    ),
    path(
        f"{PASSWORD}reset/<base36:uidb36>-<str:key>/",
        in_the_admin(account.password_reset_from_key, _("Choose a password")),
        name="account_reset_password_from_key",
    ),
    path(FACTOR, in_the_admin(mfa.index, _("Second factor")), name="mfa_index"),
    path(
        f"{FACTOR}authenticate/",
        in_the_admin(mfa.authenticate, _("Second factor")),
        name="mfa_authenticate",
    ),
    path(
        f"{FACTOR}reauthenticate/",
        in_the_admin(mfa.reauthenticate, _("Is it you?")),
        name="mfa_reauthenticate",
    ),
    path(
        f"{FACTOR}app/activate/",
        in_the_admin(totp.activate_totp, _("Set up an authenticator app")),
        name="mfa_activate_totp",
    ),
    path(
        f"{FACTOR}app/deactivate/",
        in_the_admin(totp.deactivate_totp, _("Remove the authenticator app")),
        name="mfa_deactivate_totp",
    ),
    path(
        f"{FACTOR}codes/",
        in_the_admin(codes.view_recovery_codes, _("Recovery codes")),
        name="mfa_view_recovery_codes",
    ),
    path(
        f"{FACTOR}codes/generate/",
        in_the_admin(codes.generate_recovery_codes, _("New recovery codes")),
        name="mfa_generate_recovery_codes",
    ),
    path(
        f"{FACTOR}codes/download/",
        codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path(
        f"{FACTOR}passkeys/",
        in_the_admin(passkeys.list_webauthn, _("Passkeys")),
        name="mfa_list_webauthn",
    ),
    path(
        f"{FACTOR}passkeys/add/",
        in_the_admin(passkeys.add_webauthn, _("Add a passkey")),
        name="mfa_add_webauthn",
    ),
    path(
        f"{FACTOR}passkeys/login/", passkeys.login_webauthn, name="mfa_login_webauthn"
    ),
    path(
        f"{FACTOR}passkeys/reauthenticate/",
        in_the_admin(passkeys.reauthenticate_webauthn, _("Is it you?")),
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        f"{FACTOR}passkeys/<int:pk>/edit/",
        in_the_admin(passkeys.edit_webauthn, _("Name of the passkey")),
        name="mfa_edit_webauthn",
    ),
    path(
        f"{FACTOR}passkeys/<int:pk>/remove/",
        in_the_admin(passkeys.remove_webauthn, _("Remove a passkey")),
        name="mfa_remove_webauthn",
    ),
]
