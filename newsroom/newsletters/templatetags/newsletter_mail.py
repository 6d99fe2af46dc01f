from django import template

from newsroom.newsletters import mail_words

register = template.Library()


@register.filter
def wrapped(words: str) -> str:
    """Plain text in lines of a mail's width."""
    return mail_words.wrapped(words)


@register.simple_tag
def rule(sign: str) -> str:
    """A line across a mail of plain text."""
    return sign * mail_words.WIDTH
