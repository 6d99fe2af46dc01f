"""Two versions of an issue: what was typed beside what somebody saved meanwhile.

What was typed travels along in hidden fields, so nothing of it is lost, and no script
is needed.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

from newsroom.core import html
from newsroom.newsletters import composing
from newsroom.newsletters.issue_forms import PartForm
from newsroom.newsletters.models import Issue, IssueItem

if TYPE_CHECKING:
    from newsroom.newsletters.admin.issues import IssueAdmin

CHOICE = "_choice_"
ITEMS = "items"
THEIRS = "theirs"
_RICH = "intro"
# What the page has of its own, and what the buttons of a part have done already.
_NOT_TYPED = {
    *("csrfmiddlewaretoken", "version", "base", "_save"),
    *("part", "_move", "_remove", "_add"),
}

Version = Mapping[str, Any]


@dataclass(frozen=True)
class Difference:
    """One field in both versions, as words."""

    name: str
    label: str
    theirs: str
    mine: str
    both: bool  # both of them changed it
    take_theirs: bool


def version_of(values: Mapping[str, Any], items: Iterable[IssueItem]) -> Version:
    """All that the composing page writes, in a form in which it can be compared."""
    version = {name: _comparable(name, values[name]) for name in composing.FIELDS}
    return version | {ITEMS: [_of_item(item) for item in items]}


def stored_version(issue: Issue) -> Version:
    values = {name: getattr(issue, name) for name in composing.FIELDS}
    return version_of(values, issue.items.all())


def marks(version: Version) -> str:
    """A few letters for each field, by which a change of it can be seen later."""
    return " ".join(f"{name}={_mark(value)}" for name, value in version.items())


def resolved(
    request: HttpRequest,
    issue: Issue,
    values: dict[str, Any],
    items: list[IssueItem],
) -> tuple[dict[str, Any], list[IssueItem]]:
    """What to save: of each field mine, or theirs where that was chosen."""
    taken = _taken(request) & {*values, ITEMS}
    values = values | {name: getattr(issue, name) for name in taken - {ITEMS}}
    return values, list(issue.items.all()) if ITEMS in taken else items


def page(
    model_admin: "IssueAdmin",
    request: HttpRequest,
    newest: Issue,
    mine: Version,
    parts: list[PartForm],
) -> HttpResponse:
    """``parts`` are those of ``mine``, as the form has them."""
    theirs = stored_version(newest)
    saved = _last_save(newest)
    response = model_admin.page(
        request,
        "admin/newsletters/issue/conflict.html",
        _("Two versions of this issue"),
        newest,
        media=forms.Media(),
        who=str(saved.user) if saved else _("Somebody"),
        saved=saved,
        version=newest.version,
        base=marks(theirs),
        differences=_differences(
            request.POST.get("base", ""), theirs, mine, _taken(request)
        ),
        typed=[*_typed(request), *_typed_parts(parts)],
    )
    response.status_code = 409
    return response


def _taken(request: HttpRequest) -> set[str]:
    """The fields of which somebody has chosen theirs, here or on an earlier page."""
    if request.POST.get(CHOICE + "all") == "mine":
        return set()
    return {
        name.removeprefix(CHOICE)
        for name, choice in request.POST.items()
        if name.startswith(CHOICE) and choice == THEIRS
    }


def _typed(request: HttpRequest) -> list[tuple[str, Any]]:
    keys = [f"{key}-" for key in request.POST.getlist("part") if key]
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in _NOT_TYPED and not name.startswith((CHOICE, *keys))
    ]


def _typed_parts(parts: list[PartForm]) -> Iterator[tuple[str, Any]]:
    for part in parts:
        yield "part", part.key
        for field in part:
            if field.data not in (None, False):
                yield field.html_name, field.data


def _differences(
    base: str, theirs: Version, mine: Version, taken: set[str]
) -> list[Difference]:
    """Where only one of both wrote, that is what is kept unless they choose.

    Of ``taken`` they have chosen theirs before: it is not asked from the start again.
    """
    before = dict(pair.split("=", 1) for pair in base.split() if "=" in pair)
    found = []
    for name, value in theirs.items():
        if mine[name] == value:
            continue
        by_them = before.get(name) != _mark(value)
        by_me = before.get(name) != _mark(mine[name])
        found.append(
            Difference(
                name,
                _label(name),
                theirs=_as_words(name, value),
                mine=_as_words(name, mine[name]),
                both=by_them and by_me and name not in taken,
                take_theirs=name in taken or (by_them and not by_me),
            )
        )
    return found


def _label(name: str) -> str:
    if name == ITEMS:
        return _("Parts")
    return capfirst(str(Issue._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def _comparable(name: str, value: Any) -> Any:
    if name == _RICH:
        return html.clean(value)
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def _of_item(item: IssueItem) -> tuple[Any, ...]:
    is_text = item.kind == IssueItem.Kind.TEXT
    words = html.clean(item.text) if is_text else item.text.replace("\r\n", "\n")
    how: tuple[Any, ...] = ()
    if item.kind == IssueItem.Kind.ARTICLE:
        how = (item.length, item.has_picture, str(item.article))
    return item.kind, item.article_id, item.headline, words, *how


def _mark(value: Any) -> str:
    known = value.pk if hasattr(value, "pk") else value
    return hashlib.sha256(repr(known).encode()).hexdigest()[:10]


def _as_words(name: str, value: Any) -> str:
    if name == ITEMS:
        return "\n".join(_item_in_words(*item) for item in value)
    if name == _RICH:
        return html.to_text(value)
    if name == "template":
        return str(Issue.Template(value).label)
    if name == "segment":
        return str(value or _("Everybody who is subscribed"))
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value)


def _item_in_words(
    kind: str,
    _article_id: int | None,
    headline: str,
    words: str,
    length: str = "",
    has_picture: bool = False,
    article: str = "",
) -> str:
    own = Truncator(html.to_text(words)).chars(90)
    if kind != IssueItem.Kind.ARTICLE:
        label = str(IssueItem.Kind(kind).label)
        return f"{capfirst(label)}: {' – '.join(filter(None, [headline, own]))}"
    how = [str(IssueItem.Length(length).label)]
    if not has_picture:
        how.append(_("no picture"))
    if own:
        how.append(f"“{own}”")
    return f"{headline or article} ({', '.join(how)})"


def _last_save(issue: Issue) -> LogEntry | None:
    """Who saved it on the composing page, and when."""
    return (
        LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(Issue),
            object_id=str(issue.pk),
            action_flag=CHANGE,
        )
        .select_related("user")
        .order_by("-action_time", "-pk")
        .first()
    )
