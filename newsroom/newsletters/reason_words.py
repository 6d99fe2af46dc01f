"""Why a mail was skipped or refused, in words."""

from django.utils.translation import gettext as _


def of(reason: str) -> str:
    words = {
        "unsubscribed": _("Unsubscribed before it went out"),
        "paused": _("Paused their mail"),
        "suppressed": _("The address is suppressed"),
        "erased": _("Asked to be erased"),
        "cancelled": _("The issue was cancelled"),
        "address": _("The address cannot be written to"),
        "line cut": _("The mail server hung up"),
    }
    if reason in words:
        return words[reason]
    if reason[:1].isdigit():
        return _("The mail server refused: %(answer)s") % {"answer": reason}
    return reason
