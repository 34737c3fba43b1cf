"""The root of the command line: dispatch, help, exit statuses, and what happens to pipes."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from explorer import paths
from explorer.cli import root
from explorer.cli.commands import COMMANDS
from explorer.errors import ImageError
from explorer.version import VERSION

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_module_and_help(name, run):
    assert import_module(f"explorer.cli.{name}").add_parser
    ended = run(name, "--help")
    assert ended.status == 0
    assert ended.out.startswith(f"usage: resnet-explorer {name}")
    assert not ended.err


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_names_the_window_and_every_command(word, run):
    ended = run(word)
    assert ended.status == 0
    assert "[gui] [SPEC] [FILE ...]" in ended.out
    for name, text in COMMANDS.items():
        assert f"{name} " in ended.out
        assert text in ended.out


def test_help_of_a_command_is_the_table_s(run):
    parser_helps = root.build_parser().format_help()
    for name, text in COMMANDS.items():
        line = next(line for line in parser_helps.splitlines() if line.strip().startswith(f"{name} "))
        assert line.split(maxsplit=1)[1] == text


def test_version(run):
    assert run("--version").out == f"resnet-explorer {VERSION}\n"


@pytest.mark.parametrize(
    "words",
    [("describe",), ("describe", "resnet18", "--nonsense"), ("classify",), ("evaluate", "--data", "digits")],
)
def test_wrong_usage_is_2(words, run):
    ended = run(*words)
    assert ended.status == 2
    assert ended.err.startswith("usage: ")
    assert not ended.out


@pytest.mark.parametrize("count", ["0", "-1", "two"])
def test_counts_are_counts(count, run):
    ended = run("classify", "x.jpg", f"--top={count}")
    assert ended.status == 2
    assert "whole number of at least 1" in ended.err


def test_errors_are_one_line_with_cause_and_remedy(run):
    ended = run("describe", "resnet19", "--json")
    assert ended.status == 1
    assert ended.complaint.startswith("There is no preset resnet19. Did you mean")
    assert not ended.out


def test_an_error_of_several_lines_becomes_one(capsys):
    def fail() -> int:
        raise ImageError("first\n  second", "third")

    assert root.guarded(fail) == 1
    assert capsys.readouterr().err == "resnet-explorer: first second third\n"


def test_interrupt_is_130(capsys):
    def stop() -> int:
        raise KeyboardInterrupt

    assert root.guarded(stop) == 130
    assert capsys.readouterr().err == "resnet-explorer: stopped.\n"


def test_closed_pipe_ends_without_a_word():
    command = [sys.executable, "main.py", "describe", "cifar-resnet1202", "--nodes"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.readline().startswith("Network")
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait() == 1


def test_a_terminal_without_signs_gets_question_marks():
    command = [sys.executable, "main.py", "describe", "resnet18"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, check=True, env={"PYTHONIOENCODING": "ascii:strict"}
    )
    assert b"7?7 conv, 64, /2" in done.stdout


@pytest.mark.parametrize("start", [["main.py"], ["-m", "explorer"]], ids=["main.py", "-m explorer"])
def test_both_starts_reach_the_commands(start):
    done = subprocess.run(
        [sys.executable, *start, "presets", "--json"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert '"cifar-resnet20"' in done.stdout
    assert not done.stderr


@pytest.mark.parametrize("words", [["describe", "resnet18"], ["presets"], ["--help"], ["classify", "--help"]])
def test_light_commands_import_neither_torch_nor_qt(words):
    code = (
        "import sys; from explorer.app import main; status = main(sys.argv[1:]); "
        "print(sorted({'torch', 'PySide6', 'torchvision', 'sklearn'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == "[]\n"


@pytest.mark.parametrize("words", [("runs",), ("train", "cifar-resnet20", "--data", "digits")])
def test_a_home_that_cannot_be_written_is_said(words, run, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "file"))
    ended = run(*words)
    assert ended.status == 1
    assert "cannot be made" in ended.complaint
    assert paths.HOME_VARIABLE in ended.complaint


def test_doctor_names_a_folder_that_cannot_be_written_once(run, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path / "file"))
    causes = [problem["cause"] for problem in run("doctor", "--json").json["problems"]]
    assert sum("folder for data" in cause for cause in causes) == 1
