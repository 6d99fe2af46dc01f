from datetime import timedelta

import pytest
from django.utils import timezone

from articles import pages, publishing, related
from newsroom.publication import furniture
from tests import make
from tests.newspaper import picture

pytestmark = pytest.mark.django_db


def front_page(at=None):
    return pages.front_page(furniture.load(), at)


def stories_on(page):
    lead = [page["lead"]] if page["lead"] else []
    blocks = [story for block in page["blocks"] for story in block.stories]
    voices = [voice.story for voice in page["voices"]]
    return [*lead, *page["seconds"], *page["river"], *voices, *blocks]


def hours_ago(hours):
    return timezone.now() - timedelta(hours=hours)


def publish(count, *, first=1, **values):
    return [
        make.published_article(publish_at=hours_ago(first + number), **values)
        for number in range(count)
    ]


def test_an_empty_newspaper_has_an_empty_front_page():
    page = front_page()

    assert page["lead"] is None
    assert stories_on(page) == []


def test_a_single_story_leads():
    article = make.published_article()

    page = front_page()

    assert page["lead"].pk == article.pk
    assert stories_on(page) == [page["lead"]]


@pytest.mark.parametrize("count", [1, 3, 30])
def test_a_story_shows_once_on_the_front_page(count):
    section = make.section()
    other = make.section()
    publish(count - count // 3, section=section, lead_image=picture())
    publish(count // 3, section=other, genre="opinion")

    shown = [story.pk for story in stories_on(front_page())]

    assert len(shown) == len(set(shown))
    assert shown


def test_thirty_stories_fill_every_part_of_the_front_page():
    for section in (make.section(), make.section()):
        publish(13, section=section, lead_image=picture())
        publish(2, section=section, genre="opinion")

    page = front_page()

    assert len(page["seconds"]) == 3
    assert len(page["river"]) == 10
    assert len(page["voices"]) == 4
    assert [len(block.stories) for block in page["blocks"]] == [4, 3]
    assert page["blocks"][0].rhythm != page["blocks"][1].rhythm


def test_the_newest_story_with_a_picture_leads():
    make.published_article(publish_at=hours_ago(1))
    pictured = make.published_article(publish_at=hours_ago(2), lead_image=picture())
    make.published_article(publish_at=hours_ago(3), lead_image=picture())

    assert front_page()["lead"].pk == pictured.pk


def test_an_opinion_leads_only_where_there_is_nothing_else():
    news = make.published_article(publish_at=hours_ago(2))
    make.published_article(
        publish_at=hours_ago(1), genre="opinion", lead_image=picture()
    )

    assert front_page()["lead"].pk == news.pk


def test_a_withdrawn_picture_does_not_make_a_lead():
    withdrawn = picture(withdrawn_at=timezone.now())
    article = make.published_article(publish_at=hours_ago(2), lead_image=picture())
    other = make.published_article(publish_at=hours_ago(1))
    type(other).objects.filter(pk=other.pk).update(lead_image=withdrawn)

    assert front_page()["lead"].pk == article.pk


def test_tomorrows_front_page_can_be_asked_for_today():
    scheduled = make.scheduled_article()

    today = front_page()
    tomorrow = front_page(timezone.now() + timedelta(days=2))

    assert today["lead"] is None
    assert tomorrow["lead"].pk == scheduled.pk


def test_a_voice_has_the_portrait_of_its_author():
    author = make.contributor(portrait=picture())
    publish(2, genre="opinion", authors=[author])

    voices = front_page()["voices"]

    assert [voice.portrait.pk for voice in voices] == [author.portrait_id] * 2


def test_a_pen_name_has_no_portrait_on_the_front_page():
    author = make.contributor(portrait=picture(), is_pen_name=True)
    publish(2, genre="opinion", authors=[author])

    assert [voice.portrait for voice in front_page()["voices"]] == [None, None]


def test_the_front_page_names_all_that_it_shows():
    image = picture()
    author = make.contributor()
    article = make.published_article(lead_image=image, authors=[author])

    assert front_page()["shows"] >= {
        "front",
        f"article:{article.pk}",
        f"image:{image.pk}",
        f"licence:{image.licence_id}",
        f"contributor:{author.pk}",
        f"section:{article.section_id}",
    }


def test_an_article_names_all_that_it_shows():
    lead, inside = picture(), picture()
    topic, author = make.topic(), make.contributor()
    other = make.published_article(lead_image=picture())
    article = make.published_article(
        body=f'<figure data-image="{inside.pk}" data-width="wide"></figure><p>x</p>',
        lead_image=lead,
        topics=[topic],
        authors=[author],
        related=[other],
    )
    related.compute(article.pk)

    page = pages.article_page(article)

    assert page["shows"] >= {
        f"article:{article.pk}",
        f"article:{other.pk}",
        f"image:{lead.pk}",
        f"image:{inside.pk}",
        f"image:{other.lead_image_id}",
        f"licence:{lead.licence_id}",
        f"topic:{topic.pk}",
        f"contributor:{author.pk}",
        f"section:{article.section_id}",
    }


def test_a_picture_whose_files_are_not_made_yet_is_named_too():
    image = make.image()
    article = make.published_article(lead_image=image)

    assert f"image:{image.pk}" in pages.article_page(article)["shows"]


def test_only_public_articles_stand_under_read_more():
    shown = make.published_article()
    hidden = make.published_article()
    article = make.published_article(related=[shown, hidden])
    related.compute(article.pk)
    publishing.withdraw(hidden, by=None)

    page = pages.article_page(article)

    assert [story.pk for story in page["read_more"]] == [shown.pk]


def test_an_article_that_was_public_is_gone_and_a_draft_is_not():
    withdrawn = make.published_article()
    publishing.withdraw(withdrawn, by=None)
    withdrawn.refresh_from_db()

    assert pages.is_gone(withdrawn)
    assert not pages.is_gone(make.draft())
    assert not pages.is_gone(make.scheduled_article())
    assert not pages.is_gone(make.published_article())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"standfirst": "In\nshort."}, "In short."),
        ({"body": "<p>First <em>words</em>.</p>"}, "First words."),
    ],
)
def test_an_article_is_described_by_its_standfirst_or_its_first_words(values, expected):
    article = make.draft(**values)

    assert pages.description(article) == expected
