"""Files of subscribers: looked at first, then taken in, row by row accounted for.

Each chunk of rows is merged in a transaction that also notes how far the file is read,
so a run that was killed goes on where it stood, and the same file taken in twice
changes nothing the second time.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from newsroom.newsletters import import_files, import_merge, import_rows
from newsroom.newsletters.consent import Method
from newsroom.newsletters.import_files import Shape, Unreadable
from newsroom.newsletters.import_rows import Line, Refused
from newsroom.newsletters.models import Newsletter, SubscriberImport
from newsroom.newsletters.models.subscriber import Source

State = SubscriberImport.State

# What can become of a row, for people. The first four are no complaint.
OUTCOMES: dict[str, Any] = {
    "added": _("new"),
    "confirmed": _("was waiting, now confirmed"),
    "known": _("known, stays as it is"),
    "barred": _("address that gets no mail: noted"),
    "ended": _("was subscribed: ended, as the file says"),
    "left": _("unsubscribed before: stays so"),
    "suppressed": _("gets no mail (bounced, complained, erased or barred): stays so"),
    "doubled": _("stands in the file already"),
    "no_address": _("no address"),
    "not_an_address": _("not an email address"),
    "unknown_newsletter": _("no newsletter has this name"),
    "unknown_state": _("the state is not a word we know"),
    "unreadable_time": _("a time cannot be read, or lies ahead"),
    "other_key": _("the hash was made with another ADDRESS_KEY"),
}
CHUNK = 10_000
MOST_REPORTED = 100_000

_PLAIN = {"added", "confirmed", "known", "barred"}


class NotPossible(Exception):
    """The import is not in a state for this; the words are for staff."""


@transaction.atomic
def take_in(
    blocks: Iterable[bytes], *, file_name: str, by: Any = None
) -> SubscriberImport:
    """Store a file, sealed, and guess how it is read. Raises ``Unreadable``."""
    made = SubscriberImport.objects.create(
        file_name=file_name[:200], content_sealed=b"", created_by=by
    )
    taken = found(made.pk)
    encoding = import_files.store(taken, blocks)
    shape = import_files.shape_of(taken, encoding)
    reshape(taken, shape)
    return taken


def found(import_id: int) -> SubscriberImport:
    """An import without its file, which may be large and is never saved as a whole."""
    return SubscriberImport.objects.defer("content_sealed").get(pk=import_id)


def reshape(taken: SubscriberImport, shape: Shape) -> None:
    """Read the file in another way. Raises ``Unreadable``."""
    sample = import_files.first_rows(taken, shape)
    if not sample:
        raise Unreadable(str(_("There are no rows in it.")))
    taken.header_digest = import_files.header_digest(sample, shape)
    taken.mapping = _shape_as_json(shape) | {
        "columns": _remembered(taken) or _guessed(sample, shape),
        "language": taken.mapping.get("language", "en"),
    }
    taken.save(update_fields=["header_digest", "mapping"])


def shape(taken: SubscriberImport) -> Shape:
    kept = taken.mapping
    return Shape(kept["encoding"], kept["delimiter"], kept["has_header"])


@transaction.atomic
def ask_for_check(taken: SubscriberImport) -> None:
    """Start the dry run. Raises ``NotPossible``."""
    _move(taken, State.CHECKING, {State.UPLOADED, State.CHECKED, State.CHECKING})
    _start(taken)


@transaction.atomic
def ask_for_run(taken: SubscriberImport) -> None:
    """Start taking it in. Raises ``NotPossible``."""
    if not taken.basis:
        raise NotPossible(str(_("Say first on what basis they get mail.")))
    _move(taken, State.RUNNING, {State.CHECKED})
    _start(taken)


@transaction.atomic
def go_on(taken: SubscriberImport) -> None:
    """Let another worker take up what stands still. Raises ``NotPossible``."""
    taken.refresh_from_db(fields=["state"])
    if taken.state not in (State.CHECKING, State.RUNNING):
        raise NotPossible(str(_("Nothing is left to be done.")))
    _start(taken)


def work_through(import_id: int) -> None:
    """The dry run, which changes nothing, or the import, as its state says.

    To be called again after it was killed, as often as it takes.
    """
    taken = found(import_id)
    if taken.state not in (State.CHECKING, State.RUNNING):
        return
    try:
        for done, lines, refused in _chunks(taken, seals=taken.state == State.RUNNING):
            if not _chunk(taken, done, lines, refused):
                return
    except Unreadable as error:
        _finish(taken, State.FAILED, str(error))
        return
    _finish(taken, State.CHECKED if taken.state == State.CHECKING else State.DONE)


@transaction.atomic
def add(
    address: str, newsletters: list[Newsletter], *, language: str, basis: str
) -> str:
    """One (normalised) address by hand, by the rules of an import: its outcome."""
    columns = {"0": "address"}
    reader = import_rows.Reader(
        columns,
        newsletters=newsletters,
        language=language,
        seals=True,
        source=Source.STAFF,
    )
    lines = reader.read(1, [address])
    outcomes = import_merge.merge(lines, method=Method.STAFF, basis=basis)
    return max(outcomes, key=list(OUTCOMES).index)


def report_rows(taken: SubscriberImport) -> Iterator[tuple[int, str, str]]:
    """Row number, newsletter and reason of what was refused or ended."""
    names = dict(Newsletter.objects.values_list("pk", "name"))
    for number, outcome, newsletter in taken.report.get("refused", []):
        yield number, names.get(newsletter, ""), str(OUTCOMES[outcome])


def counts(taken: SubscriberImport) -> list[tuple[str, Any, int]]:
    """Each outcome that occurred: its key, its words and how often."""
    found = taken.report.get("counts", {})
    return [(key, words, found[key]) for key, words in OUTCOMES.items() if key in found]


def basis_in_words(taken: SubscriberImport) -> str:
    """What the ledger says of each row."""
    words = f"{taken.get_basis_display()}: {taken.basis_note}"
    return words[:300]


def _chunks(
    taken: SubscriberImport, *, seals: bool
) -> Iterator[tuple[int, list[Line], list[tuple[int, str]]]]:
    """What is to be merged and what is refused, with the count of rows read so far."""
    reader = import_rows.Reader(
        taken.mapping["columns"],
        newsletters=list(taken.newsletters.all()),
        language=taken.mapping["language"],
        seals=seals,
    )
    seen: set[int] = set()
    lines = import_files.rows(taken, shape(taken))
    done = 0
    # While the database merges one chunk, a thread hashes and seals the next.
    with ThreadPoolExecutor(1, "import") as thread:
        waiting: tuple[int, Future] | None = None
        while True:
            chunk = list(itertools.islice(lines, CHUNK))
            coming = thread.submit(_read, reader, chunk, seen)
            if waiting and waiting[0] > taken.rows_done:
                yield waiting[0], *waiting[1].result()
            if not chunk:
                return
            done += len(chunk)
            waiting = done, coming


def _read(
    reader: import_rows.Reader, chunk: list[tuple[int, list[str]]], seen: set[int]
) -> tuple[list[Line], list[tuple[int, str]]]:
    lines, refused = [], []
    for number, cells in chunk:
        try:
            read = reader.read(number, cells)
        except Refused as error:
            refused.append((number, str(error)))
            continue
        for line in read:
            if line.mark in seen:
                refused.append((number, "doubled"))
            else:
                seen.add(line.mark)
                lines.append(line)
    return lines, refused


@transaction.atomic
def _chunk(
    taken: SubscriberImport,
    done: int,
    lines: list[Line],
    refused: list[tuple[int, str]],
) -> bool:
    """False if another worker was here before."""
    locked = SubscriberImport.objects.select_for_update().only("state", "rows_done")
    now = locked.get(pk=taken.pk)
    if now.state != taken.state or now.rows_done != taken.rows_done:
        return False
    if taken.state == State.RUNNING:
        # A chunk that PostgreSQL's own death undoes is taken in again.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
        outcomes = import_merge.merge(
            lines, method=Method.IMPORT, basis=basis_in_words(taken)
        )
    else:
        outcomes = import_merge.compare(lines)
    taken.report = _added_up(taken.report, outcomes, refused)
    taken.rows_done = done
    taken.save(update_fields=["report", "rows_done"])
    return True


def _added_up(
    report: dict[str, Any],
    outcomes: import_merge.Outcomes,
    refused: list[tuple[int, str]],
) -> dict[str, Any]:
    counts = Counter(report.get("counts", {}))
    counts.update({outcome: count for outcome, (count, _rows) in outcomes.items()})
    counts.update(reason for _number, reason in refused)
    lines = [[number, reason, None] for number, reason in refused] + [
        [number, outcome, newsletter]
        for outcome, (_count, rows) in outcomes.items()
        for number, newsletter in rows
    ]
    kept = report.get("refused", [])
    room = max(0, MOST_REPORTED - len(kept))
    return {"counts": dict(counts), "refused": kept + sorted(lines, key=_place)[:room]}


def _place(line: list[Any]) -> tuple[int, int]:
    return line[0], line[2] or 0


@transaction.atomic
def _finish(taken: SubscriberImport, state: str, failure: str = "") -> None:
    """The file is forgotten once it is taken in, or cannot be."""
    taken.state = state
    taken.rows = taken.rows_done
    fields = ["state", "rows"]
    if failure:
        taken.report = taken.report | {"failure": failure}
        fields.append("report")
    if state != State.CHECKED:
        taken.content_sealed = b""
        taken.finished_at = timezone.now()
        fields += ["content_sealed", "finished_at"]
    taken.save(update_fields=fields)


def _start(taken: SubscriberImport) -> None:
    # Imported here, because ``tasks`` names the verbs of this module.
    from newsroom.newsletters import tasks

    tasks.work_through_import.defer(import_id=taken.pk)


def _move(taken: SubscriberImport, to: str, allowed: set[State]) -> None:
    locked = SubscriberImport.objects.select_for_update().only("state")
    if locked.get(pk=taken.pk).state not in allowed:
        raise NotPossible(str(_("Somebody else has gone on with this import.")))
    taken.state = to
    taken.rows_done = 0
    taken.report = {}
    taken.save(update_fields=["state", "rows_done", "report"])


def _shape_as_json(shape: Shape) -> dict[str, Any]:
    return {
        "encoding": shape.encoding,
        "delimiter": shape.delimiter,
        "has_header": shape.has_header,
    }


def _remembered(taken: SubscriberImport) -> dict[str, str]:
    """The columns as they were mapped when such a file came last."""
    last = (
        SubscriberImport.objects.filter(header_digest=taken.header_digest)
        .exclude(state=State.UPLOADED)
        .exclude(pk=taken.pk)
        .order_by("-pk")
        .first()
    )
    return last.mapping["columns"] if last is not None else {}


def _guessed(sample: list[list[str]], shape: Shape) -> dict[str, str]:
    columns: dict[str, str] = {}
    if shape.has_header:
        for place, head in enumerate(sample[0]):
            name = import_rows.column_of(head)
            if name and name not in columns.values():
                columns[str(place)] = name
    if "address" not in columns.values():
        for place in range(len(sample[0])):
            if any("@" in row[place] for row in sample if place < len(row)):
                columns[str(place)] = "address"
                break
    return columns
