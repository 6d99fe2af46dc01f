"""The admin of articles, pictures and people; each module registers its own."""

from articles.admin import contributors, corrections, licences, sections

__all__ = ["contributors", "corrections", "licences", "sections"]
