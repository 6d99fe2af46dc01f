"""Signing in, passwords and second factors: only what is needed, below ``/admin/``.

Mounted before the admin's own addresses, in place of its login, logout and password
pages. There is no sign-up.
"""

from allauth.account import views as account
from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from newsroom.accounts import views


class Base36Converter(StringConverter):
    """A number as password links write it; the hyphen after it ends it."""

    regex = "[0-9a-z]+"


register_converter(Base36Converter, "base36")

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path(
        "account/reauthenticate/",
        account.reauthenticate,
        name="account_reauthenticate",
    ),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path(
        "account/password/change/",
        account.password_change,
        name="account_change_password",
    ),
    path(
        "account/password/reset/",
        account.password_reset,
        name="account_reset_password",
    ),
    path(
        "account/password/reset/sent/",
        account.password_reset_done,
        name="account_reset_password_done",
    ),
    path(
        "account/password/reset/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path(
        "account/password/reset/<base36:uidb36>-<str:key>/",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("account/second-factor/", include("allauth.mfa.urls")),
]
