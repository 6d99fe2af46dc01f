"""Fills an empty site with the demo's texts, and prints what the measurements ask for.

Pictures are rows with the addresses of their copies, as pages need them; the files
are not drawn, because no measurement here loads one.
"""

import json
import re
import secrets

from django.db import connection, transaction

from articles import related, renditions
from articles.models import Article, Image, Licence
from newsroom.demo import fill

WIDTH, HEIGHT = 2400, 1600


def main() -> None:
    with transaction.atomic():
        staff = fill._staff()
        fill._publication()
        fill._pages()
        sections = fill._sections()
        images = pictures()
        contributors = fill._contributors(images)
        fill._articles(staff, sections, contributors, images)
    for pk in Article.objects.published().values_list("pk", flat=True):
        related.compute(pk)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(json.dumps(addresses()))


def pictures() -> dict[str, Image]:
    licence = Licence.objects.order_by("pk")[0]
    return {key: picture(key, licence) for key in sorted(keys())}


def keys() -> set[str]:
    """The pictures that the texts name."""
    texts = "".join(
        file.read_text(encoding="utf-8") for file in fill.DATA.rglob("*.toml")
    )
    found = re.findall(
        r'(?:data-image|lead_image|portrait|key)\s*=\s*"([a-z-]+)"', texts
    )
    return set(found)


def picture(key: str, licence: Licence) -> Image:
    return Image.objects.create(
        headline=key,
        description=f"What {key} shows, in a sentence of the usual length.",
        alt_text=f"What {key} shows to somebody who cannot see it",
        credit_line="Nino Lomidze / The Meridian",
        licence=licence,
        sha256=secrets.token_hex(32),
        mime_type="image/jpeg",
        width=WIDTH,
        height=HEIGHT,
        byte_size=400_000,
        sizes={
            crop: {
                format: copies(ratio, widths, format) for format in renditions.FORMATS
            }
            for crop, (ratio, widths) in renditions.CROPS.items()
        },
    )


def copies(ratio: float | None, widths: tuple[int, ...], format: str) -> list[list]:
    ratio = ratio or WIDTH / HEIGHT
    key = secrets.token_hex(16)
    return [
        [width, round(width / ratio), f"{key[:2]}/{key}.{format}"] for width in widths
    ]


def addresses() -> dict[str, str | int]:
    """Of a long article with pictures, its section, the front and the bare view."""
    illustrated = Article.objects.published().filter(body__contains="data-image")
    article = max(illustrated, key=lambda found: len(found.body))
    return {
        "article": article.get_absolute_url(),
        "section": article.section.get_absolute_url(),
        "front": "/",
        "bare": f"/bare/{article.pk}/",
        "articles": Article.objects.published().count(),
    }
