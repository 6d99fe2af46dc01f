"""What asks on which page, as the server decides it."""

from datetime import timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone

from newsroom.core import page_store
from newsroom.publication import furniture
from newsroom.support import countries
from newsroom.support.appeals import asking, asks
from newsroom.support.appeals.asks import Page, Placement
from newsroom.support.models import CountryPolicy, PromptVariant
from tests import make
from tests.newsroom.support import appeals

pytestmark = pytest.mark.django_db

HERE = Page(language="en", article=1, section=3, topics=frozenset({7}), genre="news")


def shown(placement=Placement.END, page=HERE):
    return [ask.pk for ask in appeals.state().on(page, placement)]


def test_a_running_campaign_asks():
    prompt = appeals.prompt()

    assert shown() == [prompt.pk]


@pytest.mark.parametrize(
    "campaign",
    [
        {"is_active": False},
        {"begins_at": timezone.now() + timedelta(hours=1)},
        {"ends_at": timezone.now() - timedelta(hours=1)},
    ],
)
def test_a_campaign_asks_in_its_time_only(campaign):
    appeals.prompt(campaign=appeals.campaign(**campaign))

    assert shown() == []


def test_messages_that_are_off_or_have_no_words_do_not_show():
    appeals.prompt(is_active=False)
    appeals.prompt(wordings=("<p>Never</p>",), weights=(0,))
    appeals.prompt(wordings=())

    assert shown() == []


def test_the_more_important_campaign_comes_first():
    appeals.prompt(campaign=appeals.campaign(priority=1))
    important = appeals.prompt(campaign=appeals.campaign(priority=20))

    assert shown() == [important.pk]


def test_what_only_some_readers_see_leaves_room_for_what_all_see():
    everybody = appeals.prompt(campaign=appeals.campaign(priority=1))
    some = appeals.prompt(
        campaign=appeals.campaign(priority=20), rule={"least_width": 600}
    )

    assert shown() == [some.pk, everybody.pk]


def test_few_messages_compete_for_one_place():
    for _ in range(5):
        appeals.prompt(most_times=3)

    assert len(shown()) == asks.MOST_IN_ONE_PLACE


def test_one_switch_silences_all():
    for placement in Placement.values:
        appeals.prompt(placement)
    appeals.settle(is_silent=True)

    assert [shown(placement) for placement in Placement.values] == [[]] * 5


def test_nothing_asks_under_a_sensitive_story():
    for placement in Placement.values:
        appeals.prompt(placement)
    page = Page(language="en", article=1, is_sensitive=True)

    assert [shown(placement, page) for placement in Placement.values] == [[]] * 5


def test_nothing_asks_in_a_language_where_that_is_dangerous():
    appeals.prompt()
    CountryPolicy.objects.create(country="RU", name="Russia", languages=["ru", "be"])
    CountryPolicy.objects.create(
        country="DE", name="Germany", languages=["de"], never_ask=False
    )

    for language in ("en", "ru", "be", "de"):
        asks_here = bool(shown(page=Page(language=language, article=1)))
        assert asks_here == countries.asks_in(language), language


def test_sections_are_chosen_and_left_out():
    here, there = make.section(), make.section()
    page = Page(language="en", section=here.pk)

    def shows(**rule):
        prompt = appeals.prompt(rule=rule)
        found = shown(page=page)
        prompt.delete()
        return bool(found)

    assert shows(sections=[here, there])
    assert not shows(sections=[there])
    assert not shows(not_sections=[here])
    assert shows(not_sections=[there])


def test_topics_are_chosen_and_left_out():
    here, there = make.topic(), make.topic()
    page = Page(language="en", topics=frozenset({here.pk}))

    def shows(**rule):
        prompt = appeals.prompt(rule=rule)
        found = shown(page=page)
        prompt.delete()
        return bool(found)

    assert shows(topics=[here])
    assert not shows(topics=[there])
    assert not shows(not_topics=[here, there])
    assert shows(not_topics=[there])


def test_single_articles_are_chosen_and_left_out():
    here, there = make.published_article(), make.published_article()
    page = Page(language="en", article=here.pk)

    def shows(**rule):
        prompt = appeals.prompt(rule=rule)
        found = shown(page=page)
        prompt.delete()
        return bool(found)

    assert shows(articles=[here])
    assert not shows(articles=[there])
    assert not shows(not_articles=[here])
    assert shows(not_articles=[there])


