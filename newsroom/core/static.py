"""Static files as production serves them: joined, hashed and compressed, no build.

A stylesheet that begins with ``@import`` lines of our own is collected as one file, so
that a page asks for one; while developing, the browser follows the imports itself.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from whitenoise.storage import (  # type: ignore[import-untyped]
    CompressedManifestStaticFilesStorage,
)

_IMPORT = re.compile(r'@import\s+(?:url\(\s*)?["\']([^"\':]+\.css)["\']\s*\)?\s*;')
_COMMENT_OR_STRING = re.compile(
    r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL
)
_SPACE = re.compile(r"\s+")
_SPACE_ROUND_SIGNS = re.compile(r"\s*([{};,])\s*")


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):
    # Modules import one another under their hashed names, too.
    support_js_module_import_aggregation = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._addresses: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:
        """The address by the manifest, which does not change while a process lives."""
        if settings.DEBUG and not force:
            return str(super().url(name, force))
        if name not in self._addresses:
            self._addresses[name] = super().url(name, force)
        return self._addresses[name]

    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[tuple[str, str | None, bool | Exception]]:
        self._addresses.clear()
        if not dry_run:
            for name in paths:
                if name.endswith(".css"):
                    self._bundle(name, paths)
        yield from super().post_process(paths, dry_run, **options)

    def _bundle(self, name: str, paths: dict[str, Any]) -> None:
        """Write the file anew with what it imports, and without idle characters.

        Other people's stylesheets, which import nothing of this kind, stay as they are.
        """
        storage, path = paths[name]
        with storage.open(path) as file:
            source = file.read().decode()
        if not _IMPORT.search(source):
            return
        joined = smaller(self._joined(name, source, paths, above=(name,)))
        self.delete(name)
        saved = self._save(name, ContentFile(joined.encode()))
        paths[name] = (self, saved)

    def _joined(
        self, name: str, source: str, paths: dict[str, Any], *, above: tuple[str, ...]
    ) -> str:
        folder = PurePosixPath(name).parent

        def text_of(match: re.Match[str]) -> str:
            imported = str(folder / match[1])
            if imported in above:
                raise ImproperlyConfigured(f"{imported} imports itself.")
            if imported not in paths:
                raise ImproperlyConfigured(
                    f"{name} imports {imported}, which is not among the static files."
                )
            storage, path = paths[imported]
            with storage.open(path) as file:
                text = file.read().decode()
            if PurePosixPath(imported).parent != folder and "url(" in text:
                raise ImproperlyConfigured(
                    f"{imported} names files by url() and lies in another folder than "
                    f"{name}, which imports it: the addresses would go wrong."
                )
            return self._joined(imported, text, paths, above=(*above, imported))

        return _IMPORT.sub(text_of, source)


def smaller(stylesheet: str) -> str:
    """The same rules without comments and needless spaces. Strings stay untouched."""
    strings: list[str] = []

    def keep(match: re.Match[str]) -> str:
        if match[0].startswith("/*"):
            return " "
        strings.append(match[0])
        return f"\0{len(strings) - 1}\0"

    bare = _COMMENT_OR_STRING.sub(keep, stylesheet)
    bare = _SPACE.sub(" ", bare)
    bare = _SPACE_ROUND_SIGNS.sub(r"\1", bare).replace(";}", "}").strip()
    return re.sub("\0(\\d+)\0", lambda match: strings[int(match[1])], bare)
