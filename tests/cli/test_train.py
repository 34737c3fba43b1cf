"""`train`: a run from its first line to its weights, and one that is killed and goes on."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from explorer.arch.presets import preset
from explorer.cli.root import build_parser, main
from explorer.runs.judged import read_judged
from explorer.runs.store import RunStore
from explorer.training import recipes
from explorer.training.checkpoint import read_checkpoint

SMALL = ["cifar-resnet20", "--set", "stage_depths=1,1,1", "--set", "input_size=8", "--data", "digits"]
PLAIN = ["--precision", "float32", "--plan", "channels_last=no", "--seed", "4"]


@pytest.fixture(autouse=True)
def one_thread():
    """Tiny networks gain nothing from more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def lines_of(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_lines_end_with_the_result_and_the_weights_reach_it(capsys, tmp_path):
    out = tmp_path / "digits.safetensors"
    assert main(["train", *SMALL, *PLAIN, "--epochs", "6", "--json", "--out", str(out)]) == 0
    lines = lines_of(capsys.readouterr().out)
    assert [line["event"] for line in lines] == ["run", "started", *["epoch"] * 6, "finished"]
    last = lines[-1]
    assert list(last)[:6] == ["event", "run", "epochs", "test_accuracy", "images_per_second", "seconds"]
    assert last["test_accuracy"] > 0.5  # of ten classes
    with RunStore() as store:
        assert store.run(last["run"]).status == "finished"

    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(json.loads(out.with_suffix(".json").read_text())["spec"]))
    words = ["evaluate", "--model", str(spec), "--weights", str(out), "--data", "digits", "--json"]
    assert main(words) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["accuracy"] == last["test_accuracy"]


def test_text_is_a_line_an_epoch_and_says_how_many_were_chosen(capsys, monkeypatch):
    monkeypatch.setitem(recipes.EASY_EPOCHS, "digits", 3)
    assert main(["train", *SMALL, *PLAIN]) == 0
    text = capsys.readouterr().out
    assert "3 epochs (chosen for the size of the data" in text
    assert text.count("test loss") == 3
    assert "Finished: test accuracy" in text


