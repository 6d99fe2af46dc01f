"""Whatever readers see changed was announced: each page by one of its names.

Each public field is changed through its form in the admin; every public page whose
bytes changed by it must have had one of its names ended (``page_store.ended``). A new
field of a form joins by itself; a new form joins by a line in ``FORMS``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from articles.models import Image, Section
from newsroom.core import page_store
from newsroom.newsletters.models import Issue
from newsroom.publication.models import Page
from newsroom.support.models import Asking, CountryPolicy, PaymentMethod
from tests import make, make_support
from tests.jobs import run_jobs
from tests.newspaper import Newspaper, make_newspaper, picture

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

Names = frozenset[str]
END = "end of what was announced"


@dataclass
class Form:
    """An admin form: whose it is, and what to type into fields of their own kind.

    ``silent`` are the fields that no public page shows.
    """

    model: str
    row: Callable[[Newspaper], Any]
    typed: dict[str, Any] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    # Fields whose change reaches readers by a job.
    by_job: set[str] = field(default_factory=set)
    button: str = "_save"


FORMS = [
    Form("section", lambda paper: paper.section),
    Form("topic", lambda paper: paper.topic),
    Form(
        "contributor",
        lambda paper: paper.contributor,
        typed={"portrait": lambda: str(picture().pk)},
    ),
    Form(
        "licence",
        lambda paper: paper.image.licence,
        typed={"code": "other", "url": "https://elsewhere.example/licence"},
        silent={"code"},
    ),
    Form("correction", lambda paper: paper.correction, typed={"kind": "clarification"}),
    Form(
        "image",
        lambda paper: paper.image,
        typed={
            "licence": lambda: str(picture().licence_id),
            "licence_until": "2099-12-31",
            "provenance": Image.Provenance.HANDOUT,
            "taken_at": "2024-05-06T07:08",
            "focal_x": "12",
            "focal_y": "90",
        },
        silent={
            "creator",
            "source",
            "licence_until",
            "copyright_notice",
            "usage_terms",
            "special_instructions",
            "headline",
            "city",
            "country",
            "taken_at",
        },
        by_job={"focal_x", "focal_y"},
    ),
    Form(
        "publication",
        lambda paper: paper,
        typed={
            "accent_colour": "#7a1f3d",
            "contact_email": "other@meridian.example",
            "time_zone": "America/Caracas",
            "default_language": "fr",
            "social_links": "Elsewhere https://elsewhere.example/us",
        },
        silent={"description"},
    ),
    Form(
        "page",
        lambda paper: paper.page,
        typed={"body": "<p>All of it is new.</p>", "slug": "about-us"},
    ),
    Form(
        "newsletter",
        lambda paper: paper.newsletter,
        typed={
            "language": "de",
            "sample": lambda: str(Issue.objects.get().pk),
            "time_zone": "America/Caracas",
            "template": "story",
            "sender_address": "letters@meridian.example",
            "reply_to": "desk@meridian.example",
            "mail_server": "bulk",
        },
        # Of the mails to come.
        silent={
            "counts_clicks",
            "mail_server",
            "reply_to",
            "sample",
            "sender_address",
            "sender_name",
            "template",
            "time_zone",
        },
    ),
    Form(
        "campaign",
        lambda paper: paper.campaign,
        typed={
            "goal": "9000",
            "goal_currency": "EUR",
            "begins_at": "2001-02-03 04:05",
            "ends_at": "2099-02-03 04:05",
            "priority": "11",
            "statement_descriptor": "OTHER NAME",
        },
        # For staff, of the mails to come, and the times of what is running.
        silent={
            "name",
            "priority",
            "thanks",
            "thanks_signature",
            "thanks_subject",
            "begins_at",
            "ends_at",
        },
    ),
    Form(
        "asking",
        lambda paper: Asking.current(),
        silent={
            "keeps_names_days",
            "neutral_sender",
            "neutral_subject",
            "receipt_issuer",
            "receipt_note",
        },
        typed={
            "days_after_closing": "20",
            "days_after_giving": "70",
            "days_after_showing": "3",
            "default_currency": "EUR",
            "keeps_names_days": "100",
        },
    ),
    Form(
        "paymentmethod",
        lambda paper: PaymentMethod.objects.get(),
        typed={
            "code": "sepa_debit",
            "currencies": ["USD"],
            "fee_fixed": "USD 0.30",
            "fee_percent": "2.5",
            "frequencies": ["monthly"],
            "provider": "bank_transfer",
        },
        silent={"provider"},
    ),
    Form(
        "countrypolicy",
        lambda paper: CountryPolicy.objects.get(),
        typed={"country": "BY", "languages": ["de"]},
        silent={"sends_mail"},
    ),
    Form("question", lambda paper: make_support.question()),
    Form(
        "spending",
        lambda paper: make_support.spending(currency="USD", total_minor=10_000),
        typed={"currency": "EUR"},
    ),
    Form(
        "article",
        lambda paper: paper.article,
        typed={
            "body": "<p>All of it is new.</p>",
            "bylines": lambda: [str(make.contributor(name="A new name").pk)],
            "bylines-role": ["author"],
            "canonical_url": "https://elsewhere.example/original",
            "embargoed_until": "2001-02-03T04:05",
            "genre": "opinion",
            "language": "de",
            "lead_image": lambda: str(picture().pk),
            "publish_at": "2001-02-03T04:05",
            "related": lambda: [str(make.published_article().pk)],
            "section": lambda: str(make.section().pk),
            "slug": "another-address",
            "topics": lambda: [str(make.topic().pk)],
            "unpublish_at": "2099-02-03T04:05",
            "updated_at": "2024-05-06T07:08",
        },
        silent={
            "bylines-role",
            "ednote",
            "is_sensitive",
            # Without effect on what is out.
            "embargoed_until",
            "publish_at",
            "unpublish_at",
            "override_reason",
        },
        by_job={"related"},
        button="_publish",
    ),
]
# Not of the row: what the form remembers for itself, and what must add up with it.
OF_THE_FORM = (
    "_",
    "amounts-",
    "base_revision",
    "csrf",
    "opened_",
    "rules-",
    "sequence-",
    "shares-",
    "total",
)
APPS = {
    "asking": "support",
    "campaign": "support",
    "countrypolicy": "support",
    "paymentmethod": "support",
    "question": "support",
    "spending": "support",
    "newsletter": "newsletters",
    "page": "publication",
    "publication": "publication",
}


@pytest.fixture(autouse=True)
def _an_account(settings):
    """With a way to pay that is set up, the support page has its form."""
    settings.BANK_HOLDER = "The Meridian Foundation"
    settings.BANK_IBAN = "LV80BANK0000435195001"


@pytest.fixture
def editor(sign_in):
    return sign_in(make.superuser())


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.model)
def test_a_change_in_the_admin_ends_every_page_that_it_changes(editor, form):
    paper = make_newspaper()
    row = form.row(paper)
    pk = 1 if form.model == "publication" else row.pk
    opened = read_form(editor, form, pk)
    names = [name for name in opened if not name.startswith(OF_THE_FORM)]
    assert names
    # A changed address leaves its page empty, so it comes last.
    names.sort(key="slug".__eq__)

    unannounced, without_effect = [], []
    before = None
    for name in names:
        changed_fields = typed_into(editor, form, pk, name)
        # What is typed may be a row that was made for it, and shows.
        if before is None or callable(form.typed.get(name)):
            before = public_pages(paper)
        with listening() as heard:
            submit(editor, form, pk, changed_fields)
            if name in form.by_job:
                run_jobs()
        after = public_pages(paper, before)
        if is_box(opened[name]):
            submit(editor, form, pk, typed_into(editor, form, pk, name))
        changed = {path for path in before if after[path][0] != before[path][0]}
        unannounced += [
            f"{name}: {path} shows {sorted(before[path][1])}, ended {sorted(heard)}"
            for path in changed
            if not has_ended(before[path][1], heard)
        ]
        if not changed and name not in form.silent:
            without_effect.append(name)
        before = None if is_box(opened[name]) else after

    assert unannounced == []
    # Else the fields would not have been tried, or the page forgot to show them.
    assert without_effect == []


def test_moving_a_section_ends_every_page_that_it_changes(editor):
    paper = make_newspaper()
    order = reverse("admin:articles_section_move", args=[paper.section.pk, "down"])

    moved(editor, paper, order)


def test_moving_a_fixed_page_ends_every_page_that_it_changes(editor):
    paper = make_newspaper()
    Page.objects.create(title="Terms", slug="terms", is_published=True, position=1)
    order = reverse("admin:publication_page_move", args=[paper.page.pk, "down"])

    moved(editor, paper, order)


def test_a_new_section_ends_every_page_that_it_changes(editor):
    paper = make_newspaper()
    before = public_pages(paper)

    with listening() as heard:
        editor.post(
            reverse("admin:articles_section_add"),
            {"name": "Weather", "slug": "weather", "in_navigation": "on"},
        )

    assert Section.objects.filter(slug="weather").exists()
    assert_announced(before, public_pages(paper, before), heard)


def test_withdrawing_a_picture_ends_every_page_that_it_changes(editor):
    paper = make_newspaper()
    before = public_pages(paper)

    with listening() as heard:
        editor.post(
            reverse("admin:articles_image_withdraw", args=[paper.image.pk]),
            {"reason": "Not what it seemed"},
        )
        run_jobs()

    paper.image.refresh_from_db()
    assert paper.image.is_withdrawn
    assert_announced(before, public_pages(paper, before), heard)


def test_withdrawing_an_article_ends_every_page_that_it_changes(editor):
    paper = make_newspaper()
    before = public_pages(paper)

    with listening() as heard:
        editor.post(
            reverse("admin:articles_article_withdraw", args=[paper.article.pk]),
            {"notice": "It was wrong.", "withdrawal_notice": "It was wrong."},
        )

    paper.article.refresh_from_db()
    assert not paper.article.is_public
    assert_announced(before, public_pages(paper, before), heard)


def moved(editor: Client, paper: Newspaper, order: str) -> None:
    before = public_pages(paper)

    with listening() as heard:
        editor.post(order)

    assert_announced(before, public_pages(paper, before), heard)


def assert_announced(before: Any, after: Any, heard: set[str]) -> None:
    changed = [path for path in before if after[path][0] != before[path][0]]
    assert changed
    assert [path for path in changed if not has_ended(before[path][1], heard)] == []


def has_ended(shown: Names, ended: set[str]) -> bool:
    return page_store.EVERYTHING in ended or bool(shown & ended)


def public_pages(
    paper: Newspaper, known: Any = None
) -> dict[str, tuple[tuple[int, bytes], Names]]:
    """What each address answers, and what its page was declared to show.

    ``known`` are the addresses of an earlier look, should they have moved.
    """
    paths = known or [
        *paper.addresses.values(),
        *[article.get_absolute_url() for article in paper.articles[1:4]],
    ]
    client = Client()
    found = {}
    for path in paths:
        response = client.get(path)
        found[path] = (
            (response.status_code, response.content),
            page_store.shown_by(response.wsgi_request),
        )
        if known is None:
            assert response.status_code == 200, path
    return found


@contextmanager
def listening() -> Iterator[set[str]]:
    """The names that were announced meanwhile, as another process hears them."""
    parameters = connection.get_connection_params()
    wanted = ("dbname", "user", "password", "host", "port")
    names: set[str] = set()
    with psycopg.connect(
        **{key: parameters[key] for key in wanted if parameters.get(key)},
        autocommit=True,
    ) as listener:
        listener.execute(f"LISTEN {page_store.CHANNEL}")
        yield names
        # What was announced before this mark comes before it.
        listener.execute("SELECT pg_notify(%s, %s)", [page_store.CHANNEL, END])
        for notice in listener.notifies(timeout=10):
            if notice.payload == END:
                return
            names.add(notice.payload)
        pytest.fail("The database did not announce anything.")


def read_form(editor: Client, form: Form, pk: int) -> dict[str, list[str]]:
    """What a browser would send back, unchanged."""
    response = editor.get(form_url(form, pk))
    assert response.status_code == 200
    reader = FormReader(f"{form.model}_form")
    reader.feed(response.content.decode())
    return reader.fields


def typed_into(editor: Client, form: Form, pk: int, name: str) -> dict[str, list[str]]:
    """The form as it is now, with one field changed."""
    fields = read_form(editor, form, pk)
    return fields | {name: changed_value(form, name, fields[name])}


def submit(editor: Client, form: Form, pk: int, fields: dict[str, list[str]]) -> None:
    response = editor.post(form_url(form, pk), fields | {form.button: "1"})
    errors = ""
    if response.context and "adminform" in response.context:
        errors = response.context["adminform"].form.errors.as_text()
    assert response.status_code == 302, errors


def changed_value(form: Form, name: str, values: list[str]) -> list[str]:
    if name in form.typed:
        typed = form.typed[name]
        typed = typed() if callable(typed) else typed
        return typed if isinstance(typed, list) else [typed]
    if is_box(values):
        return [] if values else ["on"]
    if name == "slug":
        return [f"{values[0]}-moved"]
    return [f"{values[0]} changed".strip()]


def is_box(values: list[str]) -> bool:
    """Whether these are the values of a box to tick."""
    return values in ([], ["on"])


def form_url(form: Form, pk: int) -> str:
    app = APPS.get(form.model, "articles")
    return reverse(f"admin:{app}_{form.model}_change", args=[pk])


class FormReader(HTMLParser):
    """Collects the named fields of one form, as a browser submits them."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.fields: dict[str, list[str]] = {}
        self.is_inside = False
        self.templates = 0
        self.select = ""
        self.textarea = ""

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in pairs}
        if tag == "form":
            self.is_inside = attributes.get("id") == self.form_id
        if tag == "template":
            self.templates += 1
        if not self.is_inside or self.templates or "disabled" in attributes:
            return
        name = attributes.get("name", "")
        if tag == "input" and name:
            self._input(name, attributes)
        elif tag == "select" and name:
            self.select = name
            self.fields.setdefault(name, [])
        elif tag == "option" and self.select and "selected" in attributes:
            self.fields[self.select].append(attributes.get("value", ""))
        elif tag == "textarea" and name:
            self.textarea = name
            self.fields.setdefault(name, [""])

    def _input(self, name: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("type", "text")
        if kind in ("submit", "button", "image", "file"):
            return
        values = self.fields.setdefault(name, [])
        if kind not in ("checkbox", "radio") or "checked" in attributes:
            is_box = kind in ("checkbox", "radio")
            values.append(attributes.get("value", "on" if is_box else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        elif tag == "template":
            self.templates -= 1
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.textarea = ""

    def handle_data(self, data: str) -> None:
        if self.textarea and self.is_inside and not self.templates:
            self.fields[self.textarea][0] += data.removeprefix("\n")
