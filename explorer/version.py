"""The program's version, for packaging, `--version` and the About box. Imports nothing."""

VERSION = "0.1.0"
