"""A drawn picture as a file; apart from Django, so that other processes can draw."""

import io

from newsroom.demo import drawing


def jpeg(key: str) -> bytes:
    buffer = io.BytesIO()
    drawing.draw(key).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()
