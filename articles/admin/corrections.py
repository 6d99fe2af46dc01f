"""What was wrong in public articles: read here, added here or from the article."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import publishing
from articles.admin.base import HistoryAdmin, PlainForm
from articles.models import Article, Correction
from newsroom.accounts.models import User


class CorrectionForm(PlainForm):
    class Meta:
        model = Correction
        fields = ["article", "kind", "text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 4})}

    def clean_article(self) -> Article:
        article: Article = self.cleaned_data["article"]
        if not article.is_public:
            raise forms.ValidationError(
                _(
                    "Readers do not see this article, so there is nothing to correct. "
                    "Change the article itself."
                )
            )
        return article


@admin.register(Correction)
class CorrectionAdmin(HistoryAdmin):
    autocomplete_fields = ["article"]
    date_hierarchy = "published_at"
    form = CorrectionForm
    list_display = ["story", "kind", "said", "published_at"]
    list_filter = ["kind"]
    list_select_related = ["article"]
    ordering = ["-published_at", "-pk"]
    search_fields = ["text", "article__headline"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        if obj is None:
            return ["article", "kind", "text"]
        return ["article_link", "kind", "text", "published_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [] if obj is None else ["article_link", "published_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What readers were told stays; a wrong correction is corrected itself."""
        return False

    def shown_on(self, row: Correction) -> set[str]:
        return {f"article:{row.article_id}", "corrections"}

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except publishing.NotPossible as error:
            # Somebody withdrew the article in between: the form opens again with
            # what was typed.
            self.message_user(request, str(error), messages.ERROR)
            typed = QueryDict(mutable=True)
            typed.update({"kind": request.POST["kind"], "text": request.POST["text"]})
            return HttpResponseRedirect(f"{request.path}?{typed.urlencode()}")
        except publishing.NotAllowed as error:
            raise PermissionDenied(str(error)) from error

    def save_model(
        self, request: HttpRequest, obj: Any, form: Any, change: bool
    ) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        made = publishing.correct(
            obj.article,
            by=request.user if isinstance(request.user, User) else None,
            kind=obj.kind,
            text=obj.text,
        )
        # The admin goes on with this object: log, message and redirect.
        obj.__dict__.update(made.__dict__)

    @admin.display(description=gettext_lazy("Article"))
    def article_link(self, correction: Correction) -> SafeString:
        url = reverse("admin:articles_article_change", args=[correction.article_id])
        return format_html(
            '<a class="nr-story" href="{}">{}</a>', url, correction.article
        )

    @admin.display(description=gettext_lazy("Article"), ordering="article__headline")
    def story(self, correction: Correction) -> SafeString:
        return format_html('<span class="nr-story">{}</span>', correction.article)

    @admin.display(description=gettext_lazy("Text"))
    def said(self, correction: Correction) -> str:
        return Truncator(correction.text).words(20)
