"""Campaigns and messages in the admin: what editors type, and what comes of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsroom.core import page_store
from newsroom.support.appeals import campaigns
from newsroom.support.models import (
    AmountChoice,
    Asking,
    Campaign,
    FreeAmount,
    PaymentMethod,
    Prompt,
    PromptVariant,
    TargetingRule,
)
from tests import make
from tests.newsroom.support import appeals, people
from tests.newsroom.support.staff import staff

pytestmark = pytest.mark.django_db

CAMPAIGNS = "/admin/support/campaign/"
PROMPTS = "/admin/support/prompt/"


@pytest.fixture
def ended(monkeypatch):
    """The names of public pages that ended."""
    names = set()
    monkeypatch.setattr(page_store, "ended", lambda *some: names.update(some))
    return names


def typed(**values):
    """A campaign's form as it is sent, with the rows of its amounts."""
    return {
        "name": "Winter",
        "purpose": "",
        "priority": "10",
        "goal": "",
        "goal_currency": "",
        "statement_descriptor": "",
        "thanks": "",
        "begins_at": "",
        "ends_at": "",
    } | values


def message(campaign, **values):
    """A message's form: one variant, and targeting that asks for nothing."""
    return {
        "campaign": str(campaign.pk),
        "placement": "end",
        "after_paragraph": "4",
        "most_times": "0",
        "within_days": "30",
        "is_active": "on",
        "variants-TOTAL_FORMS": "1",
        "variants-INITIAL_FORMS": "0",
        "variants-0-name": "A",
        "variants-0-weight": "1",
        "variants-0-message": "<p>From {least} you keep {publication} going.</p>",
        "targeting-TOTAL_FORMS": "1",
        "targeting-INITIAL_FORMS": "0",
    } | values


def amounts(campaign=None):
    return {
        f"{row.currency} {row.frequency} {row.amount_minor}{'*' * row.is_default}"
        for row in AmountChoice.objects.filter(campaign=campaign)
    }


# --- Campaigns ------------------------------------------------------------------------


def test_the_list_says_what_runs_is_planned_and_has_ended(sign_in):
    now = timezone.now()
    appeals.campaign(name="On")
    appeals.campaign(name="Ahead", begins_at=now + timedelta(days=2))
    appeals.campaign(name="Past", ends_at=now - timedelta(days=2))
    appeals.campaign(name="Off", is_active=False)

    page = sign_in(staff()).get(CAMPAIGNS)

    rows = {
        row.name: campaigns.state_of(row).code for row in page.context["cl"].queryset
    }
    assert rows == {"On": "running", "Ahead": "planned", "Past": "ended", "Off": "off"}
    for words in (b"Running", b"Planned", b"Ended", b"Asking is on"):
        assert words in page.content


def test_a_goal_is_typed_as_money_and_kept_in_minor_units(sign_in, ended):
    answer = sign_in(staff()).post(
        f"{CAMPAIGNS}add/", typed(goal="5000,50", goal_currency="EUR", shows_goal="on")
    )

    assert answer.status_code == 302
    made = Campaign.objects.get()
    assert (made.goal_minor, made.goal_currency) == (500_050, "EUR")
    assert ended == {"asking"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"goal": "many", "goal_currency": "EUR"}, "Write an amount in figures"),
        ({"goal": "5.5", "goal_currency": "JPY"}, "JPY has no cents"),
        ({"goal": "500"}, "Give the goal a currency"),
        ({"shows_goal": "on"}, "Write the goal that is to be shown"),
        ({"statement_descriptor": "ab"}, "5 to 22 Latin letters"),
        ({"statement_descriptor": "Газета дня"}, "5 to 22 Latin letters"),
        ({"statement_descriptor": "Paper <b>"}, "These characters are not allowed"),
        ({"statement_descriptor": "1234567"}, "one letter at least"),
        (
            {"begins_at": "2026-12-02T08:00", "ends_at": "2026-12-01T08:00"},
            "It ends before it begins",
        ),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_typed_is_lost(sign_in, values, words):
    sent = typed(purpose="A sentence", **values) | {
        "amounts-USD-monthly-0": "2.50",
        "amounts-USD-monthly-first": "0",
    }

    answer = sign_in(staff()).post(f"{CAMPAIGNS}add/", sent)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert words in page
    assert 'value="A sentence"' in page
    assert 'value="2.50"' in page
    assert not Campaign.objects.exists()


