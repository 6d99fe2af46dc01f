"""What a mail server or a provider says of a mail of ours, read from its report.

Delivery reports are RFC 3464, complaints RFC 5965. Many servers write in forms of
their own: Exim, qmail (QSBMF), and a plain "failure notice". An automatic answer of a
reader is no report. The bytes come from strangers: nothing here raises, and what one
report may cost is bounded.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser, Parser
from email.policy import compat32

from newsroom.newsletters import refusal_words, returned, verp
from newsroom.newsletters.models import BounceEvent, ReportTotal

Kind = BounceEvent.Kind
Outcome = ReportTotal.Outcome

# The part for machines stands in front of the returned mail: what follows may be cut.
MOST_BYTES = 512 << 10
# Nesting is what makes reading slow. A report has four or five of either.
_MOST_BOUNDARIES = 40
_MOST_MESSAGES = 40
_MOST_TEXT = 64 << 10  # characters of one part that are searched for words

# The library makes an object of each group of fields, however many a stranger sends:
# such parts are given a name of ours, and read here.
_FOR_MACHINES = re.compile(
    rb"message/(delivery-status|global-delivery-status|feedback-report)", re.IGNORECASE
)
_MOST_GROUPS = 100
_DAEMONS = ("mailer-daemon", "mailerdaemon", "mail-daemon", "postmaster")
# Addresses to which a report may have come, where the mail server notes them.
_RECIPIENT_HEADERS = (
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-Rcpt-To",
    "To",
)
_COMPLAINT = re.compile(r"[a-z-]{1,20}")
_NO_COMPLAINTS = {"not-spam", "auth-failure", "dmarc"}

Fields = dict[str, str]


@dataclass(frozen=True)
class Report:
    finding: Kind | Outcome
    # The delivery or the single letter named by a signature of ours, if there is one.
    delivery_id: int | None = None
    letter_id: int | None = None
    # Of a complaint: the token of the mail's link for leaving, to be verified.
    leave_token: str = ""
    status: str = ""  # RFC 3463, or what the server said in its stead
    report_id: str = ""
    # Neither: a mail of another part of the site.
    other: returned.Returned | None = None


def read(raw: bytes, *, recipient: str = "") -> Report:
    """Understand a mail; ``recipient`` is the envelope's, where it is known."""
    raw = _FOR_MACHINES.sub(rb"text/x-\1", raw[:MOST_BYTES])
    lower = raw.lower()
    if (
        lower.count(b"boundary") > _MOST_BOUNDARIES
        or lower.count(b"message/") > _MOST_MESSAGES
    ):
        return Report(Outcome.ANSWER)
    try:
        return _read(raw, recipient)
    # The library's parser meets hostile mails with errors of a dozen kinds.
    except Exception:
        return Report(Outcome.ANSWER)


def _read(raw: bytes, recipient: str) -> Report:
    message = BytesParser(policy=compat32).parsebytes(raw)
    parts = list(message.walk())
    finding, status = _finding(message, parts)
    if finding is Outcome.ANSWER:
        return Report(Outcome.ANSWER)
    everything = "\n".join(_everything(parts))
    headers = [str(message.get(name, "")) for name in _RECIPIENT_HEADERS]
    addressed = "\n".join([recipient, *headers])
    delivery_id = verp.read(addressed) or verp.read(everything)
    letter_id = verp.read_letter(addressed) or verp.read_letter(everything)
    token = ""
    if finding is Kind.COMPLAINT:
        found = refusal_words.LEAVE_LINK.search(everything)
        token = found[1] if found else ""
    named = (
        str(message.get("Message-ID", "")).strip() or hashlib.sha256(raw).hexdigest()
    )
    digest = hashlib.sha256(f"{delivery_id} {token} {named}".encode("utf-8", "replace"))
    return Report(
        finding,
        delivery_id,
        letter_id,
        token,
        status[:20],
        digest.hexdigest(),
        returned.read(addressed) or returned.read(everything),
    )


def _finding(message: Message, parts: list[Message]) -> tuple[Kind | Outcome, str]:
    for part in parts:
        content_type = part.get_content_type()
        if content_type in ("text/x-delivery-status", "text/x-global-delivery-status"):
            return _of_delivery(_groups(part))
        if content_type == "text/x-feedback-report":
            return _of_complaint(_groups(part))
        if "X-HmXmrOriginalRecipient" in part:  # Microsoft's complaints
            return Kind.COMPLAINT, "abuse"
    return _of_words(message, parts)


def _of_delivery(groups: list[Fields]) -> tuple[Kind | Outcome, str]:
    """Of several recipients (a forwarding address) the mildest failure counts."""
    failed = [group for group in groups if group.get("action", "")[:6] == "failed"]
    if not failed:
        delayed = any(group.get("action", "")[:7] == "delayed" for group in groups)
        return (Outcome.DELAYED if delayed else Outcome.ANSWER), ""
    judged = [
        (
            refusal_words.kind_of(
                group.get("diagnostic-code", ""), group.get("status", "")
            ),
            refusal_words.code_in(
                group.get("status", ""), group.get("diagnostic-code", "")
            ),
        )
        for group in failed
    ]
    for mild in (Kind.SOFT, None):
        for kind, status in judged:
            if kind is mild:
                return kind or Outcome.REFUSED, status
    return Kind.HARD, judged[0][1]


def _of_complaint(groups: list[Fields]) -> tuple[Kind | Outcome, str]:
    kinds = [group["feedback-type"] for group in groups if "feedback-type" in group]
    kind = kinds[0].lower() if kinds else "abuse"
    if kind in _NO_COMPLAINTS:
        return Outcome.ANSWER, ""
    return Kind.COMPLAINT, kind if _COMPLAINT.fullmatch(kind) else "other"


def _of_words(message: Message, parts: list[Message]) -> tuple[Kind | Outcome, str]:
    """Of a report without a part for machines."""
    texts = (_text(part) for part in parts if part.get_content_maintype() == "text")
    text = refusal_words.RETURNED_COPY.split(next(texts, ""), maxsplit=1)[0]
    subject = str(message.get("Subject", ""))
    sender = (
        str(message.get("From", "")) + str(message.get("Return-Path", ""))
    ).lower()
    is_failure = (
        "X-Failed-Recipients" in message
        or text.lstrip().startswith("Hi. This is the")
        or (
            any(name in sender for name in _DAEMONS)
            and refusal_words.REPORTING.search(f"{subject}\n{text}")
            and not refusal_words.ANSWERING.search(subject)
        )
    )
    if not is_failure:
        return Outcome.ANSWER, ""
    if refusal_words.DELAY.search(f"{subject}\n{text}"):
        return Outcome.DELAYED, ""
    kind = refusal_words.kind_of(text)
    return kind or Outcome.REFUSED, refusal_words.code_in(text)


def _groups(part: Message) -> list[Fields]:
    """The groups of fields of a part for machines, names in lower case."""
    lines = _text(part).replace("\r\n", "\n")
    parser = Parser(policy=compat32)
    return [
        {
            name.lower(): str(value).strip()
            for name, value in parser.parsestr(group, headersonly=True).items()
        }
        for group in lines.split("\n\n", _MOST_GROUPS)[:_MOST_GROUPS]
    ]


def _everything(parts: list[Message]) -> Iterator[str]:
    """All headers and texts: a signature of ours may stand in any of them."""
    for part in parts:
        for name, value in part.items():
            yield f"{name}: {value}"
        if not part.is_multipart():
            yield _text(part)


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    return payload[:_MOST_TEXT].decode("utf-8", "replace")
