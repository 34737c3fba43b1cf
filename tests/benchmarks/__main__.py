"""Runs every benchmark, one process after another, and ends with a table.

    python -m tests.benchmarks [NAME …]

Names are the modules beside this one; without any, all of them run. Ratios are measured in one run each;
absolute times are this machine's at this moment.
"""

import json
import subprocess
import sys
from pathlib import Path

NOT_BENCHMARKS = ("__init__", "__main__", "report")


def names():
    """The benchmarks there are."""
    found = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    return [name for name in found if name not in NOT_BENCHMARKS]


def rows_of(name):
    """The figures of one benchmark, printed as they come."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.benchmarks.{name}"], stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if line.startswith("{"):
            print(line, end="", flush=True)
            yield json.loads(line)
    if process.wait():
        yield {"name": f"{name} failed", "value": process.returncode, "unit": "", "target": None, "ok": False}


def main():
    wanted = sys.argv[1:] or names()
    unknown = set(wanted) - set(names())
    if unknown:
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}. There are: {', '.join(names())}.")
    rows = [row for name in wanted for row in rows_of(name)]
    width = max(len(row["name"]) for row in rows)
    print()
    for row in rows:
        mark = {True: "✓", False: "✗", None: " "}[row["ok"]]
        value = f"{row['value']:.3g} {row['unit']}"
        print(f"{mark} {row['name']:<{width}}  {value:>16}  {row['target'] or ''}")
    sys.exit(any(row["ok"] is False for row in rows))


if __name__ == "__main__":
    main()
