"""The pages round the writing page: preview, two versions, withdraw, correct."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from articles import content as contents
from articles import pages, publishing
from articles.forms import ArticleForm, CorrectionForm, WithdrawForm
from articles.models import Article, Revision
from newsroom.accounts.people import signed_in
from newsroom.core import html
from newsroom.publication import furniture

if TYPE_CHECKING:
    from articles.admin.article import ArticleAdmin

# What is compared in a conflict, in the order of the form.
COMPARED = (
    *contents.TEXTS,
    "lead_image",
    "bylines",
    "section",
    "topics",
    "related",
    *contents.TIMES,
    "is_sensitive",
)


def preview(
    model_admin: "ArticleAdmin", request: HttpRequest, pk: int | None = None
) -> HttpResponse:
    """The public page with the text as typed (POST) or as saved last (GET).

    The text is applied to the rows, the page is rendered, and the transaction is
    rolled back: so it is exactly the public page, and nothing has changed.
    """
    article = model_admin.get_object(request, str(pk)) if pk else None
    if pk and article is None:
        raise Http404
    if not model_admin.has_view_permission(request, article):
        raise PermissionDenied
    content = None
    if request.method == "POST":
        if not publishing.may_edit(article, signed_in(request)):
            raise PermissionDenied
        form = _form(model_admin, request, article)
        if not form.is_valid():
            context = {"form": form, "title": _("Preview")}
            return _page(model_admin, request, "preview_errors.html", context)
    with transaction.atomic():
        if request.method == "POST":
            content = form.content()
        response = _render_as_public(request, article, content)
        transaction.set_rollback(True)
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex"
    return response


def _render_as_public(
    request: HttpRequest, article: Article | None, content: contents.Content | None
) -> HttpResponse:
    if article is None:
        article = Article.objects.create()
    else:
        article = Article.objects.get(pk=article.pk)
    if content is not None:
        contents.append(article, content, by=None)
    if article.latest_revision is None:
        raise Http404
    contents.apply(article, article.latest_revision)
    context = pages.article_page(article) | {"is_preview": True}
    return furniture.render(request, "articles/detail.html", context)


def conflict(
    model_admin: "ArticleAdmin", request: HttpRequest, article: Article
) -> HttpResponse:
    """Both versions side by side; what was typed travels along in hidden fields."""
    newest = Revision.objects.select_related("created_by").get(latest_of=article)
    shown = model_admin.get_object(request, str(article.pk))
    form = _form(model_admin, request, shown)
    with transaction.atomic():
        mine = form.content() if form.is_valid() else {}
        transaction.set_rollback(True)
    base_id = request.POST.get("base_revision", "")
    base = None
    if base_id.isdigit():
        base = Revision.objects.filter(article=article, pk=base_id).first()
    context = {
        "title": _("Two versions of this article"),
        "original": article,
        "newest": newest,
        "differences": _differences(base.content if base else {}, newest.content, mine),
        "typed": [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in ("csrfmiddlewaretoken", "base_revision")
            and not name.startswith("_")
        ],
    }
    return _page(model_admin, request, "conflict.html", context, status=409)


def _differences(
    base: contents.Content, theirs: contents.Content, mine: contents.Content
) -> list[dict[str, Any]]:
    """The fields that differ, with both texts and who changed them."""
    found = []
    for name in COMPARED:
        if mine.get(name) == theirs.get(name):
            continue
        by_them = base.get(name) != theirs.get(name)
        by_me = base.get(name) != mine.get(name)
        field = Article._meta.get_field(name) if name != "related" else None
        label = getattr(field, "verbose_name", name) or name
        found.append(
            {
                "name": name,
                "label": str(label).capitalize(),
                "theirs": _as_text(theirs.get(name)),
                "mine": _as_text(mine.get(name)),
                "both": by_them and by_me,
                "take_theirs": by_them and not by_me,
            }
        )
    return found


def _as_text(value: Any) -> str:
    if isinstance(value, dict):
        contributor = value.get("contributor")
        if contributor:
            return f"{contributor['name']} ({value['role']})"
        return str(value["name"])
    if isinstance(value, list):
        return "\n".join(_as_text(entry) for entry in value)
    return html.to_text(str(value)) if value else ""


def withdraw(
    model_admin: "ArticleAdmin", request: HttpRequest, pk: int
) -> HttpResponse:
    """Asks for the notice, names the consequences, then withdraws."""
    article = _article(model_admin, request, pk)
    form = WithdrawForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            publishing.withdraw(
                article, by=signed_in(request), notice=form.cleaned_data["notice"]
            )
        except (publishing.NotPossible, publishing.NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            words = _("Withdrawn. Readers find a notice in its place.")
            messages.success(request, words)
            return redirect("admin:articles_article_change", article.pk)
    context = {
        "title": _("Withdraw this article"),
        "original": article,
        "form": form,
        "button": _("Withdraw"),
        "consequences": [
            _("It vanishes from the front page, its section, topics and lists."),
            _("Its address says “withdrawn” with your notice, for ever."),
            _("The text and all revisions stay here; it can be published again."),
        ]
        if not article.is_scheduled
        else [_("It leaves the schedule and becomes a draft again.")],
    }
    return _page(model_admin, request, "ask.html", context)


def correct(model_admin: "ArticleAdmin", request: HttpRequest, pk: int) -> HttpResponse:
    article = _article(model_admin, request, pk)
    form = CorrectionForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        try:
            publishing.correct(article, by=signed_in(request), **form.cleaned_data)
        except (publishing.NotPossible, publishing.NotAllowed) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The correction is public."))
            return redirect("admin:articles_article_change", article.pk)
    context = {
        "title": _("Add a correction"),
        "original": article,
        "form": form,
        "button": _("Publish the correction"),
        "consequences": [
            _("It stands under the article and on the page of corrections at once."),
            _("It does not change the text: save and publish that as well."),
        ],
    }
    return _page(model_admin, request, "ask.html", context)


def _form(
    model_admin: "ArticleAdmin", request: HttpRequest, article: Article | None
) -> ArticleForm:
    form = model_admin.get_form(request, article)(request.POST, instance=article)
    return cast(ArticleForm, form)


def _article(model_admin: "ArticleAdmin", request: HttpRequest, pk: int) -> Article:
    article = model_admin.get_object(request, str(pk))
    if article is None:
        raise Http404
    if not request.user.has_perm("articles.publish_article"):
        raise PermissionDenied
    return article


def _page(
    model_admin: "ArticleAdmin",
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    return TemplateResponse(
        request,
        f"admin/articles/article/{template}",
        {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "media": model_admin.media,
            **context,
        },
        status=status,
    )
