"""A thousand pictures that mean harm, put through the library's door.

    python benchmarks/hostile_images.py --count 1000 --seed 1

Cut, mutated and disguised files and bombs are uploaded one by one as the admin does it;
what the library takes is made into copies as well. It runs against the test settings in
a database and folders of its own and prints what was taken and refused, errors that
nobody caught, the most memory that this process and its children had more than before,
and the slowest upload.
"""

import argparse
import collections
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

MOST_MEMORY = 300  # MB
MOST_SECONDS = 5.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--copies", action="store_true", help="make copies, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # In two processes: what making the files needs would pass for a child's memory.
        apart(make_files, options.count, options.seed, folder)
        return apart(put_through_the_door, folder, options.copies)


def apart(work: Callable[..., None], *arguments: object) -> int:
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    return process.exitcode or 0


def make_files(count: int, seed: int, folder: str) -> None:
    from tests.data import pictures as files

    for number, (name, body) in enumerate(files.hostile(count, seed)):
        (Path(folder) / f"{number:06} {name.replace('/', '-')}").write_bytes(body)


def put_through_the_door(folder: str, copies: bool) -> None:
    import django
    from django.conf import settings
    from django.test.utils import setup_databases, teardown_databases

    from newsroom.core import database

    if settings.DATABASE_EMBEDDED:
        database.start(settings.DATA_DIR)
    django.setup()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        code = run(Path(folder), copies)
    finally:
        teardown_databases(databases, verbosity=0)
    sys.exit(code)


def run(folder: Path, copies: bool) -> int:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from articles import library, renditions
    from newsroom.core import pictures

    outcomes: collections.Counter[str] = collections.Counter()
    slowest = (0.0, "")
    errors = 0
    grown = 0
    for path in sorted(folder.iterdir()):
        name = path.name
        upload = SimpleUploadedFile("picture.jpg", path.read_bytes())
        before = own_memory()
        start = time.perf_counter()
        image = None
        try:
            image = library.add(upload, by=None)
            outcomes["taken"] += 1
        except library.AlreadyThere:
            outcomes["known"] += 1
        except pictures.Refused as refusal:
            outcomes[f"refused: {refusal.code}"] += 1
        except Exception:
            errors += 1
            print(f"--- {name}", file=sys.stderr)
            traceback.print_exc()
        slowest = max(slowest, (time.perf_counter() - start, name))
        if image is not None and copies:
            renditions.make(image.pk)  # an error here ends the run
        grown = max(grown, own_memory() - before)
    child = children_memory()
    for outcome, count in sorted(outcomes.items()):
        print(f"{count:5} {outcome}")
    print(f"errors that nobody caught: {errors}")
    print(f"memory: {grown} MB here and {child} MB in the largest child")
    print(f"slowest: {slowest[0]:.2f} s ({slowest[1]})")
    too_much = grown + child > MOST_MEMORY or slowest[0] > MOST_SECONDS
    return 1 if errors or too_much else 0


def children_memory() -> int:
    """The most that one finished child ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10


def own_memory() -> int:
    """Resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


if __name__ == "__main__":
    sys.exit(main())
