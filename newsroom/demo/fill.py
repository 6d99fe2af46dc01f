"""Fill an empty site with The Meridian, through the doors that editors use."""

import re
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from articles import content as contents
from articles import library, publishing, related, renditions
from articles.models import Article, Contributor, Image, Licence, Section, Topic
from newsroom.accounts import roles
from newsroom.accounts.models import User
from newsroom.core import html
from newsroom.demo import asking, gifts, letters
from newsroom.demo.drawing import files
from newsroom.publication.models import Page, Publication

DATA = Path(__file__).parent / "data"
PASSWORD = "meridian"  # noqa: S105  (the demo's, printed when it starts)
STAFF = [
    ("writer", "Wilma Petersone", [roles.WRITERS]),
    ("editor", "Edgars Kalns", [roles.EDITORS]),
    ("publisher", "Paula Brandt", [roles.PUBLISHERS]),
    ("pictures", "Pavel Sorin", [roles.PICTURE_DESK]),
    ("newsletters", "Nora Haddad", [roles.NEWSLETTER_STAFF]),
    ("support", "Stefan Iliev", [roles.SUPPORT_STAFF]),
    ("admin", "Anna Reyes", []),
]
Report = Callable[[str], None]


def is_filled() -> bool:
    return Article.objects.exists()


@transaction.atomic
def fill(report: Report) -> None:
    """Make staff, publication, pictures and articles; ``report`` hears the progress.

    All or nothing: whoever interrupts it finds the site empty, and can begin again.
    """
    staff = _staff()
    _publication()
    _pages()
    sections = _sections()
    report("People, sections and pages are there. Drawing pictures.")
    images = _images(report)
    contributors = _contributors(images)
    count = _articles(staff, sections, contributors, images)
    report(f"{count} articles are there.")
    readers = letters.fill(_read("newsletters.toml"), staff)
    report(f"Newsletters with {readers} readers are there.")
    gifts_made = gifts.fill(asking.fill(_read("support.toml")))
    report(f"Campaigns and {gifts_made} gifts are there.")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def _staff() -> dict[str, User]:
    staff = {}
    for username, name, names_of_roles in STAFF:
        first, last = name.split()
        person = User(
            username=username,
            email=f"{username}@meridian.example",
            first_name=first,
            last_name=last,
            is_staff=True,
            is_superuser=username == "admin",
        )
        person.set_password(PASSWORD)
        person.save()
        person.groups.set(Group.objects.filter(name__in=names_of_roles))
        staff[username] = person
    return staff


def _publication() -> None:
    facts = _read("publication.toml")
    Publication.objects.filter(pk=1).update(
        name=facts["name"],
        tagline=facts["tagline"],
        description=facts["description"],
        accent_colour=facts["accent"],
        contact_email=facts["contact_email"],
        places=facts["places"],
        time_zone=facts["time_zone"],
        default_language=facts["default_language"],
        legal_notice=facts["legal_notice"],
        copyright_notice=facts["copyright_notice"],
        social_links=facts["social"],
    )


def _pages() -> None:
    files = sorted((DATA / "pages").glob("*.toml"))
    for position, file in enumerate(files):
        facts = tomllib.loads(file.read_text(encoding="utf-8"))
        Page.objects.create(
            title=facts["title"],
            slug=facts["slug"],
            standfirst=facts["standfirst"],
            body=html.clean(facts["body"]),
            is_published=True,
            position=position,
            updated_at=timezone.now(),
        )


def _sections() -> dict[str, Section]:
    return {
        facts["slug"]: Section.objects.create(**facts, position=position)
        for position, facts in enumerate(_read("sections.toml")["section"])
    }


def _make_first_renditions(image_id: int) -> None:
    renditions.make(image_id, formats=("jpg",))


def _images(report: Report) -> dict[str, Image]:
    """Draw on every core; store each picture as an upload is stored.

    The JPEG renditions are made here, so that the first page has its pictures; the
    smaller AVIF and WebP come from the worker.
    """
    catalogue = {facts["key"]: facts for facts in _read("pictures.toml")["picture"]}
    licences = {licence.code: licence for licence in Licence.objects.all()}
    images = {}
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        drawn = zip(catalogue, pool.map(files.jpeg, catalogue), strict=True)
        for number, (key, data) in enumerate(drawn, start=1):
            images[key] = _store(key, data, catalogue[key], licences)
            if number % 10 == 0 or number == len(catalogue):
                report(f"{number} of {len(catalogue)} pictures are drawn.")
    for image in images.values():
        _make_first_renditions(image.pk)
    return images


