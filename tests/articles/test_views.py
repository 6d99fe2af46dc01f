import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import brotli
import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from articles import publishing, related
from articles.models import Article
from newsroom.core import page_store
from newsroom.core.static import BundledStaticFilesStorage
from newsroom.publication.models import Publication
from tests import make
from tests.newspaper import PAGE_TYPES, make_newspaper, picture
from tests.newsroom.core.test_static import collect

pytestmark = pytest.mark.django_db

LISTS = ["section", "topic", "contributor"]
OK_TYPES = [kind for kind in PAGE_TYPES if not kind.isdigit()]


def hours_ago(hours):
    return timezone.now() - timedelta(hours=hours)


def body_of(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


@pytest.mark.parametrize("kind", OK_TYPES)
def test_a_public_page_is_the_same_for_every_reader(client, sign_in, kind):
    path = make_newspaper().addresses[kind]
    stranger = client.get(path)

    member = sign_in(make.superuser()).get(path)

    assert member.content == stranger.content
    assert "Cookie" not in stranger.headers.get("Vary", "")
    assert not stranger.cookies
    assert "furniture" in page_store.shown_by(stranger.wsgi_request)


@pytest.mark.parametrize("kind", OK_TYPES)
def test_a_public_page_carries_no_style_or_script_of_its_own(client, kind):
    page = body_of(client, make_newspaper().addresses[kind])

    assert " style=" not in page
    assert "javascript:" not in page
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == page.count("<script")
    assert all('src="/static/js/' in tag and not body for tag, body in scripts)
    assert page.count('rel="stylesheet"') == page.count('rel="stylesheet" href="/stat')


@pytest.mark.parametrize("kind", OK_TYPES)
def test_a_public_page_loads_nothing_from_elsewhere(client, kind):
    page = body_of(client, make_newspaper().addresses[kind])

    for attribute in ("src", "srcset", "imagesrcset"):
        assert f'{attribute}="http' not in page
        assert f'{attribute}="//' not in page
    assert "<iframe" not in page


@pytest.mark.parametrize("kind", OK_TYPES)
def test_unknown_parameters_change_nothing(client, kind):
    path = make_newspaper().addresses[kind]

    assert client.get(path, {"utm_source": "x"}).content == client.get(path).content


@pytest.mark.parametrize(
    "make_article", [make.draft, make.scheduled_article], ids=["draft", "scheduled"]
)
def test_what_is_not_public_is_nowhere(client, make_article):
    section, topic, author = make.section(), make.topic(), make.contributor()
    shown = {"section": section, "topics": [topic], "authors": [author]}
    article = make_article(headline="Canary", **shown)
    make.published_article(related=[article], **shown)

    paths = [
        "/",
        "/corrections/",
        *(row.get_absolute_url() for row in shown_rows(shown)),
    ]

    assert [path for path in paths if "Canary" in body_of(client, path)] == []
    assert client.get(article.get_permanent_url()).status_code == 404
    assert client.get(article.get_absolute_url()).status_code == 404


def shown_rows(shown):
    return [shown["section"], shown["topics"][0], shown["authors"][0]]


def test_an_article_shows_everything_that_belongs_to_it(client):
    paper = make_newspaper()
    article = paper.article

    page = body_of(client, article.get_absolute_url())

    for words in [
        paper.section.name,
        article.kicker,
        article.headline,
        article.standfirst,
        article.lead_caption,
        "Tamar Beridze / The Meridian",
        paper.contributor.name,
        paper.contributor.job_title,
        article.dateline_place,
        article.editors_note,
        "An earlier version gave the wrong year",
        paper.topic.name,
        "I signed something for a cousin.",
        "Grain through the port",
        "Watch on YouTube",
        "Listen on SoundCloud",
        "See it on unknown.example",
        "Read more",
        "Riga time",
        f'data-copy="{settings.SITE_URL}{article.get_permanent_url()}"',
        "mailto:?subject=" + quote(article.headline),
    ]:
        assert words in page, words


def test_the_page_speaks_the_articles_language(client):
    article = make.published_article(language="ar")

    page = body_of(client, article.get_absolute_url())

    assert '<html lang="ar" dir="rtl">' in page
    assert '<header class="masthead" lang="en" dir="ltr">' in page


def test_a_player_loads_only_after_a_click(client):
    article = make.published_article(
        body='<figure data-embed="https://youtu.be/Mq4tB7rLx2E"></figure><p>x</p>'
    )

    page = body_of(client, article.get_absolute_url())

    assert "<iframe" not in page
    assert 'href="https://www.youtube.com/watch?v=Mq4tB7rLx2E"' in page
    assert 'data-player="https://www.youtube-nocookie.com/embed/Mq4tB7rLx2E' in page


def test_a_picture_without_files_is_left_out_and_a_withdrawn_one_keeps_its_place(
    client,
):
    unfinished, withdrawn = make.image(), picture()
    article = make.published_article(
        body=f'<figure data-image="{unfinished.pk}"></figure>'
        f'<figure data-image="{withdrawn.pk}"></figure><p>x</p>'
    )
    type(withdrawn).objects.filter(pk=withdrawn.pk).update(withdrawn_at=timezone.now())

    page = body_of(client, article.get_absolute_url())

    assert "<picture>" not in page
    assert unfinished.credit_line not in page
    assert withdrawn.credit_line not in page
    assert page.count("This picture has been withdrawn.") == 1


def test_a_pictures_own_caption_is_text_and_never_markup(client):
    image = picture(description="<script>alert(1)</script>")
    article = make.published_article(
        body=f'<figure data-image="{image.pk}"></figure><p>x</p>', lead_image=image
    )

    page = body_of(client, article.get_absolute_url())

    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") == 2


def test_the_first_picture_is_announced_in_the_head(client):
    image = picture()
    avif = {"avif": [[320, 213, "aa/b.avif"]], **image.sizes["full"]}
    type(image).objects.filter(pk=image.pk).update(sizes={"full": avif})
    article = make.published_article(lead_image=image)

    page = body_of(client, article.get_absolute_url())

    assert '<link rel="preload" as="image" imagesrcset="/media/aa/b.avif 320w"' in page
    assert page.count('fetchpriority="high"') == 2
    assert 'loading="lazy"' not in page


def test_a_syndicated_copy_names_its_source_and_its_original(client):
    article = make.published_article(
        source="The Other Paper", canonical_url="https://other.example/story"
    )

    page = body_of(client, article.get_absolute_url())

    assert '<link rel="canonical" href="https://other.example/story">' in page
    assert '<a href="https://other.example/story">The Other Paper</a>' in page


def test_an_article_may_be_indexed_and_a_lost_page_may_not(client):
    article = make.published_article()

    assert "noindex" not in body_of(client, article.get_absolute_url())
    assert "noindex" in body_of(client, "/nowhere/", 404)


def test_words_instead_of_a_byline_hide_the_names(client):
    author = make.contributor()
    article = make.published_article(
        authors=[author], byline_override="Our correspondent"
    )

    page = body_of(client, article.get_absolute_url())

    assert "Our correspondent" in page
    assert author.name not in page
    assert article.headline not in body_of(client, author.get_absolute_url())


def test_the_page_of_a_pen_name_says_nothing_else(client):
    author = make.contributor(
        name="The Northern Desk",
        is_pen_name=True,
        biography="Born in Tver.",
        place="Tbilisi",
        job_title="Reporter",
        portrait=picture(credit_line="A friend"),
    )

    page = body_of(client, author.get_absolute_url())

    assert "This is a pen name." in page
    for hidden in ("Born in Tver.", "Tbilisi", "Reporter", "A friend", "<picture>"):
        assert hidden not in page


def test_a_withdrawn_article_answers_gone_with_its_notice(client):
    article = make.published_article(headline="What we got wrong")
    publishing.withdraw(article, by=None, notice="The document was forged.")

    response = client.get(article.get_absolute_url())

    assert response.status_code == 410
    assert response["Cache-Control"] == "no-store"
    page = response.content.decode()
    assert "The document was forged." in page
    assert "noindex" in page
    assert "What we got wrong" not in page


def test_an_article_whose_time_is_over_is_gone(client):
    article = make.published_article(publish_at=hours_ago(5))
    Article.objects.filter(pk=article.pk).update(unpublish_at=hours_ago(1))

    assert client.get(article.get_absolute_url()).status_code == 410


def test_the_permanent_address_leads_to_the_present_one(client):
    article = make.published_article()

    response = client.get(article.get_permanent_url())

    assert response.status_code == 302
    assert response.headers["Location"] == article.get_absolute_url()


def test_the_permanent_address_of_a_withdrawn_article_leads_to_its_notice(client):
    article = make.published_article()
    publishing.withdraw(article, by=None)

    response = client.get(article.get_permanent_url(), follow=True)

    assert response.status_code == 410


@pytest.mark.parametrize(
    "path", ["/2026/13/01/x/", "/2026/02/30/x/", "/0000/01/01/x/", "/26/1/1/x/"]
)
def test_a_day_that_does_not_exist_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_addresses_are_written_with_the_day():
    path = reverse(
        "articles:detail", args=[datetime(2026, 1, 9, tzinfo=UTC).date(), "x"]
    )

    assert path == "/2026/01/09/x/"


def test_pages_only_answer_questions(client):
    assert client.post("/").status_code == 405


def test_the_corrections_name_a_public_article_and_hide_a_withdrawn_one(client):
    public = make.published_article(headline="Still there")
    withdrawn = make.published_article(headline="No longer there")
    for article in (public, withdrawn):
        publishing.correct(article, by=None, kind="correction", text="It was 33.")
    publishing.withdraw(withdrawn, by=None)

    page = body_of(client, "/corrections/")

    assert page.count("It was 33.") == 2
    assert "Still there" in page
    assert "No longer there" not in page
    assert "An article that has been withdrawn" in page


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_is_read_to_its_end_and_back(client, kind):
    rows = {
        "section": make.section(),
        "topic": make.topic(),
        "contributor": make.contributor(),
    }
    for number in range(45):
        make.published_article(
            headline=f"Story no {number:02}.",
            publish_at=hours_ago(100) if 15 < number < 25 else hours_ago(100 + number),
            section=rows["section"],
            topics=[rows["topic"]],
            authors=[rows["contributor"]],
        )
    path = rows[kind].get_absolute_url()

    first = client.get(path).context["page"]
    second = client.get(path + first.older).context["page"]
    third = client.get(path + second.older).context["page"]
    back = client.get(path + third.newer).context["page"]
    top = client.get(path + back.newer).context["page"]

    shown = [story.pk for page in (first, second, third) for story in page.stories]
    assert len(shown) == len(set(shown)) == 45
    assert first.is_first
    assert third.older == ""
    assert back.stories == second.stories
    assert top == first


@pytest.mark.parametrize(
    "cursor", ["x", "%00", "MTIz", "LTEuLTE", "9" * 100, "OTk5OTk5OTk5OTk5OTk5OTk5OS4x"]
)
def test_a_broken_cursor_gives_the_first_page(client, cursor):
    article = make.published_article()
    path = article.section.get_absolute_url()

    for name in ("before", "after"):
        assert client.get(f"{path}?{name}={cursor}").context["page"].is_first


def test_what_is_published_meanwhile_shows_nothing_twice(client):
    section = make.section()
    for number in range(22):
        make.published_article(section=section, publish_at=hours_ago(10 + number))
    first = client.get(section.get_absolute_url()).context["page"]

    make.published_article(section=section)
    second = client.get(section.get_absolute_url() + first.older).context["page"]

    seen = {story.pk for story in first.stories}
    assert [story for story in second.stories if story.pk in seen] == []
    assert len(second.stories) == 2


@pytest.mark.parametrize("count", [1, 60])
@pytest.mark.parametrize(
    ("kind", "queries"), [("front", 6), ("article", 6), ("section", 4)]
)
def test_a_page_needs_the_same_queries_for_one_article_as_for_many(
    client, django_assert_num_queries, kind, queries, count
):
    section = make.section()
    for number in range(count):
        article = make.published_article(
            section=section,
            publish_at=hours_ago(1 + number),
            authors=[make.contributor(portrait=picture())],
            lead_image=(image := picture()),
            body=f'<figure data-image="{image.pk}"></figure><p>x</p>',
            topics=[make.topic()],
        )
    if kind == "front":
        for _ in range(2):
            author = make.contributor(portrait=picture())
            make.published_article(genre="opinion", authors=[author], section=section)
    related.compute(article.pk)
    paths = {
        "front": "/",
        "article": article.get_absolute_url(),
        "section": section.get_absolute_url(),
    }
    client.get(paths[kind])

    with django_assert_num_queries(queries):
        client.get(paths[kind])


def test_an_article_with_stylesheet_and_script_is_light(client, tmp_path):
    storage = BundledStaticFilesStorage(location=tmp_path)
    collect(storage)
    page = client.get(make_newspaper().article.get_absolute_url()).content

    files = [
        Path(storage.path(storage.stored_name(name))).read_bytes()
        for name in ("css/site.css", "js/page.js")
    ]

    compressed = [brotli.compress(part, quality=5) for part in (page, *files)]
    assert sum(map(len, compressed)) < 40_000


def test_dates_follow_the_newsrooms_clock(client):
    Publication.objects.update(time_zone="Asia/Tbilisi")
    article = make.published_article(
        publish_at=datetime(2025, 12, 31, 22, 30, tzinfo=UTC)
    )

    page = body_of(client, article.get_absolute_url())

    assert article.get_absolute_url().startswith("/2026/01/01/")
    assert "1 January 2026, 02:30" in page
    assert "Tbilisi time" in page
