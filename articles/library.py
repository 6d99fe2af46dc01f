"""What the newsroom does with pictures: add, credit, withdraw, put back, delete.

Each verb opens the transaction, locks the picture, checks who asks, and says which
pages have ended. ``by`` is the person who asks; ``None`` is the site itself.
"""

import logging
import re
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from articles import iptc, renditions
from articles.models import Article, Image, Licence
from articles.models.image import original_path, originals_storage
from newsroom.accounts.models import User
from newsroom.core import page_store, pictures

log = logging.getLogger(__name__)

DAYS_OF_WARNING = 14
# Without these no picture is published, and none in public use may lose them.
NEEDED = ("credit_line", "licence", "alt_text")


class AlreadyThere(Exception):
    """The library has this very file, as ``image``."""

    def __init__(self, image: Image) -> None:
        super().__init__(_("Already in the library as “%s”.") % image)
        self.image = image


class NotAllowed(PermissionDenied):
    """Who asks may not do this; the message says who may."""


class NotPossible(Exception):
    """The picture's state or use does not allow this; the message says what does."""


def add(upload: File | Path, *, by: User | None, **credit: Any) -> Image:
    """Take a file into the library, with the credit that it carries.

    ``credit`` holds values of ``Image`` that stand in place of the file's own. Raises
    ``AlreadyThere``, and ``pictures.Refused`` with words for the editor; then nothing
    is kept.
    """
    _must(by, "articles.add_image", _("You may not add pictures."))
    try:
        sha256 = pictures.checksum(upload)
        _refuse_known(sha256)
        found = pictures.inspect(upload)
        image = Image(
            **_read(found) | credit,
            sha256=sha256,
            mime_type=found.mime_type,
            width=found.width,
            height=found.height,
            byte_size=found.byte_size,
            uploaded_by=by,
        )
        return _store(image, upload, by)
    except OSError as error:
        log.exception("A picture could not be stored.")
        raise pictures.Refused("unstored") from error


@transaction.atomic
def withdraw(image: Image, *, by: User | None, reason: str = "") -> None:
    """Take the picture from every page, feed and file. The original is kept."""
    _must(
        by,
        "articles.withdraw_image",
        _("Only publishers and the picture desk withdraw pictures."),
    )
    now = _locked(image)
    if now.is_withdrawn:
        return
    image.withdrawn_at = now.withdrawn_at = timezone.now()
    renditions.take_away(now)
    image.sizes = {}
    _save(now, by, reason, "withdrawn_at")
    page_store.ended(f"image:{now.pk}")


@transaction.atomic
def restore(image: Image, *, by: User | None) -> None:
    """Put a withdrawn picture back where it was used; its copies are made anew."""
    _must(
        by,
        "articles.withdraw_image",
        _("Only publishers and the picture desk put pictures back."),
    )
    now = _locked(image)
    if not now.is_withdrawn:
        return
    if now.licence_until and now.licence_has_ended():
        words = _("Its licence ended on %s. Write the new end first.")
        raise NotPossible(words % date_format(now.licence_until, "j F Y"))
    image.withdrawn_at = now.withdrawn_at = None
    _save(now, by, "", "withdrawn_at")
    remake(now)


@transaction.atomic
def remake(image: Image) -> None:
    """Have the copies made anew: the credit in them or the focal point has changed."""
    if not image.is_withdrawn:
        _make_later([image.pk])
    page_store.ended(f"image:{image.pk}")


@transaction.atomic
def remake_all_of(licence: Licence) -> None:
    """The licence's name or address, which every copy carries, has changed."""
    _make_later(licence.images.showable().values_list("pk", flat=True))
    page_store.ended(f"licence:{licence.pk}")


@transaction.atomic
def delete(image: Image, *, by: User | None = None) -> None:
    """Delete a picture that nothing uses, with its original and its copies."""
    _must(by, "articles.delete_image", _("Only the picture desk deletes pictures."))
    now = _locked(image)
    if is_used(now):
        raise NotPossible(
            _("“%s” is used. Take it out of the articles and portraits first.") % now
        )
    renditions.take_away(now)
    now._history_user = by  # type: ignore[attr-defined]
    now.delete()
    page_store.ended(f"image:{image.pk}")
    transaction.on_commit(partial(_remove_original, str(now.original.name)))


