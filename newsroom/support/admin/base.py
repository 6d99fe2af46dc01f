"""What the pages of reader support share: a title, a question, a mark of a state."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.views.decorators.http import require_POST

from newsroom.core.model_admin import NewsroomModelAdmin, ReadOnlyAdmin
from newsroom.support import payments
from newsroom.support.models import PaymentMethod

MOST_LISTED = 5000

View = Callable[..., HttpResponse]


class FirstOnly(Paginator):
    """Counts no further than anybody pages: filters find what lies deeper."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return len(rows.values_list("pk")[: MOST_LISTED + 1])


class PagesAdmin(NewsroomModelAdmin):
    """Pages of our own round the rows of a model."""

    list_per_page = 50
    paginator = FirstOnly
    show_full_result_count = False

    def own_pages(self) -> Sequence[tuple[str, View, str, bool]]:
        """Route, view, name, and whether it only answers POST."""
        return []

    def get_urls(self) -> list[URLPattern]:
        named = f"{self.opts.app_label}_{self.opts.model_name}"
        pages = [
            path(
                route,
                self.admin_site.admin_view(require_POST(bound) if by_post else bound),
                name=f"{named}_{name}",
            )
            for route, view, name, by_post in self.own_pages()
            for bound in [partial(view, self)]
        ]
        return [*pages, *super().get_urls()]

    def find(self, request: HttpRequest, number: Any, *, change: bool = False) -> Any:
        """The row, for somebody who may look at it, or change it."""
        row = self.get_object(request, quote(str(number)))
        if row is None:
            raise Http404
        may = self.has_change_permission if change else self.has_view_permission
        if not may(request, row):
            raise PermissionDenied
        return row

    def own_page(
        self,
        request: HttpRequest,
        template: str,
        title: str,
        row: Any = None,
        **context: Any,
    ) -> HttpResponse:
        below = {
            "list_title": self._heading(),
            "list_url": self.list_url(),
            "row_url": self.change_url(row) if row is not None else "",
        }
        return self.page(
            request, f"admin/support/{template}", title, row, **below | context
        )

    def ask(
        self,
        request: HttpRequest,
        title: str,
        button: str,
        lines: Sequence[str],
        *,
        back_url: str,
        row: Any = None,
        **context: Any,
    ) -> HttpResponse:
        """A question before something is done; its answer comes by POST."""
        return self.own_page(
            request,
            "ask.html",
            title,
            row,
            button=button,
            lines=lines,
            back_url=back_url,
            **context,
        )


def need(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def way(provider: str, method: str) -> str:
    """How it is paid, in the words of whoever offers it."""
    found = PaymentMethod.objects.filter(provider=provider, code=method).first()
    try:
        through = str(payments.named(provider).title)
    except payments.Unknown:
        through = provider
    named = found.name if found else method
    return through if named in ("", through) else f"{through}, {named}"


def mark(shape: str, words: Any) -> SafeString:
    """A state as a shape and a word; for shapes see ``nr-state`` in the theme."""
    return format_html(
        '<span class="nr-state" data-state="{}">{}</span>', shape, capfirst(str(words))
    )


class ListOnlyAdmin(ReadOnlyAdmin, PagesAdmin):
    """Rows of a list alone: each says all that there is of it."""

    list_display_links = None
    ordering = ["-pk"]
    show_facets = admin.ShowFacets.NEVER

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        self.find(request, object_id)
        return HttpResponseRedirect(self.list_url())

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        self.find(request, object_id)
        return HttpResponseRedirect(self.list_url())
