"""Files that no row knows: what a crash or a full disk left between file and row."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.core.files.storage import Storage, default_storage
from django.utils import timezone

from articles.models import Image, Rendition
from articles.models.image import originals_storage

# A file is written before its row: what is younger may still get one.
LEAST_AGE = timedelta(hours=1)
SHARD = 2  # letters that a folder of pictures is named by
BATCH = 500


def find(at: datetime | None = None) -> Iterator[tuple[Storage, str]]:
    """Each orphan with the storage it lies in. Logos are no files of pictures."""
    before = (at or timezone.now()) - LEAST_AGE
    copies = Rendition.objects.all()
    originals = Image.objects.all()
    for storage, rows, field in (
        (default_storage, copies, "file"),
        (originals_storage(), originals, "original"),
    ):
        for names in _batches(_names(storage, before)):
            known = rows.filter(**{f"{field}__in": names})
            orphans = set(names) - set(known.values_list(field, flat=True))
            yield from ((storage, name) for name in sorted(orphans))


def _names(storage: Storage, before: datetime) -> Iterator[str]:
    for folder in _listed(storage, "")[0]:
        if len(folder) != SHARD:
            continue
        for name in _listed(storage, folder)[1]:
            path = f"{folder}/{name}"
            if storage.get_modified_time(path) < before:
                yield path


def _listed(storage: Storage, folder: str) -> tuple[list[str], list[str]]:
    try:
        return storage.listdir(folder)
    except FileNotFoundError:  # nothing was stored yet
        return [], []


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for name in names:
        batch.append(name)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
