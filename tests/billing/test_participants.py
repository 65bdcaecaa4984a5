"""Numbers on the Peppol network: of a known scheme, of its form, and in one way of writing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hospes.billing.einvoices.participants import SCHEMES, BadParticipant, described, participant


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_example_of_every_scheme_is_one_and_is_written_in_one_way(scheme: str) -> None:
    example = SCHEMES[scheme].example
    address = participant(scheme, example)
    assert address == f"{scheme}:{example}"
    assert participant(scheme, f"  {address} ") == address
    assert participant(scheme, example.lower()) == address
    assert example in described(address)


@pytest.mark.parametrize(("scheme", "written", "address"), [
    ("0106", "12 34 56 78", "0106:12345678"),
    ("9944", "0044.95.445.B01", "9944:NL004495445B01"),
    ("0208", "BE 0403.019.261", "0208:0403019261"),
    ("9925", "0403.019.261", "9925:BE0403019261"),
    ("9930", "136 695 976", "9930:DE136695976"),
])  # fmt: skip
def test_however_it_is_written(scheme: str, written: str, address: str) -> None:
    assert participant(scheme, written) == address


@pytest.mark.parametrize(("scheme", "number"), [
    ("0106", "1234567"), ("0106", "123456789"), ("0106", "0208:12345678"), ("0106", ""),
    ("0190", "12345678"), ("0190", "99999999003214345000"),
    ("9944", "NL004495446B01"), ("9944", "BE0403019261"), ("9944", "NL111222333B01"),  # the last one holds a BSN
    ("0208", "0403019262"), ("0208", "2403019261"), ("9925", "NL004495445B01"), ("9930", "136695977"),
    ("0204", "991-03730-18"), ("0088", "8712345678907"), ("0088", "96385074"), ("0192", "988077918"),
])  # fmt: skip
def test_what_is_no_number_of_its_scheme_is_refused_with_an_example(scheme: str, number: str) -> None:
    with pytest.raises(BadParticipant) as refusal:
        participant(scheme, number)
    assert refusal.value.example == SCHEMES[scheme].example
    assert number not in str(refusal.value) or not number


def test_a_scheme_that_is_not_known_is_none() -> None:
    with pytest.raises(KeyError):
        participant("9999", "12345678")


@given(st.sampled_from(sorted(SCHEMES)), st.text(max_size=60))
def test_whatever_is_written_it_is_an_address_for_the_network_or_refused(scheme: str, number: str) -> None:
    try:
        address = participant(scheme, number)
    except BadParticipant:
        return
    assert participant(scheme, address) == address
    assert address.isascii()
    assert address.startswith(f"{scheme}:")
    assert len(address) <= 55
