from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles.models import Article

register = template.Library()


@register.simple_tag
def article_state(article: Article) -> SafeString:
    """The state with its shape, and whether readers see an older text."""
    state, words = article.shown_state
    mark = format_html('<span class="nr-state" data-state="{}">{}</span>', state, words)
    if not article.has_unpublished_changes:
        return mark
    return format_html(
        '{} <span class="nr-changed">{}</span>', mark, _("Unpublished changes")
    )
