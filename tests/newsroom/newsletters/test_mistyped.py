import pytest

from newsroom.newsletters.mistyped import PROVIDERS, suggestion


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmail.con", "gmail.com"),
        ("gmial.com", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("yandx.ru", "yandex.ru"),
        ("protonmial.con", "protonmail.com"),
    ],
)
def test_a_slip_is_seen(typed, meant):
    assert suggestion(f"anna@{typed}") == f"anna@{meant}"


@pytest.mark.parametrize(
    "domain",
    [
        *PROVIDERS,
        "me.com",
        "mail.com",
        "gmx.at",
        "yandex.kz",
        "reader.example",
        "bbc.co.uk",
        "xn--bcher-kva.example",
        "hey.com",
    ],
)
def test_what_is_right_or_strange_is_left_alone(domain):
    assert suggestion(f"anna@{domain}") == ""
