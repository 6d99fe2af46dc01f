import pytest

from articles import readiness
from tests import make

pytestmark = pytest.mark.django_db


def test_everything_that_is_missing_is_named_at_once_with_its_field():
    image = make.image(credit_line="", licence=None)
    content = make.article_content(body="", section=None, authors=[], lead_image=image)

    found = readiness.missing(content)

    assert [entry.field for entry in found] == [
        "body",
        "section",
        "bylines",
        "lead_image",
    ]
    assert "no credit line and no licence" in found[-1].words
    assert found[-1].url.endswith(f"/admin/articles/image/{image.pk}/change/")


@pytest.mark.parametrize("instead", ["byline_override", "source"])
def test_a_byline_instead_or_a_source_will_do(instead):
    content = make.article_content(authors=[], **{instead: "Our correspondent"})

    assert readiness.missing(content) == []


def test_a_picture_that_no_longer_exists_is_named():
    image = make.image()
    content = make.article_content(lead_image=image)
    image.delete()

    [entry] = readiness.missing(content)

    assert "may no longer be shown" in entry.words
    assert not entry.is_credit
