from django import forms, template
from django.utils.safestring import SafeString

from newsroom.newsletters.admin.issues import state_mark
from newsroom.newsletters.models import Issue
from newsroom.newsletters.reason_words import of as words_of_reason

register = template.Library()


@register.simple_tag
def issue_state(issue: Issue) -> SafeString:
    """The status with its shape."""
    return state_mark(issue)


@register.filter
def words_of(names: str) -> list[str]:
    return names.split()


@register.filter
def field(form: forms.Form, name: str) -> forms.BoundField | None:
    """A field by its name; ``None`` where the form has none."""
    return form[name] if name in form.fields else None


@register.filter
def reason_words(reason: str) -> str:
    """Why a mail was skipped or failed, as staff read it."""
    return words_of_reason(reason)
