"""The table of operations says what is there."""

from tests import operations


def test_table_is_current():
    assert operations.FILE.read_text(encoding="utf-8") == operations.table(), "run python -m tests.operations"
