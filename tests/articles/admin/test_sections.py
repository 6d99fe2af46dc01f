import pytest
from django.urls import reverse

from articles import publishing
from articles.models import Correction, Licence, Section, Topic
from newsroom.publication.models import Redirect
from tests import make

pytestmark = pytest.mark.django_db


def fields(**changes):
    return {
        "name": "World",
        "slug": "world",
        "description": "",
        "in_navigation": "on",
    } | changes


def change_url(row):
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def test_a_changed_address_leaves_a_redirect(sign_in):
    section = make.section(name="World", slug="world")
    client = sign_in(make.publisher())

    client.post(change_url(section), fields(slug="abroad"))

    old = client.get("/section/world/")
    assert old.status_code == 301
    assert old["Location"] == "/section/abroad/"
    assert client.get("/section/abroad/").status_code == 200


def test_an_address_that_is_taken_again_loses_its_redirect(sign_in):
    Redirect.objects.create(old_path="/section/world/", new_path="/section/abroad/")

    sign_in(make.publisher()).post(reverse("admin:articles_section_add"), fields())

    assert not Redirect.objects.exists()


def test_an_empty_address_is_made_of_the_name(sign_in):
    url = reverse("admin:articles_section_add")

    sign_in(make.publisher()).post(url, fields(name="Политика", slug=""))

    assert Section.objects.get().slug == "politika"


def test_an_address_that_is_in_use_is_refused_and_nothing_typed_is_lost(sign_in):
    make.section(slug="world")
    url = reverse("admin:articles_section_add")

    response = sign_in(make.publisher()).post(
        url, fields(name="Elsewhere", description="What happens abroad.")
    )

    assert response.status_code == 200
    assert "already exists" in response.text
    assert "What happens abroad." in response.text


def test_a_new_section_stands_last(sign_in):
    make.section(position=4)

    sign_in(make.publisher()).post(reverse("admin:articles_section_add"), fields())

    assert Section.objects.get(name="World").position == 5


@pytest.mark.parametrize(
    ("moved", "way", "expected"),
    [
        ("B", "up", "BAC"),
        ("B", "down", "ACB"),
        ("A", "up", "ABC"),
        ("C", "down", "ABC"),
    ],
)
def test_sections_are_moved_by_buttons(sign_in, moved, way, expected):
    # All stand at 0, as rows of an import may.
    rows = {name: make.section(name=name, position=0) for name in "ABC"}
    url = reverse("admin:articles_section_move", args=[rows[moved].pk, way])

    response = sign_in(make.publisher()).post(url)

    order = "".join(Section.objects.order_by("position").values_list("name", flat=True))
    assert order == expected
    assert response["Location"].endswith(f"#move-{rows[moved].pk}-{way}")


def test_the_order_is_changed_by_no_get_and_by_no_writer(sign_in):
    first, second = make.section(position=0), make.section(position=1)
    url = reverse("admin:articles_section_move", args=[second.pk, "up"])

    assert sign_in(make.publisher()).get(url).status_code == 405
    sign_in(make.writer()).post(url)

    assert list(Section.objects.order_by("position")) == [first, second]


def test_the_buttons_are_named_after_what_they_move(sign_in):
    section = make.section(name="World")

    page = sign_in(make.publisher()).get(reverse("admin:articles_section_changelist"))

    assert 'aria-label="Move “World” up"' in page.text
    assert f'id="move-{section.pk}-down"' in page.text


def test_a_section_with_articles_stays(sign_in):
    section = make.section(name="World")
    make.draft(section=section)
    url = reverse("admin:articles_section_delete", args=[section.pk])

    response = sign_in(make.superuser()).post(url, {"post": "yes"}, follow=True)

    assert "1 article stands in “World”." in response.text
    assert Section.objects.filter(pk=section.pk).exists()


def test_a_section_that_only_a_newer_draft_names_stays(sign_in):
    section = make.section(name="World")
    article = make.published_article()
    make.save(article, section={"id": section.pk, "name": "World"})
    url = reverse("admin:articles_section_delete", args=[section.pk])

    response = sign_in(make.superuser()).post(url, {"post": "yes"}, follow=True)

    assert "1 article stands in “World”." in response.text


def test_an_empty_section_can_go(sign_in):
    section = make.section(name="World")
    url = reverse("admin:articles_section_delete", args=[section.pk])

    response = sign_in(make.superuser()).post(url, {"post": "yes"}, follow=True)

    assert "“World” is deleted." in response.text
    assert not Section.objects.exists()