def test_a_killed_run_goes_on_as_if_it_had_not_been(capsys, home):
    words = [*SMALL, *PLAIN, "--epochs", "4", "--json"]
    assert main(["train", *words]) == 0
    whole = lines_of(capsys.readouterr().out)

    command = [sys.executable, "-c", "import sys; from explorer.cli.root import main; main(sys.argv[1:])"]
    killed = subprocess.Popen(
        [*command, "train", *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    with killed:
        seen = []
        for line in killed.stdout:
            seen.append(json.loads(line))
            # The checkpoint of an epoch is there before the next epoch's numbers.
            if seen[-1]["event"] == "epoch" and seen[-1]["epoch"] == 2:
                killed.kill()
                break
    run = seen[0]["run"]
    with RunStore() as store:
        assert store.run(run).status == "running"

    assert main(["train", "--resume", run, "--json"]) == 0
    resumed = lines_of(capsys.readouterr().out)
    assert resumed[0] == {"event": "run", "run": run}
    assert resumed[1]["first_epoch"] >= 2
    ends = [{key: line[key] for key in ("epochs", "test_accuracy")} for line in (whole[-1], resumed[-1])]
    assert ends[0] == ends[1]
    with RunStore() as store:
        mine, theirs = (read_judged(store.run(line["run"]).judged) for line in (whole[-1], resumed[-1]))
        assert mine.epoch == theirs.epoch == whole[-1]["epochs"] - 1
        assert np.array_equal(mine.confusion, theirs.confusion)
        own, other = (store.metrics(line["run"], "step.loss") for line in (whole[-1], resumed[-1]))
        assert own == other
        assert store.run(run).status == "finished"

    assert main(["train", "--resume", run]) == 1
    assert "has finished" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="a console's Ctrl-C cannot be sent to one process there")
def test_an_interrupt_leaves_a_checkpoint_of_the_last_step(capsys):
    words = [*SMALL, *PLAIN, "--epochs", "500", "--json"]
    command = [
        sys.executable,
        "-c",
        "import sys; from explorer.cli.root import main; sys.exit(main(sys.argv[1:]))",
    ]
    with subprocess.Popen(
        [*command, "train", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as process:
        run = json.loads(process.stdout.readline())["run"]
        while json.loads(process.stdout.readline())["event"] != "epoch":
            pass
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]
    assert process.returncode == 130
    assert f"--resume {run}" in said
    with RunStore() as store:
        entry = store.run(run)
        assert entry.status == "stopped"
        done = store.metrics(run, "step.loss")[-1][0] + 1
    assert read_checkpoint(entry.checkpoints).progress.step == done


def test_fine_tuning_starts_from_the_bundled_weights_and_a_new_head(capsys, tmp_path):
    colours = {"red": (200, 30, 30), "blue": (30, 30, 200)}
    for part, name in itertools.product(("train", "test"), colours):
        folder = tmp_path / "data" / part / name
        folder.mkdir(parents=True)
        for number in range(8):
            shade = tuple(min(255, value + 5 * number) for value in colours[name])
            Image.new("RGB", (32, 32), shade).save(folder / f"{number}.png")
    words = ["--data", str(tmp_path / "data"), "--recipe", "fine-tune", "--epochs", "2", *PLAIN]
    assert main(["train", "cifar-resnet20", *words]) == 0
    said = capsys.readouterr().out
    assert "tensors come from cifar-resnet20" in said
    assert main(["train", "cifar-resnet20", "--set", "num_classes=2", *words]) == 0
    assert "tensors come from cifar-resnet20" in capsys.readouterr().out
    assert main(["train", *SMALL[:-2], *words]) == 1
    assert "--weights" in capsys.readouterr().err
    with RunStore() as store:
        tuned = store.runs()[0]
    assert tuned.start == ("named", "cifar-resnet20")
    assert main(["train", "cifar-resnet20", *words, "--weights", tuned.id]) == 0
    with RunStore() as store:
        assert store.runs()[0].start == ("run", tuned.id)


def colour_folders(root):
    """A folder of two classes with eight pictures each."""
    colours = {"red": (200, 30, 30), "blue": (30, 30, 200)}
    for name, colour in colours.items():
        (root / name).mkdir(parents=True)
        for number in range(8):
            shade = tuple(min(255, value + 5 * number) for value in colour)
            Image.new("RGB", (8, 8), shade).save(root / name / f"{number}.png")
    return root


@pytest.fixture
def halted(capsys, tmp_path):
    """A run on a folder that has a checkpoint and was stopped."""
    folder = colour_folders(tmp_path / "colours")
    assert main(["train", *SMALL[:-1], str(folder), *PLAIN, "--epochs", "2", "--json"]) == 0
    run = lines_of(capsys.readouterr().out)[-1]["run"]
    with RunStore() as store:
        store.set_status(run, "stopped")
    return run, folder


def test_a_run_whose_folder_is_gone_says_so_and_takes_its_new_place(capsys, tmp_path, halted):
    run, folder = halted
    moved = folder.rename(tmp_path / "elsewhere")
    assert main(["train", "--resume", run]) == 1
    said = capsys.readouterr().err
    assert f"trained on {folder}, which is not there" in said
    assert f"--resume {run} --data PATH" in said
    next(moved.glob("red/0.png")).unlink()
    assert main(["train", "--resume", run, "--data", str(moved)]) == 1
    assert "not what the run was trained on" in capsys.readouterr().err
    with RunStore() as store:
        assert store.run(run).standing == "stopped"
    colour_folders(tmp_path / "again")
    assert main(["train", "--resume", run, "--data", str(tmp_path / "again"), "--json"]) == 0
    assert lines_of(capsys.readouterr().out)[-1]["event"] == "finished"


def test_weights_that_could_not_be_written_at_the_end_are_written_by_going_on(capsys, halted):
    run, _ = halted
    with RunStore() as store:
        store.set_status(run, "finished")
        weights = store.run(run).weights
    weights.unlink()
    assert main(["train", "--resume", run, "--json"]) == 0
    assert [line["event"] for line in lines_of(capsys.readouterr().out)] == ["run", "started", "finished"]
    assert weights.is_file()
    assert main(["train", "--resume", run]) == 1


def test_a_run_that_was_begun_in_the_window_is_ended_here(capsys, halted):
    run, _ = halted
    with RunStore() as store, sqlite3.connect(store.path) as connection:
        origin = json.loads(store.run(run).origin)
        del origin["command"]
        connection.execute("UPDATE runs SET origin = ? WHERE id = ?", (json.dumps(origin), run))
    assert main(["train", "--resume", run, "--json"]) == 0
    assert lines_of(capsys.readouterr().out)[-1]["event"] == "finished"
    with RunStore() as store:
        assert store.run(run).has_weights


def test_a_run_that_another_process_trains_is_refused_before_anything_is_read(capsys, halted):
    run, folder = halted
    shutil.rmtree(folder)
    code = (
        "import sys; from explorer.runs.store import RunStore; store = RunStore(); "
        "store.set_status(sys.argv[1], 'running'); print('taken', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, run], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "taken\n"
        assert main(["train", "--resume", run]) == 1
        assert "cannot go on while it is being trained" in capsys.readouterr().err
        other.kill()
    assert main(["runs", "show", run, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "interrupted"


def test_a_finished_run_is_trained_on_as_one_longer_plan_had_done(capsys, tmp_path, monkeypatch):
    out = tmp_path / "longer.safetensors"
    assert main(["train", *SMALL, *PLAIN, "--epochs", "2", "--json"]) == 0
    run = lines_of(capsys.readouterr().out)[-1]["run"]
    words = ["train", "--extend", run, "--epochs", "4", "--json", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["resnet-explorer", *words])
    assert main(words) == 0
    longer = lines_of(capsys.readouterr().out)
    assert [line.get("epoch") for line in longer if line["event"] == "epoch"] == [2, 3]
    assert main(["train", *SMALL, *PLAIN, "--epochs", "4", "--plan", "restarts=2", "--json"]) == 0
    whole = lines_of(capsys.readouterr().out)
    assert longer[-1]["epochs"] == whole[-1]["epochs"] == 4
    assert longer[-1]["test_accuracy"] == whole[-1]["test_accuracy"]
    with RunStore() as store:
        own, other = (store.metrics(line["run"], "step.loss") for line in (whole[-1], longer[-1]))
        assert own == other
    card = json.loads(out.with_suffix(".json").read_text())
    assert f"train --extend {run} --epochs 4" in card["command"]
    assert card["plan"]["restarts"] == [2]
    assert card["epochs"] == 4


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["cifar-resnet20"], 2, "--data"),
        (["cifar-resnet20", "--resume", "2"], 2, "leave SPEC out"),
        (["--resume", "none"], 1, "no run none"),
        (["--resume", "2", "--epochs", "9", "--plan", "ema=0.9"], 2, "leave --epochs, --plan out"),
        (["--resume", "2", "--extend", "2"], 2, "give one"),
        (["cifar-resnet20", "--extend", "2", "--epochs", "9"], 2, "leave SPEC out"),
        (["--extend", "2"], 2, "--extend needs --epochs"),
        (["--extend", "2", "--epochs", "9", "--seed", "1"], 2, "leave --seed out"),
        (["--extend", "none", "--epochs", "9"], 1, "no run none"),
        (["--extend", "digits-resnet8", "--epochs", "2"], 1, "epochs already"),
        (
            ["--extend", "cifar-resnet20", "--epochs", "99"],
            1,
            "train --extend cifar-resnet20 --epochs 99 --data PATH",
        ),
        ([*SMALL, "--plan", "epoch=3"], 1, "epochs"),
        ([*SMALL, "--plan", "restarts=4,2"], 1, "each restart must come after the one before"),
        ([*SMALL, "--epochs", "0"], 1, "epochs cannot be 0"),
        ([*SMALL, "--recipe", "slow"], 1, "paper-2015"),
        (["cifar-resnet20", "--data", "no-such-data"], 1, "no-such-data"),
    ],
)
def test_mistakes_are_answered_in_one_line(capsys, words, status, said):
    assert main(["train", *words]) == status
    streams = capsys.readouterr()
    assert streams.out == ""
    assert said in streams.err
    if status == 1:
        assert streams.err.count("\n") == 1


def test_a_run_without_a_checkpoint_cannot_go_on(capsys):
    with RunStore() as store:
        run = store.create(spec="{}", plan="{}", data="digits", origin='{"device": "cpu"}')
    assert main(["train", "--resume", run.id]) == 1
    assert "there is none" in capsys.readouterr().err


def test_asking_for_help_imports_no_torch():
    code = (
        "import sys\nfrom explorer.cli.root import build_parser\nbuild_parser(['train'])\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
    assert build_parser(["train"]).parse_args(["train", "resnet18", "--data", "digits"]).device == "auto"


@pytest.mark.parametrize("out", ["net.json", "net.pt", "net"])
def test_weights_go_only_to_a_name_of_weights(capsys, tmp_path, out):
    assert main(["train", *SMALL, *PLAIN, "--out", str(tmp_path / out)]) == 1
    assert "Let it end in .safetensors" in capsys.readouterr().err


def test_a_spec_is_not_replaced_by_the_card_of_what_was_trained(capsys, tmp_path):
    spec = tmp_path / "net.json"
    spec.write_text(preset("cifar-resnet20").spec.to_json())
    before = spec.read_bytes()
    words = ["train", str(spec), "--data", "digits", "--out", str(tmp_path / "net.safetensors")]
    assert main(words) == 1
    assert "no card of weights" in capsys.readouterr().err
    assert spec.read_bytes() == before