def test_dates_are_those_of_the_newsrooms_clock(sign_in):
    from newsroom.publication.models import Publication

    Publication.objects.update(time_zone="Europe/Riga")

    sign_in(staff()).post(f"{CAMPAIGNS}add/", typed(begins_at="2026-12-01T08:00"))

    assert Campaign.objects.get().begins_at.isoformat() == "2026-12-01T06:00:00+00:00"


def test_amounts_are_typed_in_whole_units_with_one_chosen_at_first(sign_in):
    made = appeals.campaign()

    answer = sign_in(staff()).post(
        f"{CAMPAIGNS}{made.pk}/change/",
        typed(
            **{
                "amounts-USD-monthly-0": "2.50",
                "amounts-USD-monthly-1": "5",
                "amounts-USD-monthly-first": "1",
                "amounts-USD-annual-0": "25",
                "amounts-new-currency": "JPY",
                "amounts-new-once-0": "500",
            }
        ),
    )

    assert answer.status_code == 302
    assert amounts(made) == {
        "USD monthly 250",
        "USD monthly 500*",
        "USD annual 2500*",
        "JPY once 500*",
    }


def test_amounts_change_places_and_go_without_meeting_a_constraint(sign_in):
    made = appeals.campaign()
    campaigns.offer(made, "USD", "once", [500, 1000], first=500)

    sign_in(staff()).post(
        f"{CAMPAIGNS}{made.pk}/change/",
        typed(
            **{
                "amounts-USD-once-0": "10",
                "amounts-USD-once-1": "",
                "amounts-USD-once-2": "20",
                "amounts-USD-once-first": "0",
            }
        ),
    )

    assert amounts(made) == {"USD once 1000*", "USD once 2000"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"amounts-USD-once-0": "0"}, "Write an amount above 0"),
        (
            {"amounts-USD-once-0": "5", "amounts-USD-once-1": "5.00"},
            "$5 stands here twice",
        ),
        ({"amounts-USD-once-0": "1.234"}, "USD has 2 digits after the point"),
        ({"amounts-new-once-0": "5"}, "Choose the currency of these amounts"),
        (
            {"amounts-new-currency": "USD", "amounts-new-once-0": "5"},
            "This currency stands above",
        ),
    ],
)
def test_amounts_that_cannot_be_are_refused_where_they_stand(sign_in, row, words):
    made = appeals.campaign()

    answer = sign_in(staff()).post(f"{CAMPAIGNS}{made.pk}/change/", typed(**row))

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert amounts(made) == set()


def test_saving_a_campaign_again_leaves_its_amounts_alone(sign_in):
    made = appeals.campaign()
    campaigns.offer(made, "USD", "once", [500], first=500)
    kept = AmountChoice.objects.get(campaign=made)

    sign_in(staff()).post(
        f"{CAMPAIGNS}{made.pk}/change/",
        typed(**{"amounts-USD-once-0": "5", "amounts-USD-once-first": "0"}),
    )

    assert AmountChoice.objects.get(campaign=made).pk == kept.pk
    assert kept.history.count() == 1


