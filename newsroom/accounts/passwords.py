"""Asking for the link that lets somebody choose a password."""

from newsroom.accounts import tasks
from newsroom.accounts.models import User

NOBODY = 0


def request_link(address: str) -> None:
    """Mail a link to whoever has this address and may sign in.

    An unknown address costs the same: a look-up and a job, which then mails nobody.
    """
    person = (
        User.objects.filter(email__iexact=address, is_active=True)
        .values_list("pk", flat=True)
        .first()
    )
    tasks.mail_password_link.defer(user_id=person or NOBODY)
