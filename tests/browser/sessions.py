"""Being signed in without walking through the form each time."""

from django.conf import settings
from django.test import Client

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def cookies_of(user, site) -> list[dict]:
    """The cookies of a browser in which ``user`` has signed in."""
    client = Client()
    client.force_login(user, backend=BACKEND)
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    return [{"name": session.key, "value": session.value, "url": site.url}]
