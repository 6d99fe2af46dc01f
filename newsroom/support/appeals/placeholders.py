"""What stands in braces in a message, and is put in when the page is made.

A paragraph whose value is not known is left out, so each sentence with a placeholder
belongs into a paragraph that the others can do without.
"""

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

# How many articles were read is known on the reader's device alone.
READ = "read"
NAMES = ("publication", READ, "goal", "raised", "supporters", "least")
# What stands in answers on the support page; the statement is the bank's.
OF_ANSWERS = ("publication", "statement")

_ALL = {*NAMES, *OF_ANSWERS}

_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)


def check(html: str, names: tuple[str, ...] = NAMES) -> None:
    """Raises ``ValidationError`` for a brace that holds none of the names."""
    for found in _BRACES.finditer(html):
        if found[1] not in names:
            raise ValidationError(
                _("%(found)s is no placeholder. There are: %(names)s.")
                % {
                    "found": found[0],
                    "names": ", ".join(f"{{{name}}}" for name in names),
                }
            )


def fill(html: str, values: Mapping[str, str]) -> SafeString:
    """Clean HTML with its placeholders filled in.

    ``values`` are plain words by name. With ``read`` among them, paragraphs on it stay
    hidden until the device fills them in.
    """
    filled = _PARAGRAPH.sub(lambda match: _paragraph(match[1], values), html)
    # Outside paragraphs (a list, a heading) what is unknown leaves a gap.
    # The message was cleaned when it was stored, and the values are escaped.
    return mark_safe(_put_in(filled, values))  # noqa: S308


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """Plain text with its placeholders filled in; empty if one of them is unknown."""
    names = _names_in(text)
    if READ in names or not names <= values.keys():
        return ""
    return _BRACES.sub(lambda match: values.get(match[1], ""), text)


def _paragraph(words: str, values: Mapping[str, str]) -> str:
    names = _names_in(words)
    if not names <= values.keys():
        return ""
    start = "<p hidden data-if-read>" if READ in names else "<p>"
    return f"{start}{_put_in(words, values)}</p>"


def _names_in(text: str) -> set[str]:
    return {match[1] for match in _BRACES.finditer(text) if match[1] in _ALL}


def _put_in(html: str, values: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] == READ and READ in values:
            return "<b data-read></b>"
        # What is no placeholder of ours stays as it was written.
        return escape(values.get(match[1], "")) if match[1] in _ALL else match[0]

    return _BRACES.sub(value, html)
