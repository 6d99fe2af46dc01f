import pytest
from django.utils.html import format_html

from articles import credit
from articles.models import Image, Licence

OWN = Image.Provenance.OWN
AGENCY = Image.Provenance.AGENCY
HANDOUT = Image.Provenance.HANDOUT
USER = Image.Provenance.USER_GENERATED


@pytest.mark.parametrize(
    ("provenance", "creator", "credit_line", "shown"),
    [
        (HANDOUT, "", "kremlin.ru", "Kremlin.ru / Handout"),
        (HANDOUT, "", "Kremlin.ru / Handout", "Kremlin.ru / Handout"),
        (HANDOUT, "", "Ministry handout", "Ministry handout"),
        (OWN, "Nino Lomidze", "The Meridian", "Nino Lomidze / The Meridian"),
        (
            OWN,
            "Nino Lomidze",
            "Nino Lomidze / The Meridian",
            "Nino Lomidze / The Meridian",
        ),
        (OWN, "", "The Meridian", "The Meridian"),
        (AGENCY, "Tomas Reyes", "Reuters", "Tomas Reyes / Reuters"),
        (AGENCY, "Tomas Reyes", "TOMAS REYES/REUTERS", "TOMAS REYES/REUTERS"),
        (USER, "A passer-by", "A reader's picture", "A reader's picture"),
        (OWN, "Nino Lomidze", "", "Nino Lomidze"),
        (OWN, "", "", ""),
        (HANDOUT, "", "", ""),
        (OWN, "", "ms. rivera, photographer", "ms. rivera, photographer"),
    ],
)
def test_readers_see_who_made_a_picture(provenance, creator, credit_line, shown):
    image = Image(provenance=provenance, creator=creator, credit_line=credit_line)

    line = credit.line(image)

    assert line.text == str(line) == shown
    assert bool(line) == bool(shown)


def test_a_licence_that_asks_for_it_is_named_and_linked():
    licence = Licence(
        name="CC BY 4.0", url="https://example.org/by?a=1&b=2", shown_in_credit=True
    )
    image = Image(creator="Ana", credit_line="Ana <b>", licence=licence)

    line = credit.line(image)

    assert (line.licence_name, line.licence_url) == (licence.name, licence.url)
    assert str(line) == "Ana <b>, CC BY 4.0"
    assert format_html("{}", line) == (
        'Ana &lt;b&gt;, <a href="https://example.org/by?a=1&amp;b=2" rel="license">'
        "CC BY 4.0</a>"
    )


def test_a_licence_without_an_address_is_named_in_plain_words():
    licence = Licence(name="CC & more", shown_in_credit=True)
    image = Image(credit_line="Ana", licence=licence)

    assert format_html("{}", credit.line(image)) == "Ana, CC &amp; more"


def test_an_address_that_runs_a_script_is_no_link():
    licence = Licence(name="Odd", url="javascript:alert(1)", shown_in_credit=True)
    image = Image(credit_line="Ana", licence=licence)

    assert format_html("{}", credit.line(image)) == "Ana, Odd"


def test_a_licence_that_need_not_be_named_is_not():
    licence = Licence(name="Agency contract", shown_in_credit=False)
    image = Image(credit_line="Ana", licence=licence)

    assert str(credit.line(image)) == "Ana"
