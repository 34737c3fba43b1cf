"""Every test of this room writes into a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from explorer import paths


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(folder))
    return folder


@pytest.fixture
def photos() -> list[Path]:
    """The real photographs; only their content is read, never copied into the project."""
    folder = Path(__file__).resolve().parents[3] / "shared" / "data" / "photos"
    found = sorted(folder.glob("*.jpg"))
    if not found:
        pytest.skip(f"no photographs in {folder}")
    return found
