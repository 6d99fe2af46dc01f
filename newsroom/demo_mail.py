"""The demo's mailbox: what the site would have sent, to be read in the browser."""

import email
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from csp.constants import SELF
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

MOST_SHOWN = 200
_NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")

# A mail's own styles and our pictures, no script, and nothing from elsewhere.
MAIL_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
    "frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
)


@dataclass(frozen=True)
class Mail:
    name: str
    sent_at: datetime
    sender: str
    to: str
    subject: str
    text: str
    html: str


@require_safe
@never_cache
def inbox(request: HttpRequest) -> HttpResponse:
    newest = sorted(_folder().glob("*.eml"), reverse=True)[:MOST_SHOWN]
    mails = [_read(file) for file in newest]
    return render(request, "demo/mail/inbox.html", {"mails": mails})


@require_safe
@never_cache
def message(request: HttpRequest, name: str) -> HttpResponse:
    response = render(request, "demo/mail/message.html", {"mail": _find(name)})
    response._csp_replace = {"frame-src": [SELF]}  # type: ignore[attr-defined]
    return response


@require_safe
@never_cache
@xframe_options_sameorigin
def html_part(request: HttpRequest, name: str) -> HttpResponse:
    """The mail as the reader's program shows it, in a frame that can do nothing."""
    mail = _find(name)
    if not mail.html:
        raise Http404("This mail has no HTML.")
    # Links open in the whole window, as if the mail had been read elsewhere.
    return HttpResponse(
        f'<base target="_top">{mail.html}',
        headers={"Content-Security-Policy": MAIL_POLICY},
    )


urlpatterns = [
    path("", inbox, name="demo_mail"),
    path("<str:name>/", message, name="demo_mail_message"),
    path("<str:name>/html/", html_part, name="demo_mail_html"),
]


def _folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH)


def _find(name: str) -> Mail:
    file = _folder() / f"{name}.eml"
    if not _NAME.fullmatch(name) or not file.is_file():
        raise Http404("There is no such mail.")
    return _read(file)


def _read(file: Path) -> Mail:
    parsed = email.message_from_bytes(file.read_bytes(), policy=default)
    sent_at = datetime.strptime(f"{file.stem[:21]}+0000", "%Y%m%dT%H%M%S%f%z")
    return Mail(
        name=file.stem,
        sent_at=sent_at,
        sender=str(parsed["From"] or ""),
        to=str(parsed["To"] or ""),
        subject=str(parsed["Subject"] or ""),
        text=_part(parsed, "plain"),
        html=_part(parsed, "html"),
    )


def _part(parsed: EmailMessage, kind: str) -> str:
    part = parsed.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""
