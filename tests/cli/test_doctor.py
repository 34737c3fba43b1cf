"""`doctor`: finds what is wrong, and works where things are."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version

import pytest

from explorer import paths
from explorer.boot import default_threads
from explorer.cli import checks, doctor
from explorer.errors import SetupError
from explorer.nets.catalogue import all_cards
from explorer.version import VERSION
from tests.cli.conftest import ROOT

BUNDLED = [card for card in all_cards() if card.kind == "bundled"]


def test_json_holds_everything_and_the_status_follows(run, home):
    ended = run("doctor", "--json")
    found = ended.json
    assert ended.status == (0 if found["ok"] else 1)
    assert found["ok"] == (not found["problems"])
    assert found["versions"]["resnet-explorer"] == VERSION
    assert found["versions"]["python"] == platform.python_version()
    assert found["versions"]["torch"] == version("torch")
    assert found["devices"][-1]["name"] == "cpu"
    assert found["device"] in [item["name"] for item in found["devices"]]
    assert found["threads"] == default_threads()
    if found["precision"]:  # None on a machine that is busy with other work
        assert found["precision"]["training"] in found["precision"]["images_per_second"]
    assert found["paths"]["cache"] == str(home / "cache")
    assert found["home_variable"] == str(home)
    assert [row["name"] for row in found["weights"]] == [card.name for card in BUNDLED]
    assert all(row["sha256_ok"] for row in found["weights"])
    assert found["torchvision_loads"] is True
    text = doctor.as_text(found, [])
    for title in ("Versions", "Devices", "Window", "Files", "Training", "Bundled weights"):
        assert f"{title}\n" in text
    assert text.endswith("✓ Everything is in order.")


def test_problems_end_the_text():
    facts = {"versions": {"torch": None}, "devices": [], "device": None, "threads": 1, "precision": None}
    facts |= checks.check_places()[0] | {"weights": [], "data_sets": [], "runs": {}}
    facts |= {
        "window": {"opens": False, "platform": None, "note": "no display", "missing_packages": ["libegl1"]}
    }
    text = doctor.as_text(facts, [SetupError("Qt is missing.", "Install it.")])
    assert "libegl1" in text
    assert text.splitlines()[-1] == "✗ Qt is missing. Install it."


def test_window_opens_on_the_platform_that_is_set(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    facts, problems = checks.check_window()
    assert not problems
    assert facts["window"] == {"platform": "offscreen", "missing_packages": [], "opens": True, "note": ""}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="displays are Linux's")
def test_no_display_is_a_note(monkeypatch):
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    facts, problems = checks.check_window()
    assert not problems
    assert "no display" in facts["window"]["note"]
    assert not facts["window"]["opens"]


def test_a_qt_that_aborts_is_a_problem_and_no_abort(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "no-such-platform")
    facts, problems = checks.check_window()
    assert not facts["window"]["opens"]
    assert "no-such-platform" in problems[0].cause_text
    assert problems[0].hint_text


def test_unusable_places_are_problems(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "file"))
    facts, problems = checks.check_places()
    assert facts["paths"]["resources"] == str(paths.resources_dir())
    assert facts["paths"]["data"] is None
    assert len(problems) == 3
    assert paths.HOME_VARIABLE in problems[0].hint_text


@pytest.mark.skipif(not BUNDLED, reason="no weights are bundled in this checkout")
@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_harmed_weights_are_a_problem(harm, monkeypatch, tmp_path):
    shutil.copytree(paths.resources_dir() / "weights", tmp_path / "weights")
    path = tmp_path / "weights" / BUNDLED[0].path.name
    if harm == "missing":
        path.unlink()
    else:
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    monkeypatch.setattr(paths, "resources_dir", lambda: tmp_path)
    facts, problems = checks.check_weights()
    assert [row["sha256_ok"] for row in facts["weights"]].count(False) == 1
    assert f"{BUNDLED[0].name} are {harm}" in problems[0].cause_text


def test_no_weights_are_a_problem(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "resources_dir", lambda: tmp_path)
    assert "No weights" in checks.check_weights()[1][0].cause_text


def test_works_where_torch_cannot_be_imported(tmp_path, home):
    """A torch of the wrong build fails at import; everything else is still said."""
    for name in ("torch", "torchvision"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from explorer.app import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "doctor", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert not found["ok"]
    assert found["devices"] == []
    assert found["torchvision_loads"] is False
    assert found["paths"]["cache"] == str(home / "cache")
    causes = [problem["cause"] for problem in found["problems"]]
    assert any("operator torchvision::nms does not exist" in cause for cause in causes)


def test_what_can_be_trained_on_and_how_the_runs_stand_are_told():
    from explorer.runs.store import RunStore

    with RunStore() as store:
        for status in ("finished", "stopped", "stopped"):
            run = store.create(spec="{}", plan="{}", data="digits", origin="{}")
            store.set_status(run.id, status)
    facts, problems = checks.check_training()
    assert not problems
    assert {"digits", "shapes"} <= set(facts["data_sets"])
    assert facts["runs"] == {"finished": 1, "stopped": 2}


def test_a_store_that_is_none_is_a_problem_with_a_remedy(home):
    (home / "data").mkdir(parents=True)
    (home / "data" / "runs.sqlite3").write_bytes(b"text" * 999)
    facts, problems = checks.check_training()
    assert facts["runs"] == {}
    assert problems[0].hint_text
