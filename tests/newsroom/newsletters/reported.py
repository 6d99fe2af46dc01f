"""Sample reports, about a delivery of the test."""

import base64
from pathlib import Path

from newsroom.newsletters import links, verp

FOLDER = Path(__file__).resolve().parents[2] / "data" / "reports"


def mail(name, delivery_id, *, leave="", changes=()):
    """A sample with the signatures of a delivery; ``leave`` is a token for leaving."""
    text = (FOLDER / f"{name}.eml").read_text()
    named = f"The mail {verp.message_id(delivery_id)}: 550 5.1.1 user unknown\n"
    filled = {
        "@RETURN_PATH@": verp.return_path(delivery_id),
        "@MESSAGE_ID@": verp.message_id(delivery_id),
        "@LEAVE@": leave or links.for_ever(1, 1),
        "@BASE64@": base64.encodebytes(named.encode()).decode(),
    }
    for old, new in [*filled.items(), *changes]:
        text = text.replace(old, new)
    return text.replace("\n", "\r\n").encode()