def test_a_clone_has_everything_but_dates_and_what_came_in(sign_in):
    topic, section = make.topic(), make.section()
    prompt = appeals.prompt(
        wordings=("<p>One</p>", "<p>Two</p>"),
        rule={"topics": [topic], "not_sections": [section], "genres": ["news"]},
    )
    first = prompt.campaign
    Campaign.objects.filter(pk=first.pk).update(
        raised_minor=9, supporters=3, thanks="Thanks", begins_at=timezone.now()
    )
    campaigns.offer(first, "USD", "once", [500, 1000], first=1000)

    answer = sign_in(staff()).post(f"{CAMPAIGNS}{first.pk}/clone/")

    copy = Campaign.objects.exclude(pk=first.pk).get()
    assert answer.url == f"{CAMPAIGNS}{copy.pk}/change/"
    assert (copy.name, copy.thanks, copy.is_active) == (
        "Winter (copy)",
        "Thanks",
        False,
    )
    assert (copy.begins_at, copy.raised_minor, copy.supporters) == (None, 0, 0)
    assert amounts(copy) == amounts(first) == {"USD once 500", "USD once 1000*"}
    [cloned] = copy.prompts.all()
    assert [one.name for one in cloned.variants.order_by("pk")] == ["A", "B"]
    assert list(cloned.targeting.topics.all()) == [topic]
    assert list(cloned.targeting.not_sections.all()) == [section]
    assert cloned.targeting.genres == ["news"]
    assert first.prompts.get().targeting.topics.get() == topic


def test_a_campaign_without_a_message_cannot_be_switched_on(sign_in):
    made = appeals.campaign(is_active=False)

    answer = sign_in(staff()).post(f"{CAMPAIGNS}{made.pk}/activate/", follow=True)

    assert "It has no message that could be shown" in answer.content.decode()
    made.refresh_from_db()
    assert not made.is_active


def test_a_campaign_is_switched_on_scheduled_and_stopped(sign_in, ended):
    ahead = timezone.now() + timedelta(days=3)
    made = appeals.prompt(
        campaign=appeals.campaign(is_active=False, begins_at=ahead)
    ).campaign
    client = sign_in(staff())

    answer = client.post(f"{CAMPAIGNS}{made.pk}/activate/", follow=True)
    assert "The campaign is scheduled" in answer.content.decode()
    assert ended == {"asking"}

    client.post(f"{CAMPAIGNS}{made.pk}/stop/")
    made.refresh_from_db()
    assert not made.is_active


def test_one_press_and_a_question_silence_all_asking_and_end_the_silence(
    sign_in, ended
):
    client = sign_in(staff())
    asked = client.get(f"{CAMPAIGNS}silence/")
    assert "Silence all asking now" in asked.content.decode()
    assert not Asking.current().is_silent

    client.post(f"{CAMPAIGNS}silence/", {"is_silent": "yes"})
    assert Asking.current().is_silent
    assert ended == {"asking"}
    assert "All asking is silenced" in client.get(CAMPAIGNS).content.decode()

    client.post(f"{CAMPAIGNS}silence/", {"is_silent": "no"})
    assert not Asking.current().is_silent
    reasons = [row.is_silent for row in Asking.current().history.all()]
    assert reasons[:2] == [False, True]


def test_a_campaign_from_which_gifts_came_is_not_deleted(sign_in):
    made = appeals.campaign()
    people.gift(campaign=made)

    answer = sign_in(staff()).post(f"{CAMPAIGNS}{made.pk}/delete/", {"post": "yes"})

    assert answer.status_code == 302
    assert Campaign.objects.filter(pk=made.pk).exists()


def test_results_show_the_sentence_and_the_winner_is_taken(sign_in):
    prompt = appeals.prompt(wordings=("<p>One</p>", "<p>Two</p>"))
    first, second = prompt.variants.order_by("pk")
    client = sign_in(staff())
    url = f"{CAMPAIGNS}{prompt.campaign_id}/"

    page = client.get(f"{url}results/").content.decode()
    assert "No difference in how many give can be told yet" in page
    assert "Stop the test" in page
    client.get(f"{url}take/{second.pk}/")
    assert second.weight == PromptVariant.objects.get(pk=second.pk).weight == 1

    client.post(f"{url}take/{second.pk}/")

    assert PromptVariant.objects.get(pk=first.pk).weight == 0
    assert "Stop the test" not in client.get(f"{url}results/").content.decode()


