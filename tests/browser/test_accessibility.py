"""Axe finds nothing wrong: on the readers' pages and on those of the staff.

The picture library's pages are looked at in ``test_library``.
"""

import pytest

from tests import make
from tests.browser.sessions import cookies_of
from tests.newspaper import make_newspaper

LOOKS = [
    pytest.param(360, "light", id="narrow-light"),
    pytest.param(360, "dark", id="narrow-dark"),
    pytest.param(1280, "light", id="wide-light"),
    pytest.param(1280, "dark", id="wide-dark"),
]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_type_of_public_page_is_accessible(site, violations, width, scheme):
    paper = make_newspaper()

    found = {
        name: violations(f"{site.url}{path}", width=width, scheme=scheme)
        for name, path in paper.all.items()
    }

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_pages_of_the_staff_are_accessible(site, violations, width, scheme):
    paper = make_newspaper()
    make.draft(headline="Not ready yet", body="")
    cookies = cookies_of(make.superuser(), site)
    pages = {
        "desk": "/admin/",
        "article": f"/admin/articles/article/{paper.article.pk}/change/",
        "articles": "/admin/articles/article/",
    }

    found = {
        name: violations(
            f"{site.url}{path}",
            width=width,
            scheme=scheme,
            cookies=cookies,
            prepare=editor_is_ready if name == "article" else None,
        )
        for name, path in pages.items()
    }
    found["sign-in"] = violations(
        f"{site.url}/admin/login/", width=width, scheme=scheme
    )

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def editor_is_ready(page) -> None:
    page.wait_for_selector(".ProseMirror figure")
