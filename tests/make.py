"""Makers: each gives a valid object, and a test names only what it is about."""

import io
import itertools
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image as PillowImage

from articles import content, publishing
from articles.models import (
    Article,
    Contributor,
    Image,
    Licence,
    Revision,
    Section,
    Topic,
)
from newsroom.accounts import roles
from newsroom.accounts.models import User
from newsroom.core import mail_addresses
from newsroom.newsletters import subscribers
from newsroom.newsletters.models import (
    ConsentEvent,
    Issue,
    IssueItem,
    Newsletter,
    Subscriber,
)
from newsroom.newsletters.models.subscriber import Source

_numbers = itertools.count(1)
PASSWORD = "meridian"


def user(role: str = roles.EDITORS, **values: Any) -> User:
    number = next(_numbers)
    defaults = {
        "username": f"person{number}",
        "email": f"person{number}@newsroom.example",
        "is_staff": True,
    }
    person = User(**defaults | values)
    person.set_password(PASSWORD)
    person.save()
    person.groups.add(Group.objects.get(name=role))
    return person


def writer(**values: Any) -> User:
    return user(roles.WRITERS, **values)


def publisher(**values: Any) -> User:
    return user(roles.PUBLISHERS, **values)


def superuser(**values: Any) -> User:
    return user(is_superuser=True, **values)


def section(**values: Any) -> Section:
    number = next(_numbers)
    defaults = {"name": f"Section {number}", "slug": f"section-{number}"}
    return Section.objects.create(**defaults | values)


def topic(**values: Any) -> Topic:
    number = next(_numbers)
    defaults = {"name": f"Topic {number}", "slug": f"topic-{number}"}
    return Topic.objects.create(**defaults | values)


def contributor(**values: Any) -> Contributor:
    number = next(_numbers)
    defaults = {"name": f"Contributor {number}", "slug": f"contributor-{number}"}
    return Contributor.objects.create(**defaults | values)


def jpeg(width: int = 60, height: int = 40, *, colour: Any = None) -> bytes:
    """A small picture, each time another one."""
    number = next(_numbers)
    colour = colour or (number % 256, number // 256 % 256, 90)
    buffer = io.BytesIO()
    picture = PillowImage.new("RGB", (width, height), colour)
    picture.save(buffer, "JPEG", comment=str(number).encode())
    return buffer.getvalue()


def image(**values: Any) -> Image:
    """A picture with its credit, its original stored, no renditions made."""
    number = next(_numbers)
    defaults = {
        "headline": f"Picture {number}",
        "alt_text": f"What picture {number} shows",
        "credit_line": f"Photographer {number} / The Meridian",
        "licence": Licence.objects.get(code="own-work"),
        "sha256": f"{number:064d}",
        "mime_type": "image/jpeg",
        "width": 60,
        "height": 40,
        "byte_size": 700,
    }
    picture = Image(**defaults | values)
    if not picture.original:
        picture.original.save("original", ContentFile(jpeg()), save=False)
    picture.save()
    return picture


def article_content(**values: Any) -> content.Content:
    """The content of an article that is ready for publication.

    Rows may be given as themselves: ``section=``, ``lead_image=``, ``topics=``,
    ``authors=``, ``related=``.
    """
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "headline": f"Headline {number}",
        "body": "<p>Something happened.</p>",
    }
    if "section" not in values:
        values["section"] = section()
    authors = values.pop("authors", None)
    for name in ("section", "lead_image"):
        if name in values:
            values[name] = content.reference(values[name])
    for name in ("topics", "related"):
        if name in values:
            values[name] = [content.reference(row) for row in values[name]]
    for name in content.TIMES:
        if name in values:
            values[name] = content.write_time(values[name])
    if "bylines" not in values:
        values["bylines"] = [
            {"contributor": content.reference(author), "role": "author"}
            for author in ([contributor()] if authors is None else authors)
        ]
    return content.empty() | defaults | values


def draft(*, created_by: User | None = None, **values: Any) -> Article:
    revision = save(None, by=created_by, **values)
    return Article.objects.get(pk=revision.article_id)


def save(article: Article | None, *, by: User | None = None, **values: Any) -> Revision:
    """Append a revision: of a new article, or changes of the newest revision."""
    if article is None:
        revision = publishing.save(
            None, article_content(**values), by=None, based_on_id=None
        )
        Article.objects.filter(pk=revision.article_id).update(created_by=by)
        return revision
    article.refresh_from_db()
    return publishing.save(
        article,
        article.latest_revision.content | values,
        by=by,
        based_on_id=article.latest_revision_id,
    )


def published_article(**values: Any) -> Article:
    """An article that readers see, since an hour ago unless ``publish_at`` is given."""
    at = values.pop("publish_at", timezone.now() - timedelta(hours=1))
    article = draft(**values)
    publishing.publish(article, by=None, at=at)
    article.refresh_from_db()
    return article


def scheduled_article(**values: Any) -> Article:
    at = values.pop("publish_at", timezone.now() + timedelta(days=1))
    article = draft(**values)
    publishing.schedule(article, by=None, at=at)
    article.refresh_from_db()
    return article


def newsletter(**values: Any) -> Newsletter:
    number = next(_numbers)
    defaults = {
        "name": f"Letter {number}",
        "slug": f"letter-{number}",
        "when": "every Friday",
        "description": "The week in five stories.",
    }
    return Newsletter.objects.create(**defaults | values)


def subscriber(
    address: str = "", *, of: Iterable[Newsletter] = (), **values: Any
) -> Subscriber:
    """Somebody with an address; ``of`` are the newsletters they have confirmed."""
    address = mail_addresses.normalised(
        address or f"reader{next(_numbers)}@example.org"
    )
    person = subscribers.find_or_add(address, language="en", source=Source.SITE)
    if values:
        Subscriber.objects.filter(pk=person.pk).update(**values)
        person.refresh_from_db()
    subscribers.confirm(person, of, source=Source.SITE, method=ConsentEvent.Method.LINK)
    return person


def issue(**values: Any) -> Issue:
    """A draft with one story, ready to go out."""
    articles = values.pop("articles", None)
    defaults: dict[str, Any] = {"subject": "The week", "preheader": "Five stories"}
    if "newsletter" not in values:
        values["newsletter"] = newsletter()
    made = Issue.objects.create(**defaults | values)
    stories = [published_article()] if articles is None else articles
    for position, story in enumerate(stories):
        IssueItem.objects.create(issue=made, position=position, article=story)
    return made
