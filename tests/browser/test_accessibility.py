"""Axe finds nothing wrong: on the readers' pages and on those of the staff.

The picture library's pages are looked at in ``test_library``, those round the
sign-in in ``test_signing_in``.
"""

import pytest

from tests import make
from tests.browser.sessions import cookies_of
from tests.newspaper import make_newspaper

HALVES = [pytest.param(0, id="first-half"), pytest.param(1, id="second-half")]


@pytest.mark.parametrize("half", HALVES)
def test_every_type_of_public_page_is_accessible(site, violations, half):
    paper = make_newspaper()
    pages = sorted(paper.all.items())[half::2]

    found = {name: violations(f"{site.url}{path}") for name, path in pages}

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_writing_page_is_accessible(site, violations):
    paper = make_newspaper()

    found = violations(
        f"{site.url}/admin/articles/article/{paper.article.pk}/change/",
        cookies=cookies_of(make.superuser(), site),
        prepare=editor_is_ready,
    )

    assert found == []


@pytest.mark.parametrize("path", ["/admin/", "/admin/articles/article/"])
def test_the_pages_of_the_staff_are_accessible(site, violations, path):
    make_newspaper()
    make.draft(headline="Not ready yet", body="")

    found = violations(f"{site.url}{path}", cookies=cookies_of(make.superuser(), site))

    assert found == []


def editor_is_ready(page) -> None:
    page.wait_for_selector(".ProseMirror figure")
