"""Kills workers in the middle of an issue, and counts who got it how often.

    python -m benchmarks kill_senders [--recipients 20000] [--workers 4] [--kills 200]
                                      [--only NAME]

A mail server of our own notes each mail that it took. Nobody may be left out; whoever
gets the issue twice gets it under the same Message-ID, and of those there may be no
more than the window (``MAIL_WINDOW``) for each worker killed, and one for each line
that the server cut. Ends with an error where that is not so.

In two more scenes the workers live, and PostgreSQL is killed under them. Then nobody
may get the issue twice, for the workers know what they handed over.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import newsletters, pages
from benchmarks import sink as sinks

POLITE = ["--seconds=0.008"]


@dataclass(frozen=True)
class Scene:
    name: str
    window: int
    # How the mail server behaves; each text takes it a little, as in life.
    manners: list[str] = field(default_factory=list)
    kills_database: bool = False
    is_strict: bool = False  # each note waits for the disk


RUDE = ["--cuts=0.005", "--put-off=0.05", "--most-mails=2500"]
SCENES = [
    Scene("window-1", 1),
    Scene("window-20", 20),
    Scene("window-1-rude", 1, RUDE),
    Scene("window-20-rude", 20, RUDE),
    Scene("database", 20, kills_database=True),
    Scene("database-strict", 20, kills_database=True, is_strict=True),
]
DATABASE_KILLS = 10  # at most, in each scene; PostgreSQL needs a moment to come back


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--only", choices=[scene.name for scene in SCENES])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="newsroom-bench-") as folder:
        environment = newsletters.prepare(Path(folder), 0)
        # Connections of their own, which copies of a process do not share.
        environment["DATABASE_POOL"] = "0"
        try:
            newsletters.call(environment, "fill", options.recipients)
            return max(
                play(environment, scene, Path(folder) / scene.name, options)
                for scene in SCENES
                if options.only in (None, scene.name)
            )
        finally:
            pages.run(environment, "-c", pages.STOP)


def play(
    environment: dict[str, str],
    scene: Scene,
    journal: Path,
    options: argparse.Namespace,
) -> int:
    with sinks.running(journal, [*POLITE, *scene.manners]) as (port, _process):
        here = environment | {
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "MAIL_NOTES_STRICT": str(scene.is_strict),
            "MAIL_WINDOW": str(scene.window),
        }
        issue = newsletters.call(here, "issue")["id"]
        command, kills = "kill", options.kills
        if scene.kills_database:
            command, kills = "kill_database", min(kills, DATABASE_KILLS)
        told = newsletters.call(here, command, issue, options.workers, kills)
    found = read(journal)
    lost = options.recipients - len(found.message_ids)
    doubled_by_kill = 0 if scene.kills_database else scene.window
    allowed = told["kills"] * doubled_by_kill + found.cuts
    is_right = (
        lost == 0
        and found.doubles <= allowed
        and all(len(ids) == 1 for ids in found.message_ids.values())
        and told["status"] == "sent"
        and told["balanced"]
        and told["submitted"] == options.recipients
    )
    print(
        f"{scene.name}: {told['kills']} kills, {found.cuts} lines cut, "
        f"{options.recipients:,} readers: {lost} lost, {found.doubles} doubles "
        f"(at most {allowed:,}), books {told['status']}: "
        f"{'right' if is_right else 'WRONG'}",
        flush=True,
    )
    return 0 if is_right else 1


@dataclass
class Journal:
    message_ids: dict[str, set[str]]  # by reader
    doubles: int
    cuts: int


def read(file: Path) -> Journal:
    message_ids: dict[str, set[str]] = defaultdict(set)
    cuts = mails = 0
    for line in file.read_text().splitlines():
        if line == "cut":
            cuts += 1
        else:
            message_id, reader = line.split()
            message_ids[reader].add(message_id)
            mails += 1
    return Journal(message_ids, mails - len(message_ids), cuts)


if __name__ == "__main__":
    sys.exit(main())
