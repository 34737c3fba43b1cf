"""`presets`: the contract's rows, in the order of history."""

from __future__ import annotations

from explorer.arch.presets import presets

KEYS = ["name", "title", "year", "source", "parameters", "macs", "history"]


def test_presets_json(run):
    rows = run("presets", "--json").json
    assert [row["name"] for row in rows] == list(presets())
    assert all(list(row) == KEYS for row in rows)
    found = next(row for row in rows if row["name"] == "resnet50")
    assert (found["parameters"], found["macs"], found["year"]) == (25_557_032, 4_089_184_256, 2015)


def test_presets_json_tells_history_in_order(run):
    rows = run("presets", "--json").json
    assert (rows[0]["name"], rows[0]["parameters"]) == ("alexnet", 61_100_840)
    assert all(row["history"].count(" ") > 5 for row in rows)


def test_presets_text_has_a_line_for_each(run):
    lines = run("presets").out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == list(presets())
