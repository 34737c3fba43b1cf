"""`sweep`: a study from its first line to its report, and one that is killed and goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

import pytest

from explorer.cli.root import build_parser
from explorer.engine.queue import studies_folder
from explorer.runs.store import RunStore

pytestmark = pytest.mark.usefixtures("one_core")

SMALL = [
    "cifar-resnet20",
    *("--set", "stage_depths=1,1,1"),
    *("--set", "stage_widths=4,8,16"),
    *("--set", "stem_width=4"),
    *("--set", "input_size=8"),
]
PLAIN = ["--precision", "float32", "--plan", "channels_last=no", "--plan", "reproducible=true"]
WORDS = [*SMALL, "--data", "digits", *PLAIN]
PROGRAM = [
    sys.executable,
    "-c",
    "import sys; from explorer.cli.root import main; sys.exit(main(sys.argv[1:]))",
]


def lines_of(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def started(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*PROGRAM, "sweep", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_dry_run_says_what_would_be_trained_and_what_it_would_cost(run):
    axes = ["--axis", "depth=8,9,14", "--axis", "shortcut=A,none", "--seeds", "0,1", "--epochs", "3"]
    ended = run("sweep", *WORDS, *axes, "--dry-run", "--json")
    assert ended.status == 0
    lines = lines_of(ended.out)
    assert [line["event"] for line in lines] == [*["cell"] * 12, "estimate"]
    kept = [line for line in lines[:-1] if line["refused"] is None]
    assert len(kept) == 8
    assert kept[0]["settings"] == {"depth": "8", "shortcut": "A"}
    assert {line["steps"] for line in kept} == {3 * (1438 // 128)}
    assert lines[-1]["estimated_seconds"] == pytest.approx(sum(line["seconds"] for line in kept))
    assert lines[-1]["estimated_memory_bytes"] == max(line["memory_bytes"] for line in kept)
    assert not studies_folder().exists()

    text = run("sweep", *WORDS, *axes, "--dry-run").out
    assert "Left out depth 9, shortcut A: This family has no depth 9. The nearest are 8 and 14." in text
    assert re.search(r"Estimate: about \d+ s for 8 trainings, about .* of .* free of memory", text)


def test_json_lines_end_with_the_results_and_the_report_is_one_file(run, tmp_path):
    report = tmp_path / "out" / "report.html"
    axes = ["--axis", "depth=8,14", "--axis", "shortcut=A,Q", "--seeds", "0,1", "--epochs", "1"]
    ended = run("sweep", *WORDS, *axes, "--json", "--report", report)
    assert ended.status == 0, ended.err
    lines = lines_of(ended.out)
    one = ["cell", "epoch", "cell_ended"]
    assert [line["event"] for line in lines] == ["study", *one * 4, "finished"]
    assert [item["cell"] for item in lines[0]["refused"]] == [
        f"depth={depth},shortcut=Q,seed={seed}" for seed in (0, 1) for depth in (8, 14)
    ]
    last = lines[-1]
    assert (last["finished"], last["failed"], last["refused"]) == (4, 0, 4)
    assert [item["settings"]["depth"] for item in last["results"]] == ["8", "14"]
    ends = {line["cell"]: line["test_accuracy"] for line in lines if line["event"] == "cell_ended"}
    for item in last["results"]:
        own = [ends[f"depth={item['settings']['depth']},shortcut=A,seed={seed}"] for seed in (0, 1)]
        assert item["test_accuracy"] == pytest.approx(sum(own) / 2)
        assert item["test_accuracy_deviation"] == pytest.approx(abs(own[0] - own[1]) / 2**0.5)
    page = report.read_text("utf-8")
    assert "±" in page
    assert len(list(report.parent.iterdir())) == 1
    # The page's own command line makes the same study.
    command = re.search(r"<pre>resnet-explorer sweep (.*?)</pre>", page, re.S).group(1)
    again = run("sweep", *command.replace("&#x27;", "").split(), "--dry-run", "--json")
    assert [line["cell"] for line in lines_of(again.out)[:-1]] == [
        f"depth={depth},shortcut={shortcut},seed={seed}"
        for seed in (0, 1)
        for depth in (8, 14)
        for shortcut in ("A", "Q")
    ]


def test_text_is_a_line_an_epoch_and_a_table_at_the_end(run):
    ended = run("sweep", *WORDS, "--axis", "shortcut=A,none", "--epochs", "2")
    assert ended.status == 0
    assert ended.out.count("train loss") == 4
    assert "shortcut A, seed 0: test accuracy" in ended.out
    assert re.search(r"^none +\d+\.\d\d % +1 of 1$", ended.out, re.M)


def test_a_killed_study_goes_on_and_no_cell_is_trained_twice(run):
    # Enough epochs are left after the kill was decided on that it comes before the end on any machine.
    words = [*WORDS, "--axis", "depth=8,14", "--epochs", "10", "--json"]
    whole = lines_of(run("sweep", *words).out)
    with started(*words) as killed:
        seen = []
        for line in killed.stdout:
            seen.append(json.loads(line))
            n_second = sum(one["event"] == "epoch" and one["cell"] == "depth=14,seed=0" for one in seen)
            # The checkpoint of an epoch is there before the next epoch's numbers.
            if n_second == 2:
                killed.kill()
                break
        killed.communicate()
    study = seen[0]["study"]
    runs = {line["cell"]: line["run"] for line in seen if line["event"] == "cell"}
    assert len(runs) == 2

    ended = run("sweep", "--resume", study, "--json")
    assert ended.status == 0, ended.err
    lines = lines_of(ended.out)
    begun = [line for line in lines if line["event"] == "cell"]
    assert [(line["cell"], line["run"]) for line in begun] == [("depth=14,seed=0", runs["depth=14,seed=0"])]
    assert begun[0]["first_step"] > 0
    assert lines[0]["finished"] == 1
    assert lines[-1]["finished"] == 2
    results = [
        [(item["settings"], item["test_accuracy"]) for item in told[-1]["results"]] for told in (whole, lines)
    ]
    assert results[0] == results[1]
    with RunStore() as store:
        assert len(store.runs()) == 4
        for item, other in zip(whole[-1]["results"], lines[-1]["results"], strict=True):
            own, its = (store.metrics(one["runs"][0], "step.loss") for one in (item, other))
            assert own == its

    again = run("sweep", "--resume", study, "--json")
    assert [line["event"] for line in lines_of(again.out)] == ["study", "finished"]


@pytest.mark.skipif(os.name == "nt", reason="a console's Ctrl-C cannot be sent to one process there")
def test_an_interrupt_pauses_the_study_and_says_how_to_go_on():
    with started(*WORDS, "--axis", "depth=8,14", "--epochs", "500", "--json") as process:
        seen = []
        while not seen or seen[-1]["event"] != "epoch":
            seen.append(json.loads(process.stdout.readline()))
        process.send_signal(signal.SIGINT)
        said = process.communicate()[1]
    assert process.returncode == 130
    assert f"sweep --resume {seen[0]['study']}" in said
    with RunStore() as store:
        (entry,) = store.runs()
        assert entry.standing in ("paused", "stopped")
        assert entry.can_resume


def test_a_cell_that_fails_is_said_in_one_line_and_the_others_are_trained(run):
    ended = run("sweep", *WORDS, "--axis", "learning_rate=100,0.1", "--epochs", "3", "--json")
    assert ended.status == 1
    assert "1 of 2 trainings failed; the first is ResNet-8, learning rate 100, seed 0" in ended.complaint
    assert "--retry" in ended.complaint
    last = lines_of(ended.out)[-1]
    assert (last["event"], last["finished"], last["failed"]) == ("finished", 1, 1)
    retried = run("sweep", "--resume", last["study"], "--retry", "--json")
    assert [line["cell"] for line in lines_of(retried.out) if line["event"] == "cell"] == [
        "learning_rate=100,seed=0"
    ]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["cifar-resnet20"], 2, "--data"),
        ([*WORDS], 2, "--axis"),
        (["--resume", "x", "--axis", "depth=20"], 2, "leave them out"),
        ([*WORDS, "--seeds", "0", "--retry"], 2, "--retry goes with --resume"),
        (["--resume", "none"], 1, "no study none"),
        ([*WORDS, "--axis", "dpeth=20"], 1, "dpeth"),
        ([*WORDS, "--axis", "depth=21"], 1, "None of these combinations can be: This family has no depth 21"),
        ([*WORDS, "--seeds", "a"], 1, "A seed is a whole number"),
        ([*WORDS, "--axis", "depth=8", "--plan", "epoch=3"], 1, "epochs"),
        ([*SMALL, "--axis", "depth=8", "--data", "no-such-data"], 1, "no-such-data"),
    ],
)
def test_mistakes_are_answered_in_one_line(run, words, status, said):
    ended = run("sweep", *words)
    assert (ended.status, ended.out) == (status, "")
    assert said in ended.err
    if status == 1:
        assert ended.complaint
        assert not list(studies_folder().glob("*.json"))


def test_asking_for_help_imports_no_torch():
    code = (
        "import sys\nfrom explorer.cli.root import build_parser\nbuild_parser(['sweep'])\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
    assert build_parser(["sweep"]).parse_args(["sweep", "resnet18", "--data", "digits"]).device == "auto"
