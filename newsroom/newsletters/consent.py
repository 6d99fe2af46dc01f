"""The consent ledger: every change of what a reader agreed to, kept for ever.

Rows are only added. They hold the address's keyed hash, so they prove to whoever
knows the address what it agreed to, and tell nobody else anything.
"""

from collections.abc import Iterable

from newsroom.newsletters.models import ConsentEvent, ConsentText, Newsletter

Kind = ConsentEvent.Kind
Method = ConsentEvent.Method


def current_text(language: str) -> ConsentText:
    """The newest wording in a language, or in English where there is none."""
    texts = ConsentText.objects.filter(language__in={language, "en"})
    newest = {text.language: text for text in texts.order_by("version")}
    return newest.get(language) or newest["en"]


def record(
    kind: Kind,
    method: Method,
    address_digest: bytes,
    newsletters: Iterable[Newsletter | None],
    *,
    text: ConsentText | None = None,
    basis: str = "",
) -> None:
    """Add a line for each newsletter; ``None`` among them is for all at once."""
    ConsentEvent.objects.bulk_create(
        ConsentEvent(
            kind=kind,
            method=method,
            address_digest=address_digest,
            newsletter=newsletter,
            consent_text=text,
            basis=basis,
        )
        for newsletter in newsletters
    )
