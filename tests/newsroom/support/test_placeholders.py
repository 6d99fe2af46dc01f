import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from newsroom.support.appeals import placeholders

VALUES = {
    "publication": "The <Meridian>",
    "least": "$2",
    "goal": "$100",
    "raised": "$60",
    "supporters": "12",
    "read": "",
}


@pytest.mark.parametrize(
    "html",
    [
        "<p>No braces.</p>",
        "<p>From {least} for {publication}: {raised} of {goal}.</p>",
        "<p>{supporters} of you read {read} articles.</p>",
    ],
)
def test_known_placeholders_pass(html):
    placeholders.check(html)


@pytest.mark.parametrize(
    ("html", "named"),
    [
        ("<p>{publicaton}</p>", "{publicaton}"),
        ("<p>{ least }</p>", "{ least }"),
        ("<p>{</p>", "{"),
        ("<p>least}</p>", "}"),
        ("<p>{}</p>", "{}"),
        ("<p>{{least}}</p>", "{"),
        ("<p>{publication.secret}</p>", "{publication.secret}"),
    ],
)
def test_what_we_do_not_know_is_refused_when_saved(html, named):
    with pytest.raises(ValidationError) as refusal:
        placeholders.check(html)

    assert refusal.value.messages[0].startswith(f"{named} is no placeholder.")
    assert "{supporters}" in refusal.value.messages[0]


def test_values_are_put_in_as_plain_words():
    filled = placeholders.fill("<p>From {least} for {publication}.</p>", VALUES)

    assert filled == "<p>From $2 for The &lt;Meridian&gt;.</p>"


def test_a_paragraph_without_its_value_is_left_out():
    html = "<p>One</p><p>{raised} of {goal}</p><p>Two</p>"

    assert placeholders.fill(html, {"goal": "$1"}) == "<p>One</p><p>Two</p>"


def test_what_only_the_device_knows_waits_for_it():
    filled = placeholders.fill("<p>You read {read} of them.</p>", VALUES)

    assert filled == "<p hidden data-if-read>You read <b data-read></b> of them.</p>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Support {publication}", "Support The <Meridian>"),
        ("You read {read}", ""),
        ("{unheard} stays", "stays"),
        ("", ""),
    ],
)
def test_headings_and_buttons_are_plain_text(text, expected):
    assert placeholders.fill_text(text, VALUES).strip() == expected


@given(st.text(alphabet="abc{}<>publication /p", max_size=60))
def test_whatever_passes_leaves_no_brace_to_readers(text):
    html = f"<p>{text}</p>"
    try:
        placeholders.check(html)
    except ValidationError:
        return

    filled = placeholders.fill(html, VALUES)

    assert "{" not in filled
    assert "}" not in filled


@given(st.dictionaries(st.sampled_from(placeholders.NAMES), st.text(max_size=30)))
def test_values_never_become_markup(values):
    html = "<p>" + " ".join(f"{{{name}}}" for name in values) + "</p>"

    filled = placeholders.fill(html, values)

    inside = filled.removeprefix("<p hidden data-if-read>").removeprefix("<p>")
    inside = inside.removesuffix("</p>").replace("<b data-read></b>", "")
    assert "<" not in inside
    assert ">" not in inside
