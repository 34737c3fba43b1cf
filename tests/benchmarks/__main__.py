"""Runs the benchmarks one after another, each in a process of its own, and ends with a table.

    python -m tests.benchmarks                 (all of them, by name)
    python -m tests.benchmarks start edit      (some)

Their lines go to stdout as they come; the table goes to stderr, so that stdout stays JSON lines. The exit
status is 1 where a target was missed or a benchmark failed.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

NOT_BENCHMARKS = ("__init__", "__main__", "report")
HEADS = ("name", "value", "target", "ok")


def _names():
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in NOT_BENCHMARKS)


def _run(name):
    """Run one; returns its figures, and one that failed where it did."""
    rows = []
    with subprocess.Popen(
        [sys.executable, "-m", f"tests.benchmarks.{name}"], stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            if line.startswith("{"):
                rows.append(json.loads(line))
    if process.returncode:
        rows.append({"name": f"{name} failed", "value": process.returncode, "unit": "status", "ok": False})
    return rows


def _cells(row):
    ok = {True: "yes", False: "NO", None: ""}[row.get("ok")]
    return (row["name"], f"{row['value']:g} {row['unit']}", row.get("target") or "", ok)


def _table(rows):
    lines = [HEADS, *map(_cells, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEADS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Run benchmarks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(_names())}")
    names = parser.parse_args().names or _names()
    unknown = sorted(set(names) - set(_names()))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(_names())}")
    rows = [row for name in names for row in _run(name)]
    sys.stderr.write(f"\n{_table(rows)}\n")
    return 1 if any(row.get("ok") is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
