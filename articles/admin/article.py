"""The writing page: opens the newest revision, appends one, and calls publishing."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm, Textarea
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from js_asset import Script

from articles import content as contents
from articles import publishing, readiness
from articles.admin import article_pages, words
from articles.admin.base import NewsroomModelAdmin
from articles.forms import ArticleForm
from articles.models import Article, StateChange
from articles.widgets import GROWING
from newsroom.accounts.people import signed_in

VERBS = ("submit", "publish", "schedule", "withdraw", "correct")

LABELS = {
    "short_headline": gettext_lazy("Headline on cards"),
    "genre": gettext_lazy("Genre"),
    "is_sensitive": gettext_lazy("Sensitive: never ask for money here"),
}


@admin.register(Article)
class ArticleAdmin(NewsroomModelAdmin):
    actions = ["publish_selected"]
    change_form_template = "admin/articles/article/change_form.html"
    form = ArticleForm
    list_display = ["story", "state", "section", "when"]
    list_filter = ["status", "section", "genre", "language"]
    list_per_page = 50
    list_select_related = ["section", "created_by", "latest_revision"]
    ordering = ["-pk"]
    search_fields = ["headline", "short_headline", "standfirst", "slug"]
    show_full_result_count = False
    fieldsets = [
        (
            None,
            {
                "classes": ["nr-page"],
                "fields": ["kicker", "headline", "standfirst", "body"],
            },
        ),
        (
            gettext_lazy("Lead picture"),
            {"classes": ["nr-side"], "fields": ["lead_image", "lead_caption"]},
        ),
        (
            gettext_lazy("Bylines"),
            {"classes": ["nr-side"], "fields": ["bylines", "byline_override"]},
        ),
        (
            gettext_lazy("Where it goes"),
            {
                "classes": ["nr-side"],
                "fields": ["section", "topics", "genre", "dateline_place", "language"],
            },
        ),
        (
            gettext_lazy("When"),
            {
                "classes": ["nr-side"],
                "fields": [
                    "publish_at",
                    "embargoed_until",
                    "unpublish_at",
                    "updated_at",
                ],
            },
        ),
        (
            gettext_lazy("Notes"),
            {
                "classes": ["nr-side"],
                "fields": ["ednote", "editors_note", "is_sensitive"],
            },
        ),
        (
            gettext_lazy("Read more"),
            {"classes": ["nr-under"], "fields": ["related"]},
        ),
        (
            gettext_lazy("Search, social and source"),
            {
                "classes": ["nr-under", "collapse"],
                "fields": [
                    "short_headline",
                    "seo_title",
                    "social_title",
                    "slug",
                    "source",
                    "canonical_url",
                ],
            },
        ),
    ]

    class Media:
        js = [
            Script("admin/js/writing.js", type="module"),
            Script("admin/js/chooser.js", type="module"),
            Script("admin/js/order.js", type="module"),
            Script("admin/js/picture.js", type="module"),
        ]

    # --- The form

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Article | None:
        """The article with the text of its newest revision, in memory only."""
        article: Article | None = super().get_object(request, object_id, from_field)
        if article is not None and article.latest_revision is not None:
            contents.fill(article, article.latest_revision.content)
        return article

    def get_queryset(self, request: HttpRequest) -> QuerySet[Article]:
        articles: QuerySet[Article] = super().get_queryset(request)
        return articles.select_related("latest_revision", "live_revision", "section")

    def formfield_for_dbfield(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is None:
            return None
        if db_field.name in GROWING:
            field.widget = Textarea(attrs={"data-grow": "", **GROWING[db_field.name]})
        if db_field.name in ("seo_title", "social_title", "short_headline"):
            field.widget.attrs["data-count"] = 60
        field.label = LABELS.get(db_field.name, field.label)
        return field

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Article | None = None,
    ) -> HttpResponse:
        context |= self._state_context(request, obj)
        response: HttpResponse = super().render_change_form(
            request, context, add, change, form_url, obj
        )
        return response

    def _state_context(
        self, request: HttpRequest, article: Article | None
    ) -> dict[str, Any]:
        revision = article.latest_revision if article else None
        missing = readiness.missing(revision.content) if revision else []
        return {
            "missing": missing,
            "only_credits_missing": bool(missing)
            and all(entry.is_credit for entry in missing),
            "latest": revision,
            "live": article.live_revision if article else None,
            "may_publish": request.user.has_perm("articles.publish_article"),
            "may_override": request.user.has_perm("articles.override_credit"),
            "revision_count": article.revisions.count() if article else 0,
            "log": StateChange.objects.filter(article=article).select_related("by")[:8]
            if article
            else [],
            "preview_url": reverse("admin:articles_article_preview", args=[article.pk])
            if article
            else reverse("admin:articles_article_preview_new"),
        }

    # --- Saving

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(
                request, object_id, form_url, extra_context
            )
        except publishing.Conflict as conflict:
            return article_pages.conflict(self, request, conflict.article)
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Who may read but not write is shown the preview."""
        article = self.get_object(request, object_id)
        reads_only = (
            article is not None
            and request.method == "GET"
            and self.has_view_permission(request, article)
            and not self.has_change_permission(request, article)
        )
        if article is not None and reads_only:
            return redirect("admin:articles_article_preview", article.pk)
        response: HttpResponse = super().change_view(
            request, object_id, form_url, extra_context
        )
        return response

    def save_form(self, request: HttpRequest, form: ModelForm, change: bool) -> Article:
        article: Article = form.instance
        return article

    def save_model(
        self, request: HttpRequest, obj: Article, form: Any, change: bool
    ) -> None:
        content = form.content()
        based_on = form.cleaned_data["base_revision"]
        if change and based_on == obj.latest_revision_id:
            content |= words.taken_over(request, form.opened)
            if content == form.opened:
                return
        revision = publishing.save(
            obj if change else None,
            content,
            by=signed_in(request),
            based_on_id=based_on,
        )
        obj.pk = revision.article_id
        obj.latest_revision = revision

    def save_related(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: content alone writes topics, bylines and related articles."""

    def response_add(
        self, request: HttpRequest, obj: Article, post_url_continue: Any = None
    ) -> HttpResponse:
        return self._after_saving(request, obj)

    def response_change(self, request: HttpRequest, obj: Article) -> HttpResponse:
        return self._after_saving(request, obj)

    def _after_saving(self, request: HttpRequest, article: Article) -> HttpResponse:
        article = Article.objects.select_related("latest_revision").get(pk=article.pk)
        here = reverse("admin:articles_article_change", args=[article.pk])
        verb = next((verb for verb in VERBS if f"_{verb}" in request.POST), "")
        if verb in ("withdraw", "correct"):
            return redirect(f"admin:articles_article_{verb}", article.pk)
        try:
            said = self._do(request, article, verb)
        except publishing.NotReady as error:
            self.message_user(request, words.list_of_missing(error), messages.ERROR)
        except (publishing.NotAllowed, publishing.NotPossible) as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(here)

    def _do(
        self, request: HttpRequest, article: Article, verb: str
    ) -> str | SafeString:
        by = signed_in(request)
        reason = request.POST.get("override_reason", "")
        if verb == "submit":
            publishing.submit(article, by=by)
            return _("Submitted for review. An editor finds it on the desk.")
        if verb == "publish":
            publishing.publish(article, by=by, override_reason=reason)
            article.refresh_from_db()
            return format_html(
                _('Published. <a href="{}">Read it on the site</a>'),
                article.get_absolute_url(),
            )
        if verb == "schedule":
            revision = article.latest_revision
            at = contents.parse_time(
                revision.content["publish_at"] if revision else None
            )
            if at is None:
                raise publishing.NotPossible(
                    _("Write the time into “Publish at” first, then schedule.")
                )
            publishing.schedule(article, by=by, at=at, override_reason=reason)
            return _("Scheduled. It goes out at %(time)s.") % {"time": words.clock(at)}
        return words.on_saving(article)

    # --- Lists

    @admin.display(description=gettext_lazy("Article"), ordering="headline")
    def story(self, article: Article) -> SafeString:
        author = article.created_by or ""
        return format_html(
            '<span class="nr-story">{}</span> <span class="nr-meta">{}</span>',
            article,
            author,
        )

    @admin.display(description=gettext_lazy("State"), ordering="status")
    def state(self, article: Article) -> SafeString:
        state, label = article.shown_state
        changed = (
            format_html(' <span class="nr-changed">{}</span>', _("Unpublished changes"))
            if article.has_unpublished_changes
            else ""
        )
        return format_html(
            '<span class="nr-state" data-state="{}">{}</span>{}', state, label, changed
        )

    @admin.display(description=gettext_lazy("Time"), ordering="publish_at")
    def when(self, article: Article) -> str:
        return words.clock(article.publish_at) if article.publish_at else ""

    @admin.action(
        description=gettext_lazy("Publish the selected articles"),
        permissions=["publish"],
    )
    def publish_selected(
        self, request: HttpRequest, articles: QuerySet[Article]
    ) -> None:
        for article in articles:
            try:
                publishing.publish(article, by=signed_in(request))
            except (
                publishing.NotReady,
                publishing.NotPossible,
                publishing.NotAllowed,
            ) as error:
                self.message_user(request, f"{article}: {error}", messages.ERROR)
            else:
                said = _("%(article)s is public.") % {"article": article}
                self.message_user(request, said, messages.SUCCESS)

    # --- Who may do what

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("articles.publish_article")

    def has_change_permission(
        self, request: HttpRequest, obj: Article | None = None
    ) -> bool:
        if obj is None:
            return bool(super().has_change_permission(request, obj))
        return publishing.may_edit(obj, signed_in(request))

    def has_delete_permission(
        self, request: HttpRequest, obj: Article | None = None
    ) -> bool:
        """What readers may have seen is withdrawn, never deleted."""
        if obj is None or obj.live_revision_id or obj.was_public:
            return False
        return bool(super().has_delete_permission(request, obj))

    def get_urls(self) -> list[URLPattern]:
        def page(view: Any) -> Any:
            def of_this_admin(request: HttpRequest, **kwargs: Any) -> HttpResponse:
                response: HttpResponse = view(self, request, **kwargs)
                return response

            return self.admin_site.admin_view(of_this_admin)

        name = "articles_article"
        own = [
            path("preview/", page(article_pages.preview), name=f"{name}_preview_new"),
            path(
                "<int:pk>/preview/",
                page(article_pages.preview),
                name=f"{name}_preview",
            ),
            path(
                "<int:pk>/withdraw/",
                page(article_pages.withdraw),
                name=f"{name}_withdraw",
            ),
            path(
                "<int:pk>/correct/", page(article_pages.correct), name=f"{name}_correct"
            ),
        ]
        return [*own, *super().get_urls()]
