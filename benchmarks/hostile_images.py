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
import os
import resource
import sys
import time
import traceback
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

    import django
    from django.conf import settings
    from django.test.utils import setup_databases, teardown_databases

    from newsroom.core import database

    if settings.DATABASE_EMBEDDED:
        database.start(settings.DATA_DIR)
    django.setup()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        return run(options)
    finally:
        teardown_databases(databases, verbosity=0)


def run(options: argparse.Namespace) -> int:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from articles import library, renditions
    from newsroom.core import pictures
    from tests.data import pictures as files

    outcomes: collections.Counter[str] = collections.Counter()
    slowest = (0.0, "")
    errors = 0
    # What the benchmark itself needs to make its files is counted neither way.
    bodies = files.hostile(options.count, options.seed)
    grown = 0
    for name, body in bodies:
        upload = SimpleUploadedFile("picture.jpg", body)
        before = own_memory()
        start = time.perf_counter()
        try:
            image = library.add(upload, by=None)
            outcomes["taken"] += 1
            if options.copies:
                renditions.make(image.pk)
        except library.AlreadyThere:
            outcomes["known"] += 1
        except pictures.Refused as refusal:
            outcomes[f"refused: {refusal.code}"] += 1
        except Exception:
            errors += 1
            print(f"--- {name}", file=sys.stderr)
            traceback.print_exc()
        slowest = max(slowest, (time.perf_counter() - start, name))
        grown = max(grown, own_memory() - before)
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    for outcome, count in sorted(outcomes.items()):
        print(f"{count:5} {outcome}")
    print(f"errors that nobody caught: {errors}")
    print(f"memory: {grown} MB here and {child} MB in the largest child")
    print(f"slowest: {slowest[0]:.2f} s ({slowest[1]})")
    too_much = grown + child > MOST_MEMORY or slowest[0] > MOST_SECONDS
    return 1 if errors or too_much else 0


def own_memory() -> int:
    """Resident memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


if __name__ == "__main__":
    sys.exit(main())
