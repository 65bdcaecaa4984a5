"""Made-up payers: the same for the same seed, valid in form, of no real bank."""

from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban

from simulators.people import BIC, payer


@given(st.text(min_size=1, max_size=20))
def test_a_payer_has_a_valid_dutch_account_at_a_bank_that_does_not_exist(seed: str):
    who = payer(seed)
    assert iban.is_valid(who.iban)
    assert (who.iban[:2], who.iban[4:8], len(who.iban)) == ("NL", "SIMU", 18)
    assert (
        sum(weight * int(digit) for weight, digit in zip(range(10, 0, -1), who.iban[8:], strict=True)) % 11
        == 0
    )
    assert who.bic == BIC
    assert who.mail.endswith(".invalid")
    assert payer(seed) == who


def test_payers_differ():
    assert len({payer(str(seed)).iban for seed in range(200)}) == 200
