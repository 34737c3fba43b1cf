"""Where files go: the ending that a name lacks, and nothing replaced that was not asked about."""

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from explorer.ui.widgets.saving import ask_where, save_png, save_text


@pytest.fixture
def asked(qtbot, monkeypatch):
    """Asks with a name that the user types; `asked.questions` are those for names that are taken."""

    class Asking:
        def __init__(self):
            self.questions = []
            self.answer = QMessageBox.StandardButton.Yes
            self.parent = QWidget()
            qtbot.addWidget(self.parent)

        def __call__(self, typed, proposed, **more):
            monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(typed), ""))
            return ask_where(self.parent, "Save", proposed, "All (*)", **more)

    asking = Asking()

    def question(_parent, _title, text, *_buttons):
        asking.questions.append(text)
        return asking.answer

    monkeypatch.setattr(QMessageBox, "question", question)
    return asking


@pytest.mark.parametrize(
    ("typed", "is_fixed", "path"),
    [
        ("talk", False, "talk.csv"),
        ("talk.csv", False, "talk.csv"),
        ("talk.CSV", True, "talk.CSV"),
        ("talk.txt", False, "talk.txt"),
        ("talk.txt", True, "talk.txt.csv"),
    ],
)
def test_a_name_gets_the_ending_that_it_lacks(asked, tmp_path, typed, is_fixed, path):
    assert asked(tmp_path / typed, "table.csv", is_ending_fixed=is_fixed) == str(tmp_path / path)
    assert not asked.questions


def test_who_thinks_better_of_it_gets_no_name(asked):
    assert asked("", "table.csv") == ""


def test_a_file_under_the_longer_name_is_replaced_only_after_asking(asked, tmp_path):
    (tmp_path / "talk.csv").write_text("mine")
    # For the name as it was typed the dialog has asked itself.
    assert asked(tmp_path / "talk.csv", "table.csv") == str(tmp_path / "talk.csv")
    assert not asked.questions
    assert asked(tmp_path / "talk", "table.csv") == str(tmp_path / "talk.csv")
    assert asked.questions == ["talk.csv already exists. Do you want to replace it?"]
    asked.answer = QMessageBox.StandardButton.No
    assert asked(tmp_path / "talk", "table.csv") == ""


def test_where_saving_fails_the_cause_is_told_and_the_old_file_stays(qtbot, tmp_path):
    told = []
    save_text("x", tmp_path / "gone" / "table.csv", told.append)
    save_png(QImage(), tmp_path / "gone" / "picture.png", told.append)
    assert [text.startswith(f"{tmp_path / 'gone'}") and " was not saved: " in text for text in told] == [
        True
    ] * 2
    assert "no such folder any more" in told[0]
    assert not (tmp_path / "gone").exists()
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"old")
    save_png(QImage(), picture, told.append)  # an empty picture cannot be encoded
    assert len(told) == 3
    assert picture.read_bytes() == b"old"
    save_text("new, ä", tmp_path / "table.csv", told.append)
    assert (tmp_path / "table.csv").read_text("utf-8") == "new, ä"
    assert len(told) == 3
