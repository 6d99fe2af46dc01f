"""What mail servers say when they refuse a mail, and whose fault they mean.

Enhanced status codes are RFC 3463; where they are missing or say nothing, words help.
"""

import re

from newsroom.newsletters.models import BounceEvent

Kind = BounceEvent.Kind

# Not part of a network address such as 5.1.1.9.
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_BASIC = re.compile(r"(?<![\d.])([45])\d\d(?=[\s-])")

# Statuses that say the address is no good, and nothing else.
_NO_SUCH_READER = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")
_PERHAPS_THE_READER = (550, 551, 552, 553)

_NOBODY = re.compile(
    r"user (?:is )?unknown|unknown (?:user|recipient)|no such (?:user|mailbox|recipient"
    r"|address|account|person)|(?:does not|doesn.t) exist|recipient (?:not found|"
    r"address rejected)|invalid (?:recipient|mailbox)|mailbox (?:not found|unavailable)"
    r"|(?:account|mailbox|user) (?:is |has been )?(?:disabled|closed|deleted|inactive)"
    r"|no mailbox here",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"\bquota\b|over ?quota|mailbox (?:is )?full|insufficient (?:system )?storage",
    re.IGNORECASE,
)
_NOT_THE_ADDRESS = re.compile(
    r"\b(?:spam|junk|black ?list\w*|block ?list\w*|blocked|denylist\w*|dnsbl|rbl|"
    r"reputation|policy|policies|spf|dkim|dmarc|unsolicited|virus|malware|relay\w*|"
    r"unauthenticated|rate.?limit\w*|greylist\w*)\b",
    re.IGNORECASE,
)
# What stands below such a line is our own mail, in which any word may occur.
RETURNED_COPY = re.compile(
    r"(?im)^[ \t>]*-{2,}[ \t]*(?:below this line is a copy|this is a copy of|"
    r"original message|undelivered message|the header of the original|"
    r"returned message|enclosed is a copy).*$"
)
_DELAYED = (
    r"\bdelayed\b|\(delay\)|still being retried|will (?:be retried|continue to try|"
    r"keep trying|try again)|still trying|not been delivered yet|"
    r"do not need to (?:resend|do anything)"
)
DELAY = re.compile(_DELAYED, re.IGNORECASE)
# Without such words a mail of a postmaster is just a mail.
REPORTING = re.compile(
    r"undeliver|delivery (?:status notification|has failed|failure|failed|problem)|"
    r"returned mail|returned to sender|failure notice|mail (?:delivery|system) "
    r"(?:failed|failure|error)|could not be delivered|could(?: not|n.t) deliver|"
    r"not deliver|(?<![\d.])5\.\d{1,3}\.\d{1,3}(?!\.?\d)|" + _DELAYED,
    re.IGNORECASE,
)
ANSWERING = re.compile(
    r"out of (?:the )?office|automatic reply|auto(?:matic)?[- ]?(?:reply|response)|"
    r"vacation|on leave|abwesen|absence|автоответ|вне офиса",
    re.IGNORECASE,
)
LEAVE_LINK = re.compile(r"/newsletters/leave/([A-Za-z0-9_-]{38})(?![A-Za-z0-9_-])")


def kind_of(answer: str, status: str = "") -> Kind | None:
    """What an answer or a report's text means for the address.

    ``None`` if the sender or the mail is refused, which says nothing of the address:
    an address is never given up because a provider blocks us.
    """
    code = _ENHANCED.search(status) or _ENHANCED.search(answer)
    precise = _ENHANCED.search(answer)
    if code and code[2] == "0" and precise and precise[1] == code[1]:
        code = precise  # 5.0.0 says less than what the server itself answered
    basic = _BASIC.search(answer)
    severity = code[1] if code else basic[1] if basic else ""
    if severity == "5":
        subject, detail = (int(code[2]), int(code[3])) if code else (0, 0)
        return _permanent(subject, detail, answer)
    if not severity and _NOBODY.search(answer):
        return Kind.HARD
    return Kind.SOFT


def kind_at_once(code: int, answer: str) -> Kind | None:
    """What a refusal in the middle of SMTP means for the address.

    More careful than ``kind_of``: there a server says what it thinks of the sender, the
    mail and the hour as well, often in a bare 550.
    """
    enhanced = code_in(answer) if _ENHANCED.search(answer) else ""
    if enhanced in _NO_SUCH_READER:
        return Kind.HARD
    if enhanced.startswith("5.2.") or (not enhanced and code in _PERHAPS_THE_READER):
        return Kind.SOFT
    return None


def code_in(*texts: str) -> str:
    """The first status code, such as ``5.1.1``, or else the first reply code."""
    for pattern in (_ENHANCED, _BASIC):
        for text in texts:
            if found := pattern.search(text):
                return found[0]
    return ""


def _permanent(subject: int, detail: int, answer: str) -> Kind | None:
    is_nobody = bool(_NOBODY.search(answer))
    is_about_us = bool(_NOT_THE_ADDRESS.search(answer))
    if subject == 1:
        # 5.1.5 is no failure; 5.1.7 to 5.1.9 find fault with the sender's address.
        return None if detail in (5, 7, 8, 9) else Kind.HARD
    if subject in (2, 3, 4):
        is_hard = (subject, detail) == (2, 1) or (is_nobody and not is_about_us)
        return Kind.HARD if is_hard else Kind.SOFT
    if _FULL.search(answer):
        return Kind.SOFT
    # Protocol, content, policy (5.5, 5.6, 5.7) are about us, unless the words differ.
    if not is_about_us and (is_nobody or subject == 0):
        return Kind.HARD
    return None
