"""Small parts of pages, kept by all that they show.

The same date, picture or card stands on many pages. What a function makes of its
arguments alone, in the language that is spoken, need not be made twice: a change of
anything shown is another argument, so nothing kept is ever out of date.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from django.utils.translation import get_language

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def by_language(
    *, most: int
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Keep the results for the ``most`` last used arguments and languages."""

    def decorate(make: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        @lru_cache(maxsize=most)
        def kept(
            language: str | None, /, *args: Parameters.args, **kwargs: Parameters.kwargs
        ) -> Result:
            return make(*args, **kwargs)

        @wraps(make)
        def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            # Unhashable arguments raise TypeError, as they would in ``lru_cache``.
            return kept(get_language(), *args, **kwargs)  # type: ignore[arg-type]

        return call

    return decorate
