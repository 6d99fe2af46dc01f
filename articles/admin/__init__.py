"""The admin of articles, pictures and people; each module registers its own."""

from articles.admin import (
    article,
    contributors,
    corrections,
    images,
    licences,
    sections,
)

__all__ = [
    "article",
    "contributors",
    "corrections",
    "images",
    "licences",
    "sections",
]
