"""`resnet-explorer runs`: the trainings in the store and those that ship with the program.

Called through `cli/root.py`. Drives the handlers of the IO pool as the window does. Imports no torch.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.cli.arguments import add_json
from explorer.cli.runs_text import as_json, epochs_of, finite, page_of, table_of
from explorer.cli.say import note
from explorer.errors import RunError
from explorer.present.text import byte_size

if TYPE_CHECKING:
    from explorer.engine.context import Context
    from explorer.engine.messages import Event
    from explorer.engine.run_messages import RunRow

Said = tuple[object, str]
"""The same for machines, as JSON has it, and for people."""

KINDS = ("csv", "jsonl", "tensorboard")


def add_parser(subparsers: Any) -> None:
    """Add the command to an argparse parser's subparsers."""
    parser = subparsers.add_parser(
        "runs",
        help="list, show, mark and export trainings",
        description="The trainings of this machine and those that ship with the program. RUN is an id or a "
        "beginning of it that only one has. Without more words all are listed.",
    )
    add_json(parser)
    parser.set_defaults(func=run, job=_list, deleted=False)
    jobs = parser.add_subparsers(metavar="list | show | export | …", title="what to do")
    listing = _job(jobs, "list", _list, "all runs, the newest first")
    listing.add_argument("--deleted", action="store_true", help="those that `restore` still brings back")
    _job(jobs, "show", _show, "one run, epoch by epoch", "RUN")
    export = _job(jobs, "export", _export, "write the metrics of a run", "RUN")
    export.add_argument("--to", choices=KINDS, default="csv", help="by default csv")
    export.add_argument(
        "--out", type=Path, required=True, metavar="PATH", help="a file; a log folder for tensorboard"
    )
    naming = _job(jobs, "name", _edit, "name a run", "RUN")
    naming.add_argument("name", metavar="NAME", help="an empty text takes the name away")
    noting = _job(jobs, "note", _edit, "keep a note with a run", "RUN")
    noting.add_argument("note", metavar="TEXT")
    starring = _job(jobs, "star", _edit, "mark a run", "RUN")
    starring.add_argument("--off", dest="is_starred", action="store_false", help="take the mark away")
    _job(
        jobs, "delete", _delete, "delete runs; `restore` brings them back until `purge`", "RUN", several=True
    )
    _job(jobs, "restore", _restore, "bring deleted runs back", "RUN", several=True)
    _job(jobs, "purge", _purge, "let deleted runs go for good, with their files")
    bundle = _job(jobs, "bundle", _bundle, "make a run one that ships with the program", "RUN")
    bundle.add_argument("--out", type=Path, required=True, metavar="NAME.json")


def _job(
    jobs: Any, name: str, job: Callable[..., object], summary: str, what: str = "", *, several: bool = False
) -> argparse.ArgumentParser:
    """The parser of one kind of `runs`."""
    parser: argparse.ArgumentParser = jobs.add_parser(
        name, help=summary, description=f"{summary.capitalize()}."
    )
    if what:
        parser.add_argument("run", nargs="+" if several else 1, metavar=what)
    # Left out where it is not given: `runs --json list` has said it before.
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON for machines"
    )
    parser.set_defaults(job=job)
    return parser


def run(args: argparse.Namespace) -> int:
    """Do what the arguments say; the exit status is 0.

    Raises:
        ExplorerError: There is no such run, or a file cannot be read or written.
    """
    from explorer.engine.context import Context

    context = Context()
    # Closed, but not by `close_store`, which deletes for good: the next command may be `runs restore`.
    with context.store():
        result, text = args.job(args, context)
    print(json.dumps(result) if args.json else text)
    return 0


def _list(args: argparse.Namespace, context: Context) -> Said:
    from explorer.engine.handlers.runs import all_rows

    rows, warnings = all_rows(context.store(), deleted=args.deleted)
    for warning in warnings:
        note(warning)
    if not rows:
        return (
            [],
            "No run was deleted."
            if args.deleted
            else "There is no run yet: `resnet-explorer train` makes one.",
        )
    return [as_json(row) for row in rows], table_of(rows)


def _show(args: argparse.Namespace, context: Context) -> Said:
    from explorer.engine.handlers.runs import metrics_of

    row = _row(args.run[0], context)
    epochs = epochs_of(metrics_of(row.id, context.store))
    result = {**as_json(row), "metrics": [{k: finite(v) for k, v in epoch.items()} for epoch in epochs]}
    return result, page_of(row, epochs)