def withdraw_ended(today: date | None = None) -> int:
    """Withdraw the pictures whose licence ended before ``today``; how many there were.

    One that cannot be withdrawn keeps none of the others.
    """
    today = today or timezone.now().date()
    withdrawn = 0
    for image in Image.objects.licence_ends_by(today - timedelta(days=1)):
        try:
            withdraw(image, by=None, reason=_("The licence has ended."))
        except Exception:
            log.exception("Picture %s could not be withdrawn.", image.pk)
        else:
            withdrawn += 1
    return withdrawn


def ending_soon(today: date | None = None) -> QuerySet[Image]:
    """Pictures whose licence ends within two weeks, the first to end first."""
    today = today or timezone.now().date()
    last = today + timedelta(days=DAYS_OF_WARNING)
    return Image.objects.licence_ends_by(last).order_by("licence_until", "pk")


def is_used(image: Image) -> bool:
    """In a draft, in what readers see, or as somebody's portrait."""
    return image.uses.exists() or image.lead_of.exists() or image.portrait_of.exists()


def is_in_public_use(image: Image) -> bool:
    """Whether readers see it, or will without anybody looking at it again."""
    articles = Article.objects.published() | Article.objects.scheduled()
    is_shown = Q(article__in=articles.values("pk"), is_live=True)
    return image.uses.filter(is_shown).exists() or image.portrait_of.exists()


def missing_if_public(image: Image) -> list[str]:
    """Which fields that it needs are being emptied although readers see the picture.

    ``image`` holds the values that are about to be saved.
    """
    stored = Image.objects.get(pk=image.pk)
    emptied = [
        name for name in NEEDED if getattr(stored, name) and not getattr(image, name)
    ]
    if not emptied or stored.is_withdrawn or not is_in_public_use(stored):
        return []
    return emptied


def may_clear_credit(image: Image) -> bool:
    return image.is_withdrawn or not is_in_public_use(image)


def _read(found: pictures.Inspected) -> dict[str, Any]:
    """The values of a row that the file itself gives."""
    credit = iptc.read(found.metadata)
    values = {
        name: getattr(credit, name)
        for name in (
            "headline",
            "description",
            "alt_text",
            "creator",
            "credit_line",
            "source",
            "copyright_notice",
            "usage_terms",
            "special_instructions",
            "city",
            "country",
            "taken_at",
        )
    }
    values["licence"] = _licence_at(credit.licence_url)
    if credit.is_synthetic:
        values["provenance"] = Image.Provenance.SYNTHETIC
    return values


def _licence_at(url: str) -> Licence | None:
    wanted = _bare(url)
    if not wanted:
        return None
    known = Licence.objects.exclude(url="")
    return next((licence for licence in known if _bare(licence.url) == wanted), None)


def _bare(url: str) -> str:
    """The address of a licence without what differs from file to file."""
    url = re.sub(r"^https?://(www\.)?", "", url.strip().lower())
    return re.sub(r"/?((deed|legalcode)[a-z._-]*)?/?$", "", url)


def _refuse_known(sha256: str) -> None:
    known = Image.objects.filter(sha256=sha256).first()
    if known is not None:
        raise AlreadyThere(known)


def _store(image: Image, upload: File | Path, by: User | None) -> Image:
    """Write the file, then the row and its job; without the row no file stays."""
    try:
        if isinstance(upload, Path):
            with upload.open("rb") as file:
                image.original.save("", File(file), save=False)
        else:
            upload.seek(0)
            image.original.save("", upload, save=False)
        with transaction.atomic():
            image._history_user = by  # type: ignore[attr-defined]
            image.save()
            _make_later([image.pk])
    except BaseException as error:
        _remove_original(original_path(image, ""))
        if isinstance(error, IntegrityError):
            # The same file came twice at the same moment.
            _refuse_known(image.sha256)
        raise
    return image


def _make_later(image_ids: Any) -> None:
    # Imported here, because ``tasks`` names the verbs of this module.
    from articles import tasks

    jobs = [{"image_id": image_id} for image_id in image_ids]
    if jobs:
        tasks.make_renditions.batch_defer(*jobs)


def _locked(image: Image) -> Image:
    found = Image.objects.select_for_update(of=["self"])
    return found.select_related("licence").get(pk=image.pk)


def _save(image: Image, by: User | None, reason: str, *fields: str) -> None:
    image._history_user = by  # type: ignore[attr-defined]
    image._change_reason = reason  # type: ignore[attr-defined]
    image.save(update_fields=fields)


def _remove_original(name: str) -> None:
    try:
        originals_storage().delete(name)
    except OSError:
        log.exception("An original could not be deleted: %s", name)


def _must(by: User | None, permission: str, words: str) -> None:
    if by is not None and not by.has_perm(permission):
        raise NotAllowed(words)
