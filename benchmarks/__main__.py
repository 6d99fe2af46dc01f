"""Measures the site: ``python -m benchmarks [NAME …]``, without a name ``pages``.

A name is a module of this folder; what follows a name and begins with a dash goes to
it: ``python -m benchmarks slow_clients --clients 100 pages``. Everything runs on this
machine alone.
"""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
DEFAULT = "pages"
# Modules that the others are made of.
PARTS = {
    "__init__",
    "__main__",
    "bare",
    "bare_settings",
    "filling",
    "newsletter_parts",
    "sink",
}


def main(arguments: list[str]) -> int:
    names = sorted({file.stem for file in FOLDER.glob("*.py")} - PARTS)
    runs: list[list[str]] = []
    for argument in arguments:
        if argument in names:
            runs.append([argument])
        elif runs:
            runs[-1].append(argument)
        else:
            print(f"There is no {argument}. Choose from: {', '.join(names)}")
            return 2
    codes = [
        subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}", *rest], cwd=FOLDER.parent
        ).returncode
        for name, *rest in runs or [[DEFAULT]]
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
