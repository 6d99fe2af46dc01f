"""What the writing page says after a save, and the times in it."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles import content as contents
from articles import publishing
from articles.models import Article


def clock(time: datetime) -> str:
    local = timezone.localtime(time)
    return f"{formats.date_format(local, 'j F Y, H:i')} ({local.tzname()})"


def taken_over(request: HttpRequest, newest: contents.Content) -> contents.Content:
    """The parts for which the colleague's version was chosen after a conflict."""
    return {
        name: value
        for name, value in newest.items()
        if request.POST.get(f"_choice_{name}") == "theirs"
    }


def on_saving(article: Article) -> str:
    live = article.live_revision
    goes_out = article.goes_out_at
    if article.is_scheduled and article.has_unpublished_changes and goes_out:
        return _(
            "Saved. It goes out at %(time)s without these changes. Press “Put the "
            "changes into the schedule” to send them too."
        ) % {"time": clock(goes_out)}
    if live is not None and article.has_unpublished_changes:
        return _(
            "Saved. Readers see the version of %(time)s until you publish the changes."
        ) % {"time": clock(live.created_at)}
    return _("Saved.")


def list_of_missing(error: publishing.NotReady) -> SafeString:
    count = len(error.missing)
    intro = ngettext(
        "Saved, but not published: one thing is missing.",
        "Saved, but not published: %(count)s things are missing.",
        count,
    ) % {"count": count}
    lines = format_html_join(
        "",
        '<li><a href="#id_{}" data-goto="{}">{}</a></li>',
        ((entry.field, entry.field, entry.words) for entry in error.missing),
    )
    return format_html("{} <ul>{}</ul>", intro, lines)
