"""Who is signed in."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from newsroom.accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The person who asks. Raises ``PermissionDenied`` if nobody is signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