def test_a_variant_of_another_campaign_is_not_taken(sign_in):
    mine, other = appeals.prompt(), appeals.prompt()

    answer = sign_in(staff()).post(
        f"{CAMPAIGNS}{mine.campaign_id}/take/{other.variants.get().pk}/"
    )

    assert answer.status_code == 404


# --- Messages -------------------------------------------------------------------------


def test_a_message_is_written_with_its_variants_and_its_targeting(sign_in, ended):
    made = appeals.campaign()
    section, topic = make.section(), make.topic()
    story = make.published_article()

    answer = sign_in(staff()).post(
        f"{PROMPTS}add/?campaign={made.pk}",
        message(
            made,
            **{
                "targeting-0-sections": [str(section.pk)],
                "targeting-0-not_topics": [str(topic.pk)],
                "targeting-0-not_articles": [str(story.pk)],
                "targeting-0-genres": ["news", "analysis"],
                "targeting-0-reader_languages": "RU, be",
                "targeting-0-least_read": "3",
            },
        ),
    )

    assert answer.url == f"{CAMPAIGNS}{made.pk}/change/#messages"
    rule = TargetingRule.objects.get()
    assert list(rule.sections.all()) == [section]
    assert list(rule.not_topics.all()) == [topic]
    assert list(rule.not_articles.all()) == [story]
    assert rule.genres == ["news", "analysis"]
    assert rule.reader_languages == ["ru", "be"]
    assert (rule.least_read, rule.most_read) == (3, None)
    assert PromptVariant.objects.get().message.startswith("<p>From {least}")
    assert "asking" in ended


def test_saving_a_message_again_changes_nothing_of_its_targeting(sign_in):
    topic = make.topic()
    prompt = appeals.prompt(rule={"topics": [topic], "languages": ["ru"]})
    variant, rule = prompt.variants.get(), prompt.targeting
    client = sign_in(staff())
    page = client.get(f"{PROMPTS}{prompt.pk}/change/")
    [*_variants, targeting] = page.context["inline_admin_formsets"]
    form = targeting.formset.forms[0]
    sent = {
        form.add_prefix(name): form[name].value()
        for name in form.fields
        if form[name].value() not in (None, [])
    }
    sent["targeting-0-topics"] = [str(topic.pk)]

    client.post(
        f"{PROMPTS}{prompt.pk}/change/",
        message(prompt.campaign)
        | sent
        | {
            "variants-INITIAL_FORMS": "1",
            "variants-0-id": str(variant.pk),
            "targeting-INITIAL_FORMS": "1",
            "targeting-0-id": str(rule.pk),
        },
    )

    rule.refresh_from_db()
    assert list(rule.topics.all()) == [topic]
    assert rule.languages == ["ru"]
    assert TargetingRule.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"variants-0-message": "<p>{adress}</p>"}, "{adress} is no placeholder"),
        ({"variants-0-heading": "Dear {you}"}, "{you} is no placeholder"),
        ({"targeting-0-reader_languages": "russian"}, "no code of a language"),
        (
            {"targeting-0-genres": ["news"], "targeting-0-not_genres": ["news"]},
            "This stands in “only” as well",
        ),
        (
            {"targeting-0-least_read": "9", "targeting-0-most_read": "3"},
            "Less than the least",
        ),
        ({"targeting-0-topics": ["999999"]}, "is gone"),
    ],
)
def test_a_message_that_cannot_be_comes_back_as_it_was_typed(sign_in, values, words):
    made = appeals.campaign()
    sent = message(made, **{"variants-0-button": "Keep it going"}) | values

    answer = sign_in(staff()).post(f"{PROMPTS}add/", sent)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert words in page
    assert 'value="Keep it going"' in page
    assert not Prompt.objects.exists()


def test_a_message_needs_a_variant(sign_in):
    made = appeals.campaign()
    sent = message(made, **{"variants-0-message": "", "variants-0-name": ""})

    answer = sign_in(staff()).post(f"{PROMPTS}add/", sent)

    assert answer.status_code == 200
    assert not Prompt.objects.exists()


