"""What the edge answers by itself: small pages that say what is wrong."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils.html import escape
from django.utils.translation import gettext as _

Message = MutableMapping[str, Any]

RETRY_AFTER = b"5"
SECONDS_TO_HEAR_OUT = 2.0
BYTES_TO_HEAR_OUT = 32 << 20


async def send(
    status: HTTPStatus, deliver: Callable[[Message], Awaitable[None]]
) -> None:
    """Send the page, without ending the answer yet."""
    page = _page(status)
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(page)).encode()),
        (b"cache-control", b"no-store"),
        (b"content-security-policy", b"default-src 'none'"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append((b"retry-after", RETRY_AFTER))
    await deliver({"type": "http.response.start", "status": status, "headers": headers})
    await deliver({"type": "http.response.body", "body": page, "more_body": True})


async def hear_out(receive: Callable[[], Awaitable[Message]]) -> None:
    """Take in, for a moment, what the client still sends.

    Closing before would reset the connection, and many clients would show that instead
    of our words.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS_TO_HEAR_OUT):
            size = 0
            while size < BYTES_TO_HEAR_OUT:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    break


def _page(status: HTTPStatus) -> bytes:
    words = {
        HTTPStatus.REQUEST_TIMEOUT: (
            _("That took too long"),
            _("What you sent did not arrive in time. Please try again."),
        ),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
            _("That is too large"),
            _("What you sent is larger than this page takes. Please send less."),
        ),
        HTTPStatus.SERVICE_UNAVAILABLE: (
            _("We are busy at the moment"),
            _("Please try again in a few seconds."),
        ),
    }
    title, advice = words[status]
    return (
        f'<!doctype html><html lang="{escape(settings.LANGUAGE_CODE)}">'
        f'<meta charset="utf-8"><title>{escape(title)}</title>'
        f"<h1>{escape(title)}</h1><p>{escape(advice)}</p></html>\n"
    ).encode()
