"""What the newsroom makes. The names are handed on from the modules below."""

from articles.models.article import Article
from articles.models.contributor import Byline, Contributor
from articles.models.correction import Correction
from articles.models.image import Image, ImageUse, Licence, Rendition
from articles.models.related import ReadMore, RelatedArticle
from articles.models.revision import Revision, StateChange
from articles.models.section import Section, Topic, TopicUse

__all__ = [
    "Article",
    "Byline",
    "Contributor",
    "Correction",
    "Image",
    "ImageUse",
    "Licence",
    "ReadMore",
    "RelatedArticle",
    "Rendition",
    "Revision",
    "Section",
    "StateChange",
    "Topic",
    "TopicUse",
]
