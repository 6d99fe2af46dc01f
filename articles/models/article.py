from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from articles.models.contributor import Contributor
from articles.models.image import Image
from articles.models.section import Section, TopicUse
from newsroom.core.paths import path_to

# No vowels and nothing that looks alike: an address can be read out, and says nothing.
_ID_ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"


def new_public_id() -> str:
    return get_random_string(10, _ID_ALPHABET)


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self, at: datetime | None = None) -> Self:
        """Everything a reader may see now, or could see at another time."""
        at = at or timezone.now()
        return self.filter(
            Q(embargoed_until=None) | Q(embargoed_until__lte=at),
            Q(unpublish_at=None) | Q(unpublish_at__gt=at),
            status=Article.Status.PUBLISHED,
            publish_at__lte=at,
        )

    def scheduled(self, at: datetime | None = None) -> Self:
        """What will be public by itself: published with a time ahead."""
        at = at or timezone.now()
        return self.filter(
            Q(publish_at__gt=at) | Q(embargoed_until__gt=at),
            status=Article.Status.PUBLISHED,
        )

    def newest_first(self) -> Self:
        return self.order_by("-publish_at", "-pk")


# The plugin does not find the manager that taggit's base class hands down.
class Article(models.Model):  # type: ignore[django-manager-missing]
    """What readers see of a story. Its newest text is in its ``latest_revision``.

    Only ``articles.content`` writes the fields of content, and only
    ``articles.publishing`` those of state.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in-review", _("In review")
        APPROVED = "approved", _("Approved")
        PUBLISHED = "published", _("Published")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Genre(models.TextChoices):
        NEWS = "news", _("News")
        ANALYSIS = "analysis", _("Analysis")
        OPINION = "opinion", _("Opinion")
        EXPLAINER = "explainer", _("Explainer")
        INTERVIEW = "interview", _("Interview")
        LIVE = "live", _("Live")

    public_id = models.CharField(
        max_length=10, unique=True, default=new_public_id, editable=False
    )
    status = models.CharField(
        _("state"),
        max_length=10,
        choices=Status,
        default=Status.DRAFT,
        editable=False,
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        related_name="articles",
        blank=True,
        null=True,
        editable=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    latest_revision = models.OneToOneField(
        "articles.Revision",
        on_delete=models.SET_NULL,
        related_name="latest_of",
        blank=True,
        null=True,
        editable=False,
    )
    live_revision = models.OneToOneField(
        "articles.Revision",
        on_delete=models.SET_NULL,
        related_name="live_of",
        blank=True,
        null=True,
        editable=False,
    )

    headline = models.CharField(_("headline"), max_length=200)
    short_headline = models.CharField(
        _("short headline"),
        max_length=100,
        blank=True,
        help_text=_("For cards and lists, where the headline is too long."),
    )
    kicker = models.CharField(
        _("kicker"),
        max_length=60,
        blank=True,
        help_text=_("The words above the headline. Left empty: the section."),
    )
    standfirst = models.TextField(
        _("standfirst"), blank=True, help_text=_("Also called dek.")
    )
    body = models.TextField(_("body"), blank=True)
    lead_image = models.ForeignKey(
        Image,
        verbose_name=_("lead picture"),
        on_delete=models.PROTECT,
        related_name="lead_of",
        blank=True,
        null=True,
    )
    lead_caption = models.TextField(
        _("caption for this article"),
        blank=True,
        help_text=_("Left empty: the picture’s own caption."),
    )
    section = models.ForeignKey(
        Section,
        verbose_name=_("section"),
        on_delete=models.PROTECT,
        related_name="articles",
        blank=True,
        null=True,
    )
    topics = TaggableManager(
        verbose_name=_("topics"), through=TopicUse, blank=True, help_text=""
    )
    contributors = models.ManyToManyField(
        Contributor, through="Byline", related_name="articles"
    )
    genre = models.CharField(
        _("genre"), max_length=10, choices=Genre, default=Genre.NEWS
    )
    dateline_place = models.CharField(
        _("dateline"),
        max_length=60,
        blank=True,
        help_text=_("The place it was written from."),
    )
    byline_override = models.CharField(
        _("byline instead"),
        max_length=200,
        blank=True,
        help_text=_("In place of the names, for instance: Our correspondent"),
    )
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    translation_group = models.UUIDField(
        _("translation group"), blank=True, null=True, default=None
    )
    is_sensitive = models.BooleanField(
        _("sensitive"),
        default=False,
        help_text=_("We never ask for money under it."),
    )
    ednote = models.TextField(
        _("note to colleagues"), blank=True, help_text=_("Never published.")
    )
    editors_note = models.TextField(
        _("editor’s note"), blank=True, help_text=_("Published above the article.")
    )
    seo_title = models.CharField(_("search title"), max_length=120, blank=True)
    social_title = models.CharField(_("social title"), max_length=120, blank=True)
    source = models.CharField(
        _("source"),
        max_length=120,
        blank=True,
        help_text=_("For an article taken over from another publisher."),
    )
    canonical_url = models.URLField(
        _("first published at"),
        max_length=500,
        blank=True,
        help_text=_("The address of the original of a syndicated copy."),
    )
    slug = models.SlugField(
        _("web address"),
        max_length=120,
        blank=True,
        help_text=_("Left empty: made of the headline."),
    )
    url_date = models.DateField(blank=True, null=True, editable=False)

    publish_at = models.DateTimeField(_("publish at"), blank=True, null=True)
    embargoed_until = models.DateTimeField(_("embargoed until"), blank=True, null=True)
    unpublish_at = models.DateTimeField(_("take down at"), blank=True, null=True)
    first_published_at = models.DateTimeField(blank=True, null=True, editable=False)
    updated_at = models.DateTimeField(
        _("updated"),
        blank=True,
        null=True,
        help_text=_("Readers see it. Set on purpose, never by saving."),
    )
    withdrawal_notice = models.TextField(
        _("notice to readers"), blank=True, editable=False
    )

    source_system = models.CharField(max_length=40, blank=True, editable=False)
    source_id = models.CharField(max_length=200, blank=True, editable=False)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        constraints = [
            models.CheckConstraint(
                name="article_published_has_time_section_and_address",
                condition=~Q(status="published")
                | (
                    Q(publish_at__isnull=False)
                    & Q(url_date__isnull=False)
                    & Q(section__isnull=False)
                    & ~Q(slug="")
                ),
                violation_error_message=_(
                    "A published article needs a time, a section and an address."
                ),
            ),
            models.CheckConstraint(
                name="article_goes_after_it_comes",
                condition=Q(unpublish_at=None)
                | Q(publish_at=None)
                | Q(unpublish_at__gt=models.F("publish_at")),
                violation_error_message=_(
                    "The article would be taken down before it is published."
                ),
            ),
            models.UniqueConstraint(
                name="article_once_per_address",
                fields=["url_date", "slug"],
                condition=Q(url_date__isnull=False),
                violation_error_message=_(
                    "Another article of that day has this address."
                ),
            ),
            models.UniqueConstraint(
                name="article_imported_once",
                fields=["source_system", "source_id"],
                condition=~Q(source_id=""),
            ),
        ]
        indexes = [
            models.Index(
                name="article_newest_published",
                fields=["-publish_at", "-id"],
                condition=Q(status="published"),
            ),
            models.Index(
                name="article_newest_in_section",
                fields=["section", "-publish_at", "-id"],
                condition=Q(status="published"),
            ),
            models.Index(name="article_by_state", fields=["status", "-id"]),
        ]
        permissions = [
            ("edit_every_draft", "Can edit drafts of others"),
            ("review_article", "Can review articles"),
            ("publish_article", "Can publish, schedule, withdraw and correct"),
            ("override_credit", "Can publish although a picture lacks its credit"),
        ]

    def __str__(self) -> str:
        return self.headline or str(_("No headline yet"))

    def get_absolute_url(self) -> str:
        """The present address; while there is none, the one that stays for ever."""
        if self.url_date is None:
            return self.get_permanent_url()
        return path_to("articles:detail", self.url_date, self.slug)

    def get_permanent_url(self) -> str:
        return path_to("articles:permanent", self.public_id)

    @property
    def was_public(self) -> bool:
        """Whether readers may have seen it: set when its first time has come."""
        return (
            self.first_published_at is not None
            and self.first_published_at <= timezone.now()
        )

    @property
    def is_public(self) -> bool:
        return self.is_public_at(timezone.now())

    def is_public_at(self, at: datetime) -> bool:
        """The same as ``published(at)``, for a row at hand."""
        return (
            self.status == self.Status.PUBLISHED
            and self.publish_at is not None
            and self.publish_at <= at
            and (self.embargoed_until is None or self.embargoed_until <= at)
            and (self.unpublish_at is None or self.unpublish_at > at)
        )

    @property
    def is_scheduled(self) -> bool:
        now = timezone.now()
        return self.status == self.Status.PUBLISHED and (
            (self.publish_at is not None and self.publish_at > now)
            or (self.embargoed_until is not None and self.embargoed_until > now)
        )

    @property
    def shown_state(self) -> tuple[str, str]:
        """The state as staff see it: a key for its shape, and a word."""
        if self.is_scheduled:
            return "scheduled", str(_("Scheduled"))
        if self.status == self.Status.PUBLISHED and not self.is_public:
            return self.Status.WITHDRAWN.value, str(_("Taken down"))
        if self.status == self.Status.IN_REVIEW:
            return "review", self.get_status_display()
        return self.status, self.get_status_display()

    @property
    def goes_out_at(self) -> datetime | None:
        """When readers will see it first: the later of time and embargo."""
        times = [time for time in (self.publish_at, self.embargoed_until) if time]
        return max(times) if self.publish_at else None

    @property
    def has_unpublished_changes(self) -> bool:
        return (
            self.live_revision_id is not None
            and self.live_revision_id != self.latest_revision_id
        )
