"""The commands by name: which module has each, and what it does in a few words.

Called by `app` (is the first word a command?) and `cli/root.py`. Imports nothing: it is on the way to the
first paint. Each module has `add_parser(subparsers)`, which sets `func(args) -> int`.
"""

COMMANDS = {
    "describe": "the graph of a network and what it costs",
    "presets": "all named networks",
    "diff": "what differs between two networks, and what it costs",
    "classify": "say what pictures show",
    "evaluate": "measure a network's accuracy on labelled pictures",
    "features": "save what a node makes of a picture",
    "train": "train a network",
    "runs": "list, show, mark and export trainings",
    "export": "write a network as Python, ONNX, weights, JSON or SVG",
    "doctor": "check this machine and say where files are",
}
"""What `resnet-explorer --help` says of each; the module is `explorer.cli.NAME`."""
