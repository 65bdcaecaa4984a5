"""What the operator says of its bank: its own accounts, and how the payment provider is known."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from hospes.config.bank import Bank, read_bank

OWN, OTHER = "NL91ABNA0417164300", "NL20INGB0001234567"


def read(tmp_path: Path, text: str) -> Bank:
    path = tmp_path / "operator.toml"
    path.write_text(text)
    return read_bank(path, usual=OWN)


def test_the_account_on_invoices_is_always_one_of_them(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Bank((OWN,))
    said = f'[bank]\naccounts = ["nl20 ingb 0001 2345 67", "{OWN}"]\npayout_accounts = ["DE89370400440532013000"]\npayout_names = ["X"]'
    assert read(tmp_path, said) == Bank((OWN, OTHER), ("DE89370400440532013000",), ("X",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[bank]\naccounts = ["NL20INGB0001234568"]', "no IBAN"), ("[bank]\naccounts = 5", "list of texts"),
        ("[bank]\nnonsense = 1", "knows no"), ('[bank]\npayout_names = [""]', "list of texts"), ("[bank", "operator.toml"),
        (f'[bank]\npayout_accounts = ["{OWN}"]', "own account"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_start(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        read(tmp_path, text)


def test_the_file_that_ships_can_be_read() -> None:
    assert OWN in read_bank(Path(__file__).parents[2] / "operator.toml", usual=OWN).accounts