def _store(
    key: str, data: bytes, facts: dict[str, Any], licences: dict[str, Licence]
) -> Image:
    upload = SimpleUploadedFile(f"{key}.jpg", data, content_type="image/jpeg")
    return library.add(
        upload,
        by=None,
        headline=facts["headline"],
        description=facts["description"],
        alt_text=facts["alt_text"],
        creator=facts["creator"],
        credit_line=facts["credit_line"],
        source=facts["source"],
        copyright_notice=facts["copyright_notice"],
        usage_terms=facts["usage_terms"],
        licence=licences[facts["licence"]],
        provenance=facts["provenance"],
        special_instructions=facts["special_instructions"],
        city=facts["city"],
        country=facts["country"],
        taken_at=timezone.now() - timedelta(days=facts["taken_days_ago"]),
        focal_x=facts["focal_x"],
        focal_y=facts["focal_y"],
    )


def _contributors(images: dict[str, Image]) -> dict[str, Contributor]:
    return {
        facts["slug"]: Contributor.objects.create(
            name=facts["name"],
            slug=facts["slug"],
            job_title=facts["role"],
            place=facts["place"],
            biography=facts["biography"],
            is_pen_name=facts["is_pen_name"],
            portrait=images.get(facts.get("portrait", "")),
        )
        for facts in _read("contributors.toml")["contributor"]
    }


def _facts_of_articles() -> Iterator[dict[str, Any]]:
    for file in sorted((DATA / "articles").glob("*.toml")):
        yield tomllib.loads(file.read_text(encoding="utf-8"))


def _articles(
    staff: dict[str, User],
    sections: dict[str, Section],
    contributors: dict[str, Contributor],
    images: dict[str, Image],
) -> int:
    everything = list(_facts_of_articles())
    # The rows come first, so that texts can link to and choose one another.
    articles = {
        facts["slug"]: Article.objects.create(
            headline=facts["headline"],
            created_by=staff[facts.get("owner") or "editor"],
        )
        for facts in everything
    }
    for facts in everything:
        article = articles[facts["slug"]]
        content = _content(facts, articles, sections, contributors, images)
        publishing.save(article, content, by=None, based_on_id=None)
    # The oldest goes out first, as it would have.
    for facts in sorted(everything, key=lambda facts: -facts.get("hours_ago", 0)):
        _bring_to_state(articles[facts["slug"]], facts)
    for article in articles.values():
        related.compute(article.pk)
    return len(articles)


def _content(
    facts: dict[str, Any],
    articles: dict[str, Article],
    sections: dict[str, Section],
    contributors: dict[str, Contributor],
    images: dict[str, Image],
) -> contents.Content:
    content = contents.empty()
    for name in contents.TEXTS:
        content[name] = facts.get(name, content[name])
    content["body"] = _body(facts["body"], articles, images)
    content["is_sensitive"] = facts.get("is_sensitive", False)
    content["section"] = contents.reference(sections[facts["section"]])
    if facts.get("lead_image"):
        content["lead_image"] = contents.reference(images[facts["lead_image"]])
    content["topics"] = [contents.reference(_topic(name)) for name in facts["topics"]]
    content["bylines"] = [
        {
            "contributor": contents.reference(contributors[line["contributor"]]),
            "role": line["role"],
        }
        for line in facts["bylines"]
    ]
    content["related"] = [
        contents.reference(articles[slug]) for slug in facts.get("related", [])
    ]
    if hours := facts.get("updated_hours_ago"):
        content["updated_at"] = contents.write_time(_hours_ago(hours))
    if hours := facts.get("hours_ahead"):
        content["publish_at"] = contents.write_time(_hours_ago(-hours))
    return content


def _topic(name: str) -> Topic:
    topic: Topic | None = Topic.objects.filter(name=name).first()
    if topic is None:
        slug = publishing.make_slug(name)
        topic = Topic.objects.create(name=name, slug=slug)
    return topic


def _body(body: str, articles: dict[str, Article], images: dict[str, Image]) -> str:
    body = re.sub(
        r'data-image="([a-z-]+)"',
        lambda match: f'data-image="{images[match[1]].pk}"',
        body,
    )
    return re.sub(
        r'href="/a/([a-z0-9-]+)/"',
        lambda match: f'href="{articles[match[1]].get_permanent_url()}"',
        body,
    )


def _bring_to_state(article: Article, facts: dict[str, Any]) -> None:
    state = facts["state"]
    if state in ("published", "withdrawn"):
        publishing.publish(article, by=None, at=_hours_ago(facts["hours_ago"]))
    if state == "scheduled":
        publishing.schedule(article, by=None, at=_hours_ago(-facts["hours_ahead"]))
    if state == "in_review":
        publishing.submit(article, by=None)
    for correction in facts.get("corrections", []):
        publishing.correct(
            article,
            by=None,
            kind=correction["kind"],
            text=correction["text"],
            at=_hours_ago(correction["hours_ago"]),
        )
    if state == "withdrawn":
        publishing.withdraw(article, by=None, notice=facts["withdrawal_notice"])


def _hours_ago(hours: float) -> Any:
    return timezone.now().replace(second=0, microsecond=0) - timedelta(hours=hours)
