"""What asking costs each reader of an article: bytes on the wire."""

from pathlib import Path

import brotli
import pytest
from django.conf import settings

from newsroom.core.compression import BROTLI_QUALITY
from newsroom.support.appeals.asks import Placement
from newsroom.support.models import Campaign, PromptVariant
from tests import make, make_support
from tests.newsroom.support import appeals

pytestmark = pytest.mark.django_db

MOST = 6000
PLACES = {
    Placement.STRIP: 'class="strip"',
    Placement.BANNER: 'class="standing"',
    Placement.INSIDE: "appeal--inside",
    Placement.END: 'class="appeal"',
}
WORDS = {
    Placement.STRIP: ("<p>Reporting from exile, paid for by readers.</p>",),
    Placement.BANNER: (
        "<p>So far {supporters} readers have put something into our winter of "
        "documents. The box is not full yet.</p>",
    ),
    Placement.INSIDE: (
        "<p>You have opened {read} of our articles this month. If they are of use to "
        "you, help us to write the next ones, from {least}.</p>",
    ),
}
LETTER = (
    "<p>Dear reader,</p><p>A prosecutor has put the foundation that publishes this "
    "paper on a list. Since that day our reporters can be tried for doing their work, "
    "and anyone at home who helps them can be tried for helping.</p><p>We have not "
    "stopped. We check every document twice, meet sources in a third country, and pay "
    "for both out of gifts that are mostly smaller than a lunch.</p><p>It starts from "
    "just {least} a month; {supporters} readers have given {raised} of {goal}.</p>"
)
OTHER_LETTER = (
    "<p>Dear reader,</p><p>Three weeks of one reporter, two trips across a border, "
    "one lawyer, one night in which nobody was sure that the source had got home. Then "
    "an editor asked for another document, and it began again.</p><p>You have opened "
    "{read} articles without paying, and that is how it should be.</p>"
)


@pytest.fixture
def article(settings):
    """One that every placement of a rich campaign asks on, in four currencies."""
    settings.BANK_HOLDER, settings.BANK_IBAN = "The Meridian", "LV80BANK0000435195001"
    for currency in ("USD", "EUR", "GBP", "JPY"):
        make_support.amounts(currency)
    for name in ("Card", "SEPA direct debit", "Bank transfer"):
        appeals.method(name)
    appeals.settle(counts_reading=True, compares_variants=True)
    campaign = appeals.campaign(
        shows_goal=True, goal_minor=2_500_00, goal_currency="USD",
        raised_minor=1_234_00, supporters=311, purpose="A winter of documents",
    )  # fmt: skip
    for place in PLACES:
        prompt = appeals.prompt(
            place,
            campaign=campaign,
            wordings=WORDS.get(place, (LETTER, OTHER_LETTER)),
            rule={"least_width": 200, "days_since_closed": 14},
            newsletter=None if place == Placement.STRIP else make.newsletter(),
            after_paragraph=3,
            most_times=4,
        )
        PromptVariant.objects.filter(prompt=prompt).update(
            heading="They want silence. We want documents.", button="Continue"
        )
    paragraphs = [
        f"<p>The quay was leased on a Sunday, for {number} years and at a price that "
        "appears in no register that we could find.</p>"
        for number in range(30)
    ]
    return make.published_article(body="".join(paragraphs))


def on_the_wire(content: bytes) -> int:
    return len(brotli.compress(content, quality=BROTLI_QUALITY))


def test_an_article_grows_by_six_kilobytes_at_most(client, article):
    asks = client.get(article.get_absolute_url()).content
    for place, mark in PLACES.items():
        assert mark in asks.decode(), place
    assert asks.count(b'data-for="monthly"') == 4

    Campaign.objects.update(is_active=False)
    silent = client.get(article.get_absolute_url()).content
    assert b"data-ask" not in silent

    assert on_the_wire(asks) - on_the_wire(silent) <= MOST


def test_its_script_fits_in_with_the_rest(client, article):
    script = (Path(settings.STATICFILES_DIRS[0]) / "js" / "pace.js").read_bytes()
    asks = client.get(article.get_absolute_url()).content
    Campaign.objects.update(is_active=False)
    appeals.settle(counts_reading=False, compares_variants=False)
    silent = client.get(article.get_absolute_url()).content
    grown = on_the_wire(asks) - on_the_wire(silent)

    assert b"js/pace" in asks
    assert b"js/pace" not in silent
    # Files are compressed once, when they are collected, as far as it goes.
    assert grown + len(brotli.compress(script)) <= MOST
