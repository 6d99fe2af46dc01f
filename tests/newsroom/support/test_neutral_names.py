"""Nothing that readers load has a name that lists of blockers bite on."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from newsroom.support.appeals.asks import Placement
from tests import make
from tests.newsroom.support import appeals

pytestmark = pytest.mark.django_db

# Words of the rules that hide elements and stop requests in the lists in common use.
BITTEN = (
    "ad", "ads", "advert", "advertisement", "analytics", "banner", "beacon",
    "campaign", "collect", "consent", "cookie", "count", "counter", "donate",
    "donation", "fundraiser", "fundraising", "gdpr", "interstitial", "metrics",
    "modal", "overlay", "paywall", "piwik", "pixel", "popup", "promo", "promotion",
    "sponsor", "sponsored", "stat", "stats", "sticky", "survey", "telemetry",
    "track", "tracker", "tracking", "utm",
)  # fmt: skip
NAMES = re.compile(r'\s(?:class|id|name|data-[\w-]+(?==)|href|src|action)="([^"]*)"')
ATTRIBUTES = re.compile(r"\s(data-[\w-]+)")
WORDS = re.compile(r"[a-z]+|[A-Z][a-z]*")
SELECTORS = re.compile(r"[.#]([A-Za-z_][\w-]*)")


def bitten(names):
    return {
        name
        for name in names
        if any(word.lower() in BITTEN for word in WORDS.findall(name))
    }


@pytest.fixture
def page(client):
    appeals.amounts()
    for placement in Placement.values:
        appeals.prompt(placement, most_times=3, after_paragraph=1)
    appeals.settle(counts_reading=True, compares_variants=True)
    article = make.published_article(body="<p>a</p>" * 4)
    return client.get(article.get_absolute_url()).content.decode()


def test_no_class_address_or_attribute_is_bitten(page):
    for what in ('class="strip"', 'class="standing"', "appeal--inside", 'class="give"'):
        assert what in page
    values = [part for value in NAMES.findall(page) for part in value.split()]
    # The attributes with our settings hold words for readers, not names.
    values = [value for value in values if not value.startswith(("{", "[", "&"))]
    headline = "headline-"

    found = bitten(
        value for value in {*values, *ATTRIBUTES.findall(page)} if headline not in value
    )

    # The newsletter's own box, which is older, asks for consent by this name.
    assert found - {"consent"} == set()


def test_no_file_or_rule_of_ours_is_bitten():
    static = Path(settings.STATICFILES_DIRS[0])
    names = {"appeal.css", "pace.js", "/n/"}
    for name in names - {"/n/"}:
        assert [file.name for file in static.rglob(name)] == [name]
    selectors = SELECTORS.findall((static / "css" / "appeal.css").read_text())
    script = (static / "js" / "pace.js").read_text()
    selectors += re.findall(r"data-[\w-]+|\.[a-z]+__[a-z]+", script)

    assert bitten(names) == set()
    assert len(selectors) > 30
    assert bitten(selectors) == set()


def test_the_test_bites():
    assert bitten(["top-banner", "adSlot", "js/track.js"]) == {
        "top-banner",
        "adSlot",
        "js/track.js",
    }
    assert bitten(["head", "masthead", "shadow", "read", "appeal__grid"]) == set()
