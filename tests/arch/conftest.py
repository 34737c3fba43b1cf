"""The numbers of the papers."""

import json

import pytest


@pytest.fixture(scope="session")
def reference(request):
    """The numbers that an implementation must reproduce; the test skips where they are absent."""
    path = request.config.rootpath.parent / "shared" / "reference" / "architectures.json"
    if not path.is_file():
        pytest.skip(f"the reference numbers are not at {path}")
    return json.loads(path.read_text(encoding="utf-8"))