def test_a_topic_keeps_its_articles_when_its_address_changes(sign_in):
    topic = make.topic(name="Harbour", slug="harbour")
    article = make.published_article(topics=[topic])
    client = sign_in(make.publisher())

    client.post(change_url(topic), {"name": "Port", "slug": "port", "description": ""})

    assert client.get("/topic/harbour/")["Location"] == "/topic/port/"
    assert [use.tag.name for use in article.topic_uses.all()] == ["Port"]


def test_topics_are_found_by_their_name(sign_in):
    make.topic(name="Harbour")
    make.topic(name="Energy")
    url = reverse("admin:articles_topic_changelist")

    page = sign_in(make.writer()).get(url, {"q": "harb"}).text

    assert "Harbour" in page
    assert "Energy" not in page


def test_an_earlier_version_can_be_read_and_brought_back(sign_in):
    section = make.section(name="World", slug="world")
    client = sign_in(make.publisher())
    client.post(change_url(section), fields(name="Abroad", slug="abroad"))
    history = reverse("admin:articles_section_history", args=[section.pk])
    first = section.history.earliest()

    page = client.get(history).text
    client.post(
        reverse("admin:articles_section_simple_history", args=[section.pk, first.pk]),
        fields(name="World", slug="world"),
    )

    assert "<del>World</del> <ins>Abroad</ins>" in page
    section.refresh_from_db()
    assert section.slug == "world"
    assert client.get("/section/abroad/")["Location"] == "/section/world/"


def test_topics_cannot_be_deleted_by_publishers(sign_in):
    topic = make.topic()
    url = reverse("admin:articles_topic_delete", args=[topic.pk])

    response = sign_in(make.publisher()).post(url, {"post": "yes"})

    assert response.status_code == 403
    assert Topic.objects.exists()


def test_a_licence_in_use_stays(sign_in):
    licence = Licence.objects.get(code="agency")
    make.image(licence=licence)
    url = reverse("admin:articles_licence_delete", args=[licence.pk])

    response = sign_in(make.superuser()).post(url, {"post": "yes"}, follow=True)

    assert "1 picture has the licence “Agency contract”." in response.text


def test_the_code_of_a_licence_is_made_of_its_name(sign_in):
    url = reverse("admin:articles_licence_add")

    sign_in(make.user("Picture desk")).post(
        url, {"name": "CC BY-NC 4.0", "code": "", "url": ""}
    )

    assert Licence.objects.filter(code="cc-by-nc-40").exists()


def test_a_public_article_is_corrected_for_its_readers(sign_in):
    article = make.published_article()
    client = sign_in(make.publisher())

    client.post(
        reverse("admin:articles_correction_add"),
        {"article": article.pk, "kind": "correction", "text": "It was forty-nine."},
    )

    assert "It was forty-nine." in client.get(article.get_absolute_url()).text
    assert article.state_changes.filter(action="correct").count() == 1


def test_a_draft_needs_no_correction_and_the_words_stay(sign_in):
    article = make.draft()

    response = sign_in(make.publisher()).post(
        reverse("admin:articles_correction_add"),
        {"article": article.pk, "kind": "correction", "text": "It was forty-nine."},
    )

    assert "there is nothing to correct" in response.text
    assert "It was forty-nine." in response.text
    assert not Correction.objects.exists()


def test_the_words_of_a_correction_can_be_changed_and_nothing_else(sign_in):
    article = make.published_article()
    other = make.published_article()
    correction = publishing.correct(article, by=None, kind="correction", text="Befour.")

    sign_in(make.publisher()).post(
        change_url(correction),
        {"article": other.pk, "kind": "clarification", "text": "Before."},
    )

    correction.refresh_from_db()
    assert correction.text == "Before."
    assert correction.article == article


def test_writers_add_no_corrections(sign_in):
    response = sign_in(make.writer()).get(reverse("admin:articles_correction_add"))

    assert response.status_code == 403


def test_what_readers_were_told_is_not_deleted(sign_in):
    correction = publishing.correct(
        make.published_article(), by=None, kind="correction", text="It was forty-nine."
    )
    url = reverse("admin:articles_correction_delete", args=[correction.pk])

    response = sign_in(make.superuser()).post(url, {"post": "yes"})

    assert response.status_code == 403
