"""What an operator wants to know first: one page of figures, each with advice.

A capability adds its line by a function marked with ``lines.check``. It returns a
``Result``, or ``None`` where there is nothing to say; if it fails, its line says so.
"""

# The page has its lines in the order of these.
from newsroom.self_check import site  # isort: split

from newsroom.self_check import newsletters, support
from newsroom.self_check.lines import Result, State, check, run, worst
from newsroom.self_check.page import view

__all__ = [
    "Result",
    "State",
    "check",
    "newsletters",
    "run",
    "site",
    "support",
    "view",
    "worst",
]
