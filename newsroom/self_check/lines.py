"""The lines of the self-check, and what runs them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

SLOW = timedelta(minutes=1)
STUCK = timedelta(minutes=10)

log = structlog.get_logger()


class State(StrEnum):
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"

    @property
    def word(self) -> str:
        words = {"good": _("Good"), "warn": _("Look soon"), "bad": _("Act now")}
        return words[self.value]


@dataclass(frozen=True)
class Result:
    state: State
    figure: str
    advice: str = ""
    address: str = ""  # where to act on the advice


Check = Callable[[datetime], Result | None]
CHECKS: list[tuple[Any, Check]] = []


def check(name: Any) -> Callable[[Check], Check]:
    """Put a line on the page, under the lines that are there already."""

    def register(function: Check) -> Check:
        CHECKS.append((name, function))
        return function

    return register


def run(at: datetime) -> list[tuple[str, Result]]:
    """Every line's name and result at this time."""
    results = ((str(name), _result(function, at)) for name, function in CHECKS)
    return [(name, result) for name, result in results if result is not None]


def worst(rows: list[tuple[str, Result]]) -> State:
    states = {result.state for _name, result in rows}
    for state in (State.BAD, State.WARN):
        if state in states:
            return state
    return State.GOOD


def ago(then: datetime, at: datetime) -> str:
    """In words; to the second below a minute."""
    if at - then < timedelta(minutes=1):
        seconds = max(0, round((at - then).total_seconds()))
        return ngettext("%(number)s second", "%(number)s seconds", seconds) % {
            "number": seconds
        }
    return timesince(then, at, depth=1)


def _result(function: Check, at: datetime) -> Result | None:
    try:
        return function(at)
    except Exception as error:
        log.error("self_check_failed", check=function.__name__, exc_info=error)
        return Result(
            State.BAD,
            type(error).__name__,
            _("This could not be found out. The log says why."),
        )
