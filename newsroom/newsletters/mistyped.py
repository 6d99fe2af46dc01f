"""Addresses that look like a slip of the finger: suggested, never refused."""

PROVIDERS = (
    "aol.com",
    "fastmail.com",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "mail.ru",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "rambler.ru",
    "tuta.com",
    "ukr.net",
    "web.de",
    "yahoo.com",
    "yandex.ru",
)
# Near to one of the above, and real.
_REAL = frozenset(
    {
        "email.com",
        "email.ru",
        "gmx.at",
        "gmx.ch",
        "gmx.com",
        "hotmail.de",
        "hotmail.fr",
        "mail.com",
        "mail.de",
        "me.com",
        "outlook.de",
        "outlook.fr",
        "proton.ch",
        "tuta.io",
        "web.com",
        "yahoo.de",
        "yahoo.fr",
        "yandex.by",
        "yandex.com",
        "yandex.kz",
        "yandex.ua",
        "ymail.com",
    }
)
_MOST_SLIPS = 2


def suggestion(address: str) -> str:
    """What was probably meant by a normalised address, or nothing."""
    local, _at, domain = address.rpartition("@")
    if domain in PROVIDERS or domain in _REAL:
        return ""
    slips, nearest = min((_distance(domain, known), known) for known in PROVIDERS)
    # Two slips in a short name make nearly any other.
    allowed = _MOST_SLIPS if len(nearest) > 8 else 1
    return f"{local}@{nearest}" if slips <= allowed else ""


def _distance(one: str, other: str) -> int:
    """Letters added, left out, changed or swapped (optimal string alignment)."""
    if abs(len(one) - len(other)) > _MOST_SLIPS:
        return _MOST_SLIPS + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row = row, [i]
        for j, opposite in enumerate(other, 1):
            cost = min(
                above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != opposite)
            )
            is_swap = i > 1 and j > 1 and letter == other[j - 2]
            if is_swap and one[i - 2] == opposite:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before = above
    return row[-1]