@pytest.mark.parametrize(
    ("rule", "is_shown"),
    [
        ({"genres": ["news"]}, True),
        ({"genres": ["opinion"]}, False),
        ({"not_genres": ["news"]}, False),
        ({"languages": ["en", "de"]}, True),
        ({"languages": ["de"]}, False),
        ({"not_languages": ["en"]}, False),
        ({"not_languages": ["de"], "genres": ["news"]}, True),
    ],
)
def test_genres_and_languages_are_chosen_and_left_out(rule, is_shown):
    appeals.prompt(rule=rule)

    assert bool(shown()) == is_shown


def test_who_reads_how_much_counts_only_while_it_is_counted():
    appeals.prompt(rule={"least_read": 5})

    assert shown() == []
    appeals.settle(counts_reading=True)
    assert len(shown()) == 1


def test_the_first_wording_shows_unless_variants_are_compared():
    prompt = appeals.prompt(wordings=("<p>One</p>", "<p>Two</p>", "<p>Three</p>"))

    def wordings():
        state = appeals.state()
        [ask] = state.on(HERE, Placement.END)
        return [one.message for one in state.wordings(ask)]

    assert wordings() == ["<p>One</p>"]
    appeals.settle(compares_variants=True)
    assert wordings() == ["<p>One</p>", "<p>Two</p>", "<p>Three</p>"]
    PromptVariant.objects.filter(prompt=prompt, name="B").update(weight=0)
    assert wordings() == ["<p>One</p>", "<p>Three</p>"]


def test_a_campaigns_own_amounts_stand_instead_of_the_general_ones():
    appeals.amounts()
    own = appeals.campaign()
    own.amounts.create(frequency="monthly", currency="USD", amount_minor=700)
    appeals.prompt(campaign=own)

    state = appeals.state()
    [ask] = state.on(HERE, Placement.END)

    offered = {one.frequency: one.choices for one in state.amounts(ask.cause)}
    assert offered == {
        "once": (1000, 2500, 5000),
        "monthly": (700,),
        "annual": (2500, 6000, 12000),
    }


def test_nothing_offered_gives_a_message_without_a_form(client):
    appeals.prompt(wordings=("<p>Please help.</p>",))

    page = client.get(make.published_article().get_absolute_url()).content.decode()

    assert "Please help." in page
    assert 'name="amount"' not in page
    assert 'href="/support/?v=' in page


# --- On the page ---------------------------------------------------------------


@pytest.fixture
def article(settings):
    settings.BANK_HOLDER, settings.BANK_IBAN = "The Meridian", "LV80BANK0000435195001"
    appeals.amounts()
    appeals.method("Bank transfer")
    appeals.method("Unheard of", provider="sandbox")
    appeals.prompt(Placement.STRIP, wordings=("<p>Paid for by readers.</p>",))
    appeals.prompt(Placement.END)
    return make.published_article()


def page_of(client, article):
    return client.get(article.get_absolute_url()).content.decode()


def test_strip_and_message_stand_on_the_page_without_scripts(client, article):
    page = page_of(client, article)

    strip = page.partition('<aside class="strip"')[2].partition("</aside>")[0]
    assert "Paid for by readers." in strip
    assert " hidden>" not in strip.partition(">")[0] + ">"
    assert "From just $2 you keep" in page
    assert '<form action="/support/" data-for="monthly"' in page
    assert "<li>Bank transfer</li>" in page
    assert "Unheard of" not in page  # its provider takes no money here
    assert "Remind me later" in page


def test_the_page_says_that_it_asks(client, article):
    for path in (article.get_absolute_url(), "/", "/newsletters/"):
        request = client.get(path).wsgi_request
        assert asks.SHOWN in page_store.shown_by(request), path


def test_a_sensitive_story_carries_nothing_that_asks(client, article):
    sensitive = make.published_article(is_sensitive=True)

    page = page_of(client, sensitive)

    assert "data-ask" not in page
    assert "pace.js" not in page


def test_the_script_comes_only_where_something_asks(client, article):
    assert "pace.js" in page_of(client, article)

    appeals.settle(is_silent=True)

    assert "pace.js" not in page_of(client, article)


@pytest.mark.parametrize("path", ["/nowhere/", "/newsletters/check-your-mail/"])
def test_pages_of_another_purpose_do_not_ask(client, article, path):
    page = client.get(path).content.decode()

    assert "data-ask" not in page
    assert "pace.js" not in page


