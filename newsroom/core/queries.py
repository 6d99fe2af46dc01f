"""Queries that Django writes once and PostgreSQL answers often.

Writing a query with its joins takes Django several times as long as the answer takes
to come, and a public page asks the same ones for every reader. ``write_once`` keeps
the SQL of a queryset, so what is public is still defined in one place, and only the
values change from call to call.
"""

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Func, QuerySet, Value
from django.db.models.fields import BigIntegerField

Row = tuple[Any, ...]

_UNLIKELY_NUMBER = 7_777_777_777_777_000
_UNLIKELY_TIME = datetime(7777, 7, 7, 7, 7, 7, 777_777, tzinfo=UTC)


class WriteOnce:
    """Call it with the values by name; rows come as the database gives them.

    ``build`` makes the queryset (a ``values_list``) from stand-ins for the values.
    """

    def __init__(self, build: Callable[..., QuerySet], **kinds: type) -> None:
        self._build = build
        self._stand_ins = dict(
            zip(kinds, map(_stand_in, itertools.count(), kinds.values()), strict=False)
        )
        self._written: tuple[str, list[Any]] | None = None

    def __call__(self, **values: Any) -> list[Row]:
        sql, parameters = self._written or self._write()
        with connection.cursor() as cursor:
            cursor.execute(
                sql,
                [
                    values[parameter.name]
                    if isinstance(parameter, _Place)
                    else parameter
                    for parameter in parameters
                ],
            )
            rows: list[Row] = cursor.fetchall()
        return rows

    def _write(self) -> tuple[str, list[Any]]:
        queryset = self._build(**self._stand_ins)
        sql, parameters = queryset.query.get_compiler(queryset.db).as_sql()
        places = [_place(parameter, self._stand_ins) for parameter in parameters]
        found = {place.name for place in places if isinstance(place, _Place)}
        if missing := set(self._stand_ins) - found:
            raise ValueError(f"The query does not take {', '.join(sorted(missing))}.")
        self._written = sql, places
        return self._written


def write_once(build: Callable[..., QuerySet], **kinds: type) -> WriteOnce:
    """``kinds`` names the values that change: datetime, date, int, str or list."""
    return WriteOnce(build, **kinds)


def among(numbers: list[int]) -> Func:
    """For ``pk__in``: any count of numbers as one value of the query."""
    return Func(
        Value(numbers, output_field=ArrayField(BigIntegerField())),
        template="(SELECT unnest(%(expressions)s))",
        output_field=BigIntegerField(),
    )


class _Place:
    def __init__(self, name: str) -> None:
        self.name = name


def _stand_in(number: int, kind: type) -> Any:
    """A value that no query of ours holds by itself, another one for each name."""
    if kind is datetime:
        return _UNLIKELY_TIME + timedelta(microseconds=number)
    if kind is date:
        return _UNLIKELY_TIME.date() + timedelta(days=number)
    if kind is int:
        return _UNLIKELY_NUMBER + number
    if kind is str:
        return f"stand-in-{_UNLIKELY_NUMBER + number}"
    if kind is list:
        return [_UNLIKELY_NUMBER + number]
    raise TypeError(f"No stand-in for {kind.__name__}.")


def _place(parameter: Any, stand_ins: dict[str, Any]) -> Any:
    for name, stand_in in stand_ins.items():
        if type(parameter) is type(stand_in) and parameter == stand_in:
            return _Place(name)
    return parameter
