"""`[direct_debit]` in the operator's file: read with its defaults, refused where it cannot be."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from hospes.config.debits import DirectDebitRules, read_direct_debit


def read(tmp_path: Path, words: str) -> DirectDebitRules:
    path = tmp_path / "operator.toml"
    path.write_text(words)
    return read_direct_debit(path)


def test_without_it_nothing_is_collected(tmp_path: Path) -> None:
    rules = read(tmp_path, "")
    assert (rules.is_offered, rules.notice_days, rules.submit_days) == (False, 14, 2)


def test_the_example_that_ships_collects() -> None:
    assert settings.HOSPES_DIRECT_DEBIT.is_offered


@pytest.mark.parametrize(
    ("line", "good"),
    [
        ('creditor_id = "NL04ZZZ172726320000"', True), ('creditor_id = "NL05ZZZ172726320000"', False), ('creditor_id = "x"', False),
        ("creditor_id = 1", False), ("notice_days = 1", True), ("notice_days = 0", False), ("notice_days = 60", True),
        ("notice_days = 61", False), ("notice_days = true", False), ("submit_days = 1", True), ("submit_days = 0", False),
        ("submit_days = 10", True), ("submit_days = 11", False), ("else = 1", False), ("else", False),
    ],
)  # fmt: skip
def test_what_the_operator_may_say(tmp_path: Path, line: str, good: bool) -> None:
    if good:
        read(tmp_path, f"[direct_debit]\n{line}\n")
        return
    with pytest.raises(ImproperlyConfigured, match=r"operator\.toml"):
        read(tmp_path, f"[direct_debit]\n{line}\n")