def test_what_is_dangerous_in_a_message_is_cleaned_away(sign_in):
    made = appeals.campaign()
    dirty = '<p onclick="x()">Dear <script>alert(1)</script>readers</p>'

    sign_in(staff()).post(
        f"{PROMPTS}add/", message(made, **{"variants-0-message": dirty})
    )

    stored = PromptVariant.objects.get().message
    assert "script" not in stored
    assert "onclick" not in stored


@pytest.mark.parametrize("placement", Prompt.Placement.values)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_message_is_previewed_in_every_place(sign_in, placement, scheme):
    appeals.amounts()
    prompt = appeals.prompt(wordings=("<p>Keep {publication} going.</p>",))
    url = f"{PROMPTS}variant/{prompt.variants.get().pk}/frame/"

    answer = sign_in(staff()).get(f"{url}?placement={placement}&in={scheme}")

    page = answer.content.decode()
    assert f'data-theme="{scheme}"' in page
    assert "going" in page
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "css/site.css" in page
    assert prompt.placement == Prompt.objects.get().placement == "end"


def test_a_preview_fills_in_what_only_the_device_knows(sign_in):
    appeals.settle(counts_reading=True)
    prompt = appeals.prompt(wordings=("<p>You have read {read} stories.</p>",))

    answer = sign_in(staff()).get(f"{PROMPTS}variant/{prompt.variants.get().pk}/frame/")

    assert "You have read <b data-read>7</b> stories." in answer.content.decode()


# --- What giving rests on -------------------------------------------------------------


def test_a_free_amount_is_typed_in_whole_units(sign_in):
    client = sign_in(staff())
    FreeAmount.objects.all().delete()
    url = "/admin/support/freeamount/add/"
    sent = {"currency": "USD", "frequency": "once", "least": "2", "most": "5000"}

    refused = client.post(url, sent | {"most": "1"})
    client.post(url, sent)

    assert "The least amount is above the most" in refused.content.decode()
    made = FreeAmount.objects.get()
    assert (made.least_minor, made.most_minor) == (200, 500_000)


def test_fixed_fees_are_typed_as_currencies_with_amounts(sign_in):
    method = appeals.method()
    client = sign_in(staff())
    url = f"/admin/support/paymentmethod/{method.pk}/change/"
    sent = {
        "provider": method.provider,
        "code": "card",
        "name": "Card",
        "fee_percent": "2.9",
        "fee_fixed": "USD 0.30, JPY 40",
        "frequencies": ["once"],
    }

    refused = client.post(url, sent | {"fee_fixed": "XXX 1"})
    client.post(url, sent)

    assert "is no currency that we know" in refused.content.decode()
    stored = PaymentMethod.objects.get(pk=method.pk)
    assert stored.fee_fixed == {"USD": 30, "JPY": 40}
    assert stored.frequencies == ["once"]
    assert 'value="JPY 40, USD 0.30"' in client.get(url).content.decode()


def test_the_amounts_of_every_campaign_are_set_with_how_the_newsroom_asks(sign_in):
    AmountChoice.objects.all().delete()
    asking = Asking.current()
    sent = {
        "default_currency": "USD",
        "days_after_showing": "0",
        "days_after_closing": "14",
        "days_after_giving": "60",
        "neutral_sender": "Receipts",
        "neutral_subject": "Your receipt",
        "keeps_names_days": "1095",
        "amounts-USD-monthly-0": "2",
        "amounts-USD-monthly-1": "5",
        "amounts-USD-monthly-first": "1",
    }
    client = sign_in(staff())

    refused = client.post(
        "/admin/support/asking/1/change/", sent | {"counts_reading": "on"}
    )
    client.post("/admin/support/asking/1/change/", sent)

    assert "Write the privacy paragraph first" in refused.content.decode()
    assert amounts() == {"USD monthly 200", "USD monthly 500*"}
    assert Asking.current().days_after_giving == asking.days_after_giving == 60