def test_a_bar_and_a_message_in_the_text_wait_for_the_device(client):
    appeals.prompt(Placement.BANNER)
    appeals.prompt(Placement.INSIDE, after_paragraph=2)
    article = make.published_article(body="<p>One</p><p>Two</p><p>Three</p>")

    page = page_of(client, article)

    inside = page.partition("<p>Two</p>")[2].partition("<p>Three</p>")[0]
    assert 'class="appeal appeal--inside"' in inside
    for classes in ("appeal appeal--inside", "standing"):
        opening = page.partition(f'<aside class="{classes}"')[2].partition(">")[0]
        assert opening.endswith(" hidden"), classes


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        ("<p>1</p><p>2</p>", 1, "<p>1</p>"),
        ("<p>1</p><p>2</p>", 2, None),
        ("<p>1</p>", 1, None),
        ("<ul><li><p>x</p></li></ul><p>1</p><p>2</p>", 1,
         "<ul><li><p>x</p></li></ul><p>1</p>"),
        ('<blockquote class="pull"><p>x</p></blockquote><p>1</p><h2>h</h2><p>2</p>', 1,
         '<blockquote class="pull"><p>x</p></blockquote><p>1</p>'),
        ("", 1, None),
    ],
)  # fmt: skip
def test_a_message_stands_between_two_paragraphs(text, number, expected):
    place = asking.after_paragraph(text, number)

    assert (text[:place] if place is not None else None) == expected


def test_only_what_the_device_decides_holds_up_the_first_paint(client):
    article = make.published_article()
    appeals.prompt(Placement.STRIP)
    assert 'blocking="render"' not in page_of(client, article)

    appeals.prompt(
        Placement.STRIP, most_times=3, campaign=appeals.campaign(priority=99)
    )
    assert 'blocking="render"' in page_of(client, article)


def test_readers_are_told_what_is_kept(client, article):
    assert "A number and a date" not in page_of(client, article)

    appeals.settle(counts_reading=True)

    assert "<p>A number and a date, on your device.</p>" in page_of(client, article)


def test_the_goal_is_shown_as_far_as_it_is_reached(client):
    appeals.prompt(
        campaign=appeals.campaign(
            shows_goal=True, goal_minor=2_000_000, goal_currency="EUR",
            raised_minor=1_234_500, supporters=311,
        ),
        wordings=("<p>{supporters} of you gave {raised} of {goal}.</p>",),
    )  # fmt: skip

    page = page_of(client, make.published_article())

    assert '<progress max="100" value="61"' in page
    assert "€12,345 of €20,000 so far" in page
    assert "311 of you gave €12,345 of €20,000." in page


def test_asking_costs_an_article_one_query(client, article, django_assert_num_queries):
    other = make.published_article(is_sensitive=True)
    for found in (article, other):
        client.get(found.get_absolute_url())

    with django_assert_num_queries(5):  # furniture, article, read more, box, asking
        client.get(article.get_absolute_url())


def test_a_story_in_another_language_keeps_our_words_in_ours(client, article):
    story = make.published_article(language="ar")

    page = page_of(client, story)

    assert '<section class="appeal" aria-label="A message from' in page
    opening = page.partition('<section class="appeal"')[2].partition(">")[0]
    assert 'lang="en" dir="ltr"' in opening


def test_the_support_page_has_a_message_of_its_own(article):
    appeals.prompt(Placement.PAGE, wordings=("<p>Why we ask.</p>",))
    tags = Template(
        "{% load support_tags %}{% support_begin %}{% support_strip %}"
        "{% support_opening %}"
    )

    def rendered(path):
        return tags.render(
            Context(
                {
                    "also_shows": set(),
                    "page_language": "en",
                    "page_url": f"http://127.0.0.1:8000{path}",
                    "publication": furniture.load(),
                }
            )
        )

    assert "Why we ask." in rendered("/support/")
    assert "Paid for by readers." not in rendered("/support/")
    assert "Why we ask." not in rendered("/archive/")
    # What lies below it is somebody's own business.
    assert rendered("/support/mine/").strip() == ""


@pytest.mark.parametrize("placement", Placement.values)
def test_each_place_can_be_looked_at_before_it_runs(placement):
    appeals.amounts()
    prompt = appeals.prompt(placement, campaign=appeals.campaign(is_active=False))
    article = make.published_article(body="<p>a</p>" * 6)

    html = asking.render_variant(prompt.variants.get(), article=article)

    assert "you keep" in html
    assert " hidden>" not in html.partition("data-ask")[2].partition(">")[0] + ">"
