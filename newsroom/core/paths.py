"""Addresses of public pages, each looked up once a process.

A page has dozens of links, and the addresses of this site follow neither language nor
host: what ``reverse`` says of a name and its parts stays true.
"""

from functools import lru_cache
from typing import Any

from django.urls import reverse


@lru_cache(maxsize=10_000)
def path_to(view: str, *parts: Any) -> str:
    """The path of a view by its name and the parts of its address, in order."""
    return reverse(view, args=parts)
