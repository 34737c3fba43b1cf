from explorer.cli.tables import pairs, table


def test_columns_are_straight_and_numbers_flush_right():
    assert table(("Name", "MACs"), [("a", "1"), ("long name", "1,000")], right=("MACs",)).splitlines() == [
        "Name        MACs",
        "─────────  ─────",
        "a              1",
        "long name  1,000",
    ]


def test_lines_have_no_spaces_at_their_ends():
    assert all(line == line.rstrip() for line in table(("A", "B"), [("x", ""), ("", "")]).splitlines())


def test_wide_and_combining_signs_count_as_they_are_shown():
    lines = table(("A", "B"), [("猫", "1"), ("e\u0301", "2"), ("xyz", "3")]).splitlines()
    assert lines[2:] == ["猫   1", "e\u0301    2", "xyz  3"]


def test_a_table_without_rows_has_its_headers():
    assert table(("A", "B"), []) == "A  B\n─  ─"


def test_pairs():
    assert pairs([("Key", "1"), ("Longer", ""), ("", "2")]) == "Key     1\nLonger\n        2"
