"""What an editor does with an article: the only writers of its state.

Each verb opens the transaction, locks the article, checks who asks and whether the
text is ready, writes only the fields of state, leaves a line in the article's log and
says which pages have ended. ``by`` is the person who asks; ``None`` is the site
itself (the demo, an import), which may do everything.
"""

from datetime import datetime
from itertools import chain, count

from anyascii import anyascii
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from articles import content as contents
from articles import readiness, tasks
from articles.models import Article, Correction, Revision, StateChange
from newsroom.accounts.models import User
from newsroom.core import page_store
from newsroom.publication import addresses
from newsroom.publication.models import Publication

SLUG_LENGTH = 80


class NotAllowed(Exception):
    """Who asks may not do this; the message says who may."""


class NotReady(Exception):
    """The article lacks something that a published article must have."""

    def __init__(self, missing: list[readiness.Missing]) -> None:
        super().__init__(" ".join(entry.words for entry in missing))
        self.missing = missing


class NotPossible(Exception):
    """The article's state does not allow this; the message says what does."""


class Conflict(Exception):
    """Somebody saved meanwhile: the text was written on another revision."""

    def __init__(self, article: Article) -> None:
        super().__init__(_("Somebody saved this article while you were writing."))
        self.article = article


@transaction.atomic
def save(
    article: Article | None,
    content: contents.Content,
    *,
    by: User | None,
    based_on_id: int | None,
    note: str = "",
) -> Revision:
    """Append the text as a revision; show it at once only where nobody reads yet.

    ``article`` is ``None`` for a new one. ``based_on_id`` is the revision that the
    text was opened on; raises ``Conflict`` if that is no longer the newest one.
    """
    if article is None:
        _must(by, "articles.add_article", _("You may not write articles."))
        article = Article.objects.create(created_by=by, headline=content["headline"])
    else:
        article = locked(article)
        must_be_editable(article, by)
        if article.latest_revision_id != based_on_id:
            raise Conflict(article)
    revision = contents.append(
        article, content, by=by, note=note, based_on=article.latest_revision
    )
    if article.status != Article.Status.PUBLISHED and article.live_revision_id is None:
        contents.apply(article, revision)
    return revision


@transaction.atomic
def submit(article: Article, *, by: User | None, note: str = "") -> None:
    """Hand a draft to the editors for review."""
    article = locked(article)
    must_be_editable(article, by)
    if article.status != Article.Status.DRAFT:
        raise NotPossible(_("Only a draft can be submitted for review."))
    _change_state(article, Article.Status.IN_REVIEW, "submit", by=by, note=note)


@transaction.atomic
def publish(
    article: Article,
    *,
    by: User | None,
    at: datetime | None = None,
    override_reason: str = "",
    expected_revision_id: int | None = None,
) -> None:
    """Show readers the newest revision from now (or from ``at``, for imports) on.

    An article that was public before keeps its address and its first publication
    time. ``override_reason`` lets a senior editor publish although a picture lacks
    its credit; the reason is logged.
    """
    _publish(
        article,
        by=by,
        at=at or timezone.now(),
        override_reason=override_reason,
        expected_revision_id=expected_revision_id,
        action="publish",
    )


@transaction.atomic
def schedule(
    article: Article,
    *,
    by: User | None,
    at: datetime,
    override_reason: str = "",
    expected_revision_id: int | None = None,
) -> None:
    """Let readers see the newest revision from ``at`` on, which lies ahead.

    Called again, it puts a later text or another time into the schedule.
    """
    if at <= timezone.now():
        raise NotPossible(_("The time lies in the past. Choose a later one."))
    _publish(
        article,
        by=by,
        at=at,
        override_reason=override_reason,
        expected_revision_id=expected_revision_id,
        action="schedule",
    )


@transaction.atomic
def withdraw(article: Article, *, by: User | None, notice: str = "") -> None:
    """Take a published or scheduled article away from readers.

    One that was public answers 410 with ``notice``; one that was only scheduled
    becomes a draft again, and its address is free.
    """
    _must(by, "articles.publish_article", _("Only publishers withdraw articles."))
    article = locked(article)
    if article.status != Article.Status.PUBLISHED:
        raise NotPossible(_("Only a published or scheduled article can be withdrawn."))
    if article.was_public and not article.is_scheduled:
        article.withdrawal_notice = notice
        article.save(update_fields=["withdrawal_notice"])
        _change_state(article, Article.Status.WITHDRAWN, "withdraw", by=by, note=notice)
    else:
        article.first_published_at = None
        article.live_revision = None
        article.url_date = None
        article.status = Article.Status.DRAFT
        article.save(
            update_fields=["first_published_at", "live_revision", "url_date", "status"]
        )
        _log(article, "withdraw", Article.Status.PUBLISHED, by=by, note=notice)
    page_store.ended(*pages_of(article))


@transaction.atomic
def correct(
    article: Article,
    *,
    by: User | None,
    kind: str,
    text: str,
    at: datetime | None = None,
) -> Correction:
    """Tell the readers of a public article what was wrong."""
    _must(by, "articles.add_correction", _("Only publishers add corrections."))
    article = locked(article)
    if not article.is_public:
        raise NotPossible(_("Only what readers see can be corrected."))
    correction = Correction.objects.create(
        article=article, kind=kind, text=text, published_at=at or timezone.now()
    )
    _log(article, "correct", article.status, by=by, note=text)
    page_store.ended(f"article:{article.pk}", "corrections")
    return correction


