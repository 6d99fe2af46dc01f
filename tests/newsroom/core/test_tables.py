from newsroom.core import tables

ROWS = (
    "<tr><td>Frames</td><td>812</td><td>+180%</td><td>early</td></tr>"
    "<tr><td>Desks</td><td>4,060.5</td><td>−2%</td><td>2</td></tr>"
)
HEAD = "<thead><tr><th>What</th><th>Count</th><th>Gap</th><th>When</th></tr></thead>"


def test_a_table_scrolls_in_a_region_that_the_keyboard_reaches():
    unfolded = tables.unfold(f"<p>x</p><table><tbody>{ROWS}</tbody></table>")

    assert unfolded.startswith(
        '<p>x</p><div class="table wide" role="region" tabindex="0" aria-label="Table">'
    )
    assert unfolded.endswith("</table></div>")


def test_a_table_is_named_by_its_caption():
    unfolded = tables.unfold(
        f"<table><caption>Grain</caption><tbody>{ROWS}</tbody></table>" * 2
    )

    for number in (1, 2):
        assert f'aria-labelledby="table-{number}"' in unfolded
        assert f'<caption id="table-{number}">Grain</caption>' in unfolded


def test_columns_that_hold_numbers_only_are_set_as_numbers():
    unfolded = tables.unfold(f"<table>{HEAD}<tbody>{ROWS}</tbody></table>")

    assert '<th scope="col">What</th>' in unfolded
    assert '<th scope="col" class="number">Count</th>' in unfolded
    assert '<td class="number">4,060.5</td>' in unfolded
    assert '<td class="number">−2%</td>' in unfolded
    assert "<td>2</td>" in unfolded


def test_a_head_that_begins_a_row_belongs_to_the_row():
    unfolded = tables.unfold(
        "<table><tbody><tr><th>2022</th><td>x</td></tr></tbody></table>"
    )

    assert '<th scope="row">2022</th>' in unfolded


def test_joined_cells_are_left_as_they_are():
    row = '<tr><td colspan="2">12</td></tr>'

    assert row in tables.unfold(f"<table><tbody>{row}</tbody></table>")


def test_words_without_a_table_stay_the_same():
    assert tables.unfold("<p>x</p>") == "<p>x</p>"
