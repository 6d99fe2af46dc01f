"""The second choices of a message: another currency, and a newsletter instead."""

import re

import pytest

from newsroom.core import page_store
from newsroom.newsletters import offers
from newsroom.newsletters.models import ConsentText, Subscription
from newsroom.publication.models import Page
from newsroom.support.appeals import asking, end_form
from newsroom.support.appeals.asks import Cause, Placement
from newsroom.support.models import AmountChoice
from tests import make, make_support
from tests.newsroom.newsletters.readers import work
from tests.newsroom.support import appeals

pytestmark = pytest.mark.django_db

CAUSE = Cause(pk=0)
PROVIDERS = ("bank_transfer",)


def built(cause=CAUSE):
    return end_form.build(appeals.state(), cause, PROVIDERS)


def page_of(client, **article):
    response = client.get(make.published_article(**article).get_absolute_url())
    return response, response.content.decode()


def letter_form(page):
    """The form of a message, apart from the box that stands below articles."""
    return page.partition('<form class="later__form" action="/newsletters/')[
        2
    ].partition("</form>")[0]


# --- Currencies ------------------------------------------------------------------


def test_one_currency_leaves_nothing_to_choose():
    make_support.amounts("USD")
    appeals.method()

    form = built()

    assert form.currencies == []
    assert [group.place for group in form.groups] == [0, 0, 0]
    assert form.groups[0].legend == "Amount, once"


def test_each_currency_that_can_be_paid_is_offered_the_usual_one_first():
    for currency in ("EUR", "JPY", "USD"):
        make_support.amounts(currency)
    appeals.method()
    appeals.settle(default_currency="JPY")

    form = built()

    assert form.currencies == ["JPY", "EUR", "USD"]
    assert [(group.currency, group.frequency) for group in form.groups[:4]] == [
        ("JPY", "once"),
        ("JPY", "monthly"),
        ("JPY", "annual"),
        ("EUR", "once"),
    ]
    assert form.groups[3].legend == "Amount in EUR, once"
    assert form.groups[0].choices[0].written == "¥1,000"


def test_a_currency_without_a_way_to_pay_is_left_out():
    make_support.amounts("USD")
    make_support.amounts("EUR")
    appeals.method(currencies=["USD"])

    assert built().currencies == []


def test_a_currency_must_offer_every_frequency_that_can_be_chosen():
    make_support.amounts("USD")
    make_support.amounts("EUR")
    appeals.method("Card", frequencies=["once", "monthly"], currencies=["EUR"])
    appeals.method("Transfer", currencies=["USD"])

    assert built().currencies == []


def test_a_campaigns_own_amounts_stand_in_its_currency_only():
    make_support.amounts("USD")
    make_support.amounts("EUR")
    appeals.method()
    own = appeals.campaign()
    own.amounts.create(frequency="monthly", currency="EUR", amount_minor=700)

    groups = {
        (one.frequency, one.currency): [choice.minor for choice in one.choices]
        for one in built(Cause(pk=own.pk)).groups
    }

    assert groups["monthly", "EUR"] == [700]
    assert groups["monthly", "USD"] == [200, 500, 1000]
    assert groups["once", "EUR"] == [1000, 2500, 5000]


def test_a_way_to_pay_says_for_which_currencies_it_is():
    make_support.amounts("USD")
    make_support.amounts("EUR")
    appeals.method("Card")
    appeals.method("Direct debit", currencies=["EUR"])

    assert [(way.name, way.places) for way in built().ways] == [
        ("Card", ""),
        ("Direct debit", "2"),
    ]


def test_without_scripts_every_choice_arrives_at_the_support_page(client, settings):
    settings.BANK_HOLDER, settings.BANK_IBAN = "The Meridian", "LV80BANK0000435195001"
    make_support.amounts("USD")
    make_support.amounts("EUR")
    make_support.method(provider="bank_transfer", code="transfer")
    appeals.prompt()
    _response, page = page_of(client)
    forms = re.findall(r'<form action="/support/" data-for.*?</form>', page, re.DOTALL)
    assert len(forms) == 6
    annual_euros = next(
        form for form in forms if 'value="annual"' in form and 'value="EUR"' in form
    )
    assert 'data-in="2"' in annual_euros
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', annual_euros))
    amount = re.findall(r'name="amount" value="(\d+)"', annual_euros)[2]

    chosen = client.get("/support/", fields | {"amount": amount}).content.decode()

    assert 'name="frequency" value="annual" checked' in chosen
    assert re.search(r'name="currency" value="EUR"[^>]* checked', chosen)
    assert f'name="amount_annual_EUR" value="{amount}" checked' in chosen


def test_the_least_amount_in_words_stays_in_the_usual_currency():
    make_support.amounts("USD")
    AmountChoice.objects.create(frequency="monthly", currency="JPY", amount_minor=1)

    assert asking.least(appeals.state().amounts()) == (200, "USD")


# --- A newsletter in place of a gift ---------------------------------------------


@pytest.mark.parametrize(
    "placement", [Placement.END, Placement.INSIDE, Placement.BANNER]
)
def test_a_message_offers_its_newsletter_by_a_form(client, placement):
    Page.objects.create(
        title="Privacy", slug="privacy", body="<p>x</p>", is_published=True
    )
    ConsentText.objects.update(text="I agree to the [Privacy Policy].")
    letter = make.newsletter(name="The Friday Letter")
    prompt = appeals.prompt(placement, newsletter=letter, after_paragraph=1)

    response, page = page_of(client, body="<p>a</p><p>b</p><p>c</p>")

    form = letter_form(page)
    assert "Or get The Friday Letter by mail" in page
    assert f'name="newsletter" value="{letter.pk}"' in form
    assert f'for="letter-{prompt.pk}"' in form
    assert 'I agree to the <a href="/page/privacy/">Privacy Policy</a>.' in form
    assert 'name="your_site"' in form
    assert offers.SHOWN in page_store.shown_by(response.wsgi_request)


def test_who_signs_up_there_gets_the_answer_of_every_other_sign_up(client):
    letter = make.newsletter()
    appeals.prompt(newsletter=letter)
    _response, page = page_of(client)
    fields = dict(
        re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', letter_form(page))
    )

    answer = client.post(
        "/newsletters/sign-up/",
        fields | {"email": "reader@example.org", "consent": "on"},
    )

    assert answer.status_code == 302
    assert answer.url == "/newsletters/check-your-mail/"
    work()
    subscription = Subscription.objects.get()
    assert subscription.newsletter == letter
    assert subscription.state == Subscription.State.PENDING


def test_a_newsletter_that_is_closed_is_not_offered(client):
    appeals.prompt(newsletter=make.newsletter(is_open=False))

    response, page = page_of(client)

    assert letter_form(page) == ""
    # It shows again as soon as the newsletter is opened.
    assert offers.SHOWN in page_store.shown_by(response.wsgi_request)


def test_a_message_without_a_newsletter_has_no_such_form(client):
    make.newsletter()
    appeals.prompt()

    _response, page = page_of(client)

    assert letter_form(page) == ""


# --- Looked at by staff ----------------------------------------------------------


@pytest.mark.parametrize(
    "placement", [Placement.STRIP, Placement.BANNER, Placement.INSIDE, Placement.END]
)
def test_a_preview_shows_how_a_message_is_sent_away(placement):
    prompt = appeals.prompt(placement)

    looks = asking.render_variant(prompt.variants.get())

    button = re.search(r'<button[^>]* data-calm="0"[^>]*>', looks)
    assert button
    assert " hidden" not in button[0]
    assert "data-calms hidden" not in looks
