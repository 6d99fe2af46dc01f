"""The staff's pages of reader support: axe finds nothing, and the editor writes."""

import pytest

from newsroom.support.models import Prompt
from tests import make
from tests.browser.sessions import cookies_of
from tests.newsroom.support.staff import house, staff

PAGES = [
    "campaign/",
    "campaign/{campaign}/change/",
    "campaign/{campaign}/results/",
    "campaign/{campaign}/preview/",
    "campaign/silence/",
    "prompt/{prompt}/change/",
    "asking/1/change/",
    "contribution/",
    "contribution/{gift}/change/",
    "contribution/{gift}/refund/",
    "contribution/totals/?rate=2026-11-20|USD",
    "contribution/export/",
    "contribution/letters/",
    "recurringcontribution/{recurring}/change/",
    "giver/",
    "giver/{giver}/change/",
    "giver/{giver}/erase/",
    "giverlook/",
    "webhookevent/",
    "difference/",
    "bankline/",
    "bankline/take-in/",
    "bankline/{line}/change/",
    "reminder/",
    "paymentmethod/{method}/change/",
    "countrypolicy/{policy}/change/",
    "freeamount/add/",
    "exchangerate/add/",
]
# All of them in one site: to fill it takes longer than to look.
PARTS = [pytest.param(PAGES[part::4], id=f"part-{part + 1}") for part in range(4)]


@pytest.mark.parametrize("pages", PARTS)
def test_the_pages_of_reader_support_are_accessible(site, violations, pages):
    rows = house()
    numbers = {name: getattr(row, "pk", row) for name, row in vars(rows).items()}
    cookies = cookies_of(staff(), site)

    found = {
        path: violations(
            f"{site.url}/admin/support/{path.format(**numbers)}", cookies=cookies
        )
        for path in pages
    }

    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_an_editor_writes_a_message_with_two_variants_and_sees_it(site, page):
    rows = house()
    topic = make.topic(name="Harbour")
    page.context.add_cookies(cookies_of(staff(), site))
    page.goto(f"{site.url}/admin/support/campaign/{rows.campaign.pk}/change/")
    page.click("text=Add a message")
    page.select_option("[name=placement]", "inside")
    page.fill("[name=variants-0-name]", "Plain")
    page.locator("#variants-0 .ProseMirror").click()
    page.keyboard.type("From {least} you keep us going.")
    page.click("text=Add another Variant")
    page.fill("[name=variants-1-name]", "Long")
    page.locator("#variants-1 .ProseMirror").click()
    page.keyboard.type("It takes months.")
    page.fill("#id_targeting-0-topics_add", "Harb")
    page.click("[role=option]:has-text('Harbour')")

    page.click("[name=_save]")

    page.wait_for_url("**/change/#messages")
    prompt = Prompt.objects.get(placement="inside")
    names = {one.name: one.message for one in prompt.variants.all()}
    assert names == {
        "Plain": "<p>From {least} you keep us going.</p>",
        "Long": "<p>It takes months.</p>",
    }
    assert prompt.targeting.topics.get() == topic
    page.goto(
        f"{site.url}/admin/support/campaign/{rows.campaign.pk}/preview/"
        f"?variant={prompt.variants.order_by('pk')[0].pk}"
    )
    frame = page.frame_locator("iframe").first
    assert "you keep us going" in frame.locator("body").inner_text()
    assert page.locator("iframe").count() == 4


def test_nothing_typed_is_lost_when_an_amount_cannot_be_read(site, page):
    rows = house()
    page.context.add_cookies(cookies_of(staff(), site))
    page.goto(f"{site.url}/admin/support/campaign/{rows.campaign.pk}/change/")
    page.fill("[name=purpose]", "A new purpose")
    page.fill("[name='amounts-USD-monthly-0']", "two")
    page.check("[name='amounts-USD-monthly-first'][value='0']")

    page.click("[name=_save]")

    assert page.input_value("[name=purpose]") == "A new purpose"
    assert page.input_value("[name='amounts-USD-monthly-0']") == "two"
    assert page.is_checked("[name='amounts-USD-monthly-first'][value='0']")
    assert "Write an amount in figures" in page.inner_text("#amounts")