def locked(article: Article) -> Article:
    """The article's row as it is now, kept from others until the transaction ends."""
    return Article.objects.select_for_update().get(pk=article.pk)


def may_edit(article: Article | None, by: User | None) -> bool:
    """Writers edit their own drafts, editors all drafts, publishers everything."""
    if by is None:
        return True
    if article is None:
        return by.has_perm("articles.add_article")
    if not by.has_perm("articles.change_article"):
        return False
    if article.status in (Article.Status.PUBLISHED, Article.Status.WITHDRAWN):
        return by.has_perm("articles.edit_every_draft")
    if by.has_perm("articles.edit_every_draft"):
        return True
    return article.created_by_id == by.pk and article.status == Article.Status.DRAFT


def must_be_editable(article: Article, by: User | None) -> None:
    if not may_edit(article, by):
        raise NotAllowed(
            _("You may write in your own drafts only. Ask an editor to change this.")
        )


def pages_of(article: Article) -> set[str]:
    """The names of the pages that show the article now (``page_store``)."""
    names = {f"article:{article.pk}", "front"}
    if article.section_id:
        names.add(f"section:{article.section_id}")
    names |= {f"topic:{use.tag_id}" for use in article.topic_uses.all()}
    names |= {f"contributor:{line.contributor_id}" for line in article.bylines.all()}
    if article.corrections.exists():
        names.add("corrections")
    return names


def _publish(
    article: Article,
    *,
    by: User | None,
    at: datetime,
    override_reason: str,
    expected_revision_id: int | None,
    action: str,
) -> None:
    _must(
        by,
        "articles.publish_article",
        _("Only publishers publish. Submit the article for review."),
    )
    article = locked(article)
    revision = article.latest_revision
    if revision is None:
        raise NotPossible(_("There is no text to publish. Save it first."))
    if expected_revision_id not in (None, revision.pk):
        raise Conflict(article)
    if action == "schedule" and article.is_public:
        raise NotPossible(_("Readers see it already. Publish the changes instead."))
    _must_be_ready(revision.content, at, by=by, override_reason=override_reason)

    ended = pages_of(article)
    before = article.status
    _show(article, revision, at, may_move=action == "schedule")
    _log(article, action, before, by=by, note=override_reason)
    page_store.ended(*(ended | pages_of(article)))
    tasks.compute_read_more.defer(article_id=article.pk)


def _show(
    article: Article, revision: Revision, at: datetime, *, may_move: bool
) -> None:
    """Apply the text and set what makes the article public from its time on."""
    was_out = article.was_public
    old_path = article.get_absolute_url() if article.url_date else ""
    keeps_time = was_out and article.status == Article.Status.PUBLISHED
    contents.apply(article, revision)
    if may_move or not keeps_time:
        article.publish_at = at
    if not was_out:
        article.first_published_at = article.goes_out_at
    article.live_revision = revision
    article.withdrawal_notice = ""
    article.status = Article.Status.PUBLISHED
    _give_address(
        article,
        revision.content["slug"],
        at=article.publish_at or at,
        may_move=not was_out,
    )
    _move_address(article, old_path, was_out=was_out)


def _must_be_ready(
    content: contents.Content, at: datetime, *, by: User | None, override_reason: str
) -> None:
    missing = readiness.missing(content, at=at)
    may_override = by is None or by.has_perm("articles.override_credit")
    if override_reason.strip() and may_override:
        missing = [entry for entry in missing if not entry.is_credit]
    if missing:
        raise NotReady(missing)


def _give_address(
    article: Article, written_slug: str, *, at: datetime, may_move: bool
) -> None:
    """Set date and slug, and save. A taken slug gets the next number."""
    # Held until the transaction ends, so that no two articles take one address.
    publication = Publication.objects.select_for_update().get(pk=1)
    if may_move or article.url_date is None:
        article.url_date = at.astimezone(publication.zone).date()
    kept = "" if may_move else article.slug
    wanted = written_slug or kept or make_slug(article.headline) or article.public_id
    same_day = Article.objects.filter(url_date=article.url_date).exclude(pk=article.pk)
    taken = set(same_day.values_list("slug", flat=True))
    numbered = (f"{wanted[: SLUG_LENGTH - 4]}-{number}" for number in count(2))
    article.slug = next(slug for slug in chain([wanted], numbered) if slug not in taken)
    article.save()


def make_slug(headline: str) -> str:
    """An address of Latin letters, digits and hyphens, cut at a word's end."""
    slug = slugify(anyascii(headline))
    if len(slug) > SLUG_LENGTH:
        slug = slug[: SLUG_LENGTH + 1].rpartition("-")[0] or slug[:SLUG_LENGTH]
    return slug


def _move_address(article: Article, old_path: str, *, was_out: bool) -> None:
    new_path = article.get_absolute_url()
    if was_out and old_path and old_path != new_path:
        addresses.moved(old_path, new_path)
    else:
        addresses.taken(new_path)


def _change_state(
    article: Article, to: str, action: str, *, by: User | None, note: str
) -> None:
    before = article.status
    article.status = to
    article.save(update_fields=["status"])
    _log(article, action, before, by=by, note=note)


def _log(
    article: Article, action: str, before: str, *, by: User | None, note: str
) -> None:
    StateChange.objects.create(
        article=article,
        by=by,
        action=action,
        from_status=before,
        to_status=article.status,
        note=note,
    )


def _must(by: User | None, permission: str, words: str) -> None:
    if by is not None and not by.has_perm(permission):
        raise NotAllowed(words)