def _export(args: argparse.Namespace, context: Context) -> Said:
    from explorer.engine.handlers.runs import export_run
    from explorer.engine.run_messages import ExportRun, RunExported

    row = _row(args.run[0], context)
    request = ExportRun(ticket=1, run=row.id, path=str(args.out), kind=args.to)
    done = _last(export_run(request, context))
    path = done.path if isinstance(done, RunExported) else str(args.out)
    return {
        "run": row.id,
        "to": args.to,
        "path": path,
    }, f"Wrote {path} ({byte_size(Path(path).stat().st_size)})."


def _edit(args: argparse.Namespace, context: Context) -> Said:
    from explorer.engine.handlers.runs import edit_run
    from explorer.engine.run_messages import EditRun

    run_id = _row(args.run[0], context).id
    changes = {name: getattr(args, name) for name in ("name", "note", "is_starred") if hasattr(args, name)}
    _last(edit_run(EditRun(ticket=1, run=run_id, **changes), context))
    return _said_of((run_id,), context, "Done: {runs}.")


def _delete(args: argparse.Namespace, context: Context) -> Said:
    from explorer.engine.handlers.runs import delete_runs
    from explorer.engine.run_messages import DeleteRuns

    run_ids = tuple(_row(text, context).id for text in args.run)
    _last(delete_runs(DeleteRuns(ticket=1, runs=run_ids), context))
    return (
        [{"run": run_id} for run_id in run_ids],
        f"Deleted: {', '.join(run_ids)}. `resnet-explorer runs restore` brings back what was not purged yet.",
    )


def _restore(args: argparse.Namespace, context: Context) -> Said:
    from explorer.engine.handlers.runs import restore_runs
    from explorer.engine.run_messages import RestoreRuns

    run_ids = tuple(context.store().run(text).id for text in args.run)
    _last(restore_runs(RestoreRuns(ticket=1, runs=run_ids), context))
    return _said_of(run_ids, context, "Restored: {runs}.")


def _purge(args: argparse.Namespace, context: Context) -> Said:
    gone = context.store().purge_deleted()
    return {"purged": gone}, f"{gone} {'run' if gone == 1 else 'runs'} went for good."


def _bundle(args: argparse.Namespace, context: Context) -> Said:
    from explorer.present.curves import thinned_rows
    from explorer.runs.bundled import write_bundled

    store = context.store()
    entry = store.run(args.run[0])
    if entry.status != "finished":
        raise RunError("The run {run} has not finished.", "Resume it, or choose another.", run=entry.id)
    rows = thinned_rows(store.metrics(entry.id))
    write_bundled(entry, rows, args.out)
    size = args.out.stat().st_size + args.out.with_suffix(".csv.gz").stat().st_size
    return (
        {"run": entry.id, "path": str(args.out), "rows": len(rows)},
        f"Wrote {args.out} and its metrics ({byte_size(size)}).",
    )


def _last(events: Iterable[Event | None]) -> Event | None:
    """Drive a handler to its end, and return what it said last."""
    return list(events)[-1]


def _row(text: str, context: Context) -> RunRow:
    """The run that an id, or a beginning of it, belongs to.

    Raises:
        RunError: There is none or more than one, it was deleted, or it cannot be read.
    """
    from explorer.engine.handlers.runs import all_rows

    rows, warnings = all_rows(context.store())
    same = [row for row in rows if row.id == text]
    if same:
        return same[0]
    run_id = context.store().run(text).id
    found = next((row for row in rows if row.id == run_id), None)
    if found is None:
        why = next((warning for warning in warnings if run_id in warning), "")
        raise RunError(
            "{why}" if why else "The run {run} was deleted.",
            "It may be a later version's: update the program."
            if why
            else "Bring it back: resnet-explorer runs restore {run}",
            run=run_id,
            why=why,
        )
    return found


def _said_of(run_ids: Sequence[str], context: Context, text: str) -> Said:
    from explorer.engine.handlers.runs import all_rows

    rows, _ = all_rows(context.store())
    result = [as_json(row) for row in rows if row.id in run_ids]
    return result, text.format(runs=", ".join(run_ids))
