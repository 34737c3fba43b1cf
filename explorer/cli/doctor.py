"""`resnet-explorer doctor`: this machine and this installation, checked.

Called through `cli/root.py`. Works where Qt, torch or the window cannot: whatever is broken becomes a line.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from explorer.cli import checks
from explorer.cli.arguments import add_json
from explorer.cli.checks import Facts, Problems
from explorer.cli.tables import pairs
from explorer.present.text import byte_size

CHECKS = (
    checks.check_versions,
    checks.check_window,
    checks.check_devices,
    checks.check_torchvision,
    checks.check_places,
    checks.check_training,
    checks.check_weights,
)


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "doctor",
        help="check this machine and say where files are",
        description="Check devices, versions, system libraries and bundled weights, and say where files are.",
    )
    add_json(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print what was found.

    Returns:
        The exit status: 1 where something is wrong, else 0.
    """
    facts: Facts = {}
    problems: Problems = []
    for check in CHECKS:
        found, wrong = check()
        facts |= found
        # Two checks may stumble over the same folder.
        problems += (each for each in wrong if str(each) not in map(str, problems))
    if args.json:
        told = [{"cause": error.cause_text, "remedy": error.hint_text} for error in problems]
        print(json.dumps({"ok": not problems, "problems": told, **facts}))
    else:
        print(as_text(facts, problems))
    return 1 if problems else 0


def as_text(facts: Facts, problems: Problems) -> str:
    """What was found, for people: a section a subject, and the verdict last."""
    sections = {
        "Versions": [(name, version or "none") for name, version in facts["versions"].items()],
        "Devices": _device_rows(facts),
        "Window": _window_rows(facts["window"]),
        "Files": _file_rows(facts),
        "Training": _training_rows(facts),
        "Bundled weights": [
            (row["name"], f"{'intact' if row['sha256_ok'] else 'broken'}, {row['accuracy_percent']:.2f} %")
            for row in facts["weights"]
        ]
        or [("none", "")],
    }
    parts = [f"{title}\n{_indented(pairs(rows))}" for title, rows in sections.items()]
    verdict = "\n".join(f"✗ {error}" for error in problems) or "✓ Everything is in order."
    return "\n\n".join([*parts, verdict])


def _device_rows(facts: Facts) -> list[tuple[str, str]]:
    rows = []
    for item in facts["devices"]:
        memory = f"{byte_size(item['memory_free_bytes'])} of {byte_size(item['memory_total_bytes'])} free"
        chosen = ", used by default" if item["name"] == facts["device"] else ""
        rows.append((item["name"], f"{item['title']}, {memory}{chosen}"))
    rows.append(("threads", str(facts["threads"])))
    if facts["precision"]:
        measured = facts["precision"]["images_per_second"]
        rates = ", ".join(f"{name} {rate:.0f}" for name, rate in measured.items())
        rows.append(("precision", f"{facts['precision']['training']} for training (images/s: {rates})"))
    else:
        rows.append(("precision", "not measured"))
    return rows


def _window_rows(window: Facts) -> list[tuple[str, str]]:
    rows = [("opens", "yes" if window["opens"] else "no"), ("Qt platform", window["platform"] or "none")]
    if window["note"]:
        rows.append(("note", window["note"]))
    if window["missing_packages"]:
        rows.append(("missing", " ".join(window["missing_packages"])))
    return rows


def _file_rows(facts: Facts) -> list[tuple[str, str]]:
    rows = [(name, place or "cannot be used") for name, place in facts["paths"].items()]
    if facts["free_disk_bytes"] is not None:
        rows.append(("free disk", byte_size(facts["free_disk_bytes"])))
    return rows


def _training_rows(facts: Facts) -> list[tuple[str, str]]:
    runs = ", ".join(f"{count} {standing}" for standing, count in sorted(facts["runs"].items()))
    return [("data here", ", ".join(facts["data_sets"]) or "none"), ("runs", runs or "none")]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
