"""The admin site: models grouped by job, and the editors' desk as its first page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.views.i18n import JavaScriptCatalog


@dataclass(frozen=True)
class Own:
    """A page of the menu that is no model's list: its label, URL name, permission."""

    label: Any
    url_name: str
    permission: str


# A job, and what belongs to it: "app.model", or such a model under another name, or a
# page of our own.
Row = str | tuple[str, Any] | Own
JOBS: Sequence[tuple[Any, Sequence[Row]]] = [
    (
        _("Write"),
        [
            "articles.article",
            "articles.correction",
            "articles.section",
            "articles.topic",
        ],
    ),
    (
        _("Pictures"),
        [("articles.image", _("Picture library")), "articles.licence"],
    ),
    (
        _("Newsletters"),
        [
            "newsletters.issue",
            "newsletters.newsletter",
            "newsletters.subscriber",
            "newsletters.segment",
            ("newsletters.subscriberimport", _("Imports")),
            "newsletters.suppression",
            "newsletters.bounceevent",
            "newsletters.consentevent",
            "newsletters.consenttext",
        ],
    ),
    (
        _("Reader support"),
        [
            "support.campaign",
            "support.asking",
            "support.question",
            "support.spending",
            ("support.contribution", _("Gifts")),
            Own(
                _("Totals"),
                "admin:support_contribution_totals",
                "support.view_contribution",
            ),
            "support.recurringcontribution",
            "support.giver",
            "support.giverlook",
            "support.bankline",
            "support.webhookevent",
            "support.difference",
            "support.reminder",
            "support.paymentmethod",
            "support.freeamount",
            "support.countrypolicy",
            "support.exchangerate",
        ],
    ),
    (
        _("People"),
        [
            "articles.contributor",
            ("accounts.user", _("Staff")),
            ("auth.group", _("Roles")),
        ],
    ),
    (
        _("Site"),
        [
            "publication.publication",
            "publication.page",
            "publication.redirect",
            Own(_("Self-check"), "admin:self_check", "articles.publish_article"),
            ("procrastinate.procrastinatejob", _("Jobs")),
        ],
    ),
]
# Kept by the site itself: nobody's job, reached from elsewhere or not at all.
UNLISTED = {
    "account.emailaddress",
    "mfa.authenticator",
    "taggit.tag",
}


class NewsroomSite(admin.AdminSite):
    index_template = "admin/desk.html"
    index_title = _("Desk")
    site_url = "/"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # Bulk deletion runs outside a transaction and past each model's own checks.
        self.disable_action("delete_selected")

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        name = apps.get_model("publication", "Publication").current().name
        return super().each_context(request) | {
            "site_header": name,
            "site_title": name,
        }

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[Any]:
        apps_of_django = super().get_app_list(request, app_label)
        if app_label:
            return apps_of_django
        seen = {
            f"{app['app_label']}.{model['object_name'].lower()}": model
            for app in apps_of_django
            for model in app["models"]
        }
        groups = [
            _group(job, [row for row in _rows(request, rows, seen) if row])
            for job, rows in JOBS
        ]
        placed = {_key(row) for _job, rows in JOBS for row in rows}
        others = [model for key, model in seen.items() if key not in placed | UNLISTED]
        groups.append(_group(_("Other"), _without_helpers(others)))
        _mark_current(request, [row for group in groups for row in group["models"]])
        return [group for group in groups if group["models"]]

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [
            path("self-check/", self.admin_view(self._self_check), name="self_check"),
            *super().get_urls(),
        ]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        # The models are there only once every app is loaded; this module is
        # imported before.
        from newsroom import desk

        return super().index(request, desk.for_person(request) | (extra_context or {}))

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send to the sign-in with its second factor and its limits on guessing."""
        view: Callable[..., HttpResponse] = secure_admin_login(super().login)
        return view(request, extra_context=extra_context)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_change_password"))

    def i18n_javascript(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's words for scripts, and ours."""
        packages = [
            "django.contrib.admin",
            "articles",
            "newsroom.newsletters",
            "newsroom.support",
        ]
        answer: Callable[..., Any] = JavaScriptCatalog.as_view(packages=packages)
        response: HttpResponse = answer(request)
        return response

    def _self_check(self, request: HttpRequest) -> HttpResponse:
        from newsroom import self_check

        return self_check.view(request)


def _key(row: Row) -> str:
    if isinstance(row, Own):
        return row.url_name
    return row if isinstance(row, str) else row[0]


def _rows(
    request: HttpRequest, rows: Sequence[Row], seen: dict[str, Any]
) -> list[dict[str, Any] | None]:
    return [
        _own_page(request, row) if isinstance(row, Own) else _model(row, seen)
        for row in rows
    ]


def _own_page(request: HttpRequest, page: Own) -> dict[str, Any] | None:
    if not request.user.has_perm(page.permission):
        return None
    return {
        "name": page.label,
        "object_name": page.url_name.rpartition(":")[2],
        "admin_url": reverse(page.url_name),
        "add_url": None,
        "perms": {},
        "view_only": True,
    }


def _model(row: str | tuple[str, Any], seen: dict[str, Any]) -> dict[str, Any] | None:
    key = _key(row)
    if key not in seen:
        return None
    renamed = {} if isinstance(row, str) else {"name": row[1]}
    return dict(seen[key]) | renamed


def _mark_current(request: HttpRequest, rows: list[dict[str, Any]]) -> None:
    """The row whose page this is; of two that fit, the one with the longer address."""
    fitting = [row for row in rows if request.path.startswith(row["admin_url"] or "?")]
    if fitting:
        max(fitting, key=lambda row: len(row["admin_url"]))["is_current"] = True


def _without_helpers(models: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what nobody can open: no list, and nothing to add."""
    return [model for model in models if model["admin_url"]]


def _group(job: Any, models: list[Any]) -> dict[str, Any]:
    return {
        "name": job,
        "app_label": slugify(job) or "job",
        "app_url": models[0]["admin_url"] if models else "",
        "has_module_perms": True,
        "models": models,
    }
