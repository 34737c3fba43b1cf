"""The commands by name: which module has each, and what it does in a few words.

Called by `app` (is the first word a command?) and `cli/root.py`. Imports nothing: it is on the way to the
first paint. Each module has `add_parser(subparsers)`, which sets `func(args) -> int`.
"""

COMMANDS = {
    "describe": "the graph of a network and what it costs",
    "presets": "all named networks",
    "diff": "what differs between two networks, and what it costs",
    "compare": "networks side by side, and what each says of a picture",
    "classify": "say what pictures show",
    "evaluate": "measure a network's accuracy on labelled pictures",
    "features": "save what a node makes of a picture",
    "attribute": "show what in a picture spoke for a class",
    "lesion": "take blocks out and see what the network still knows",
    "probe": "find out in which block it is decided",
    "profile": "measure the time and memory of each block",
    "findings": "compute what ships with trained weights",
    "train": "train a network",
    "sweep": "train networks that differ in some fields",
    "runs": "list, show, mark and export trainings",
    "export": "write a network as Python, ONNX, weights, JSON or SVG",
    "doctor": "check this machine and say where files are",
}
"""What `resnet-explorer --help` says of each; the module is `explorer.cli.NAME`."""
