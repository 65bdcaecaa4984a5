"""Every register of VAT numbers in turn: what it answers, and that whatever is no answer is none."""

from collections.abc import Iterator

import pytest

from hospes.billing.tax.providers import Answer, RegisterUnavailable, VatRegister, register
from hospes.billing.tax.providers.vies import Vies
from hospes.kernel.outside import NotOnTheMap, checked, payloads
from hospes.kernel.recipients import Recipient
from simulators import VatNumberCheck

OURS = "NL821792234B01"
PATH = "/taxation_customs/vies/rest-api"


@pytest.fixture
def sim() -> Iterator[VatNumberCheck]:
    with VatNumberCheck() as made:
        yield made


@pytest.fixture(params=["vies"])
def vat_register(request: pytest.FixtureRequest, sim: VatNumberCheck) -> VatRegister:
    """Every register in turn."""
    return Vies(url=sim.url + PATH, timeout=2)


def test_a_number_in_use_is_right_with_proof_that_it_was_asked(
    vat_register: VatRegister, sim: VatNumberCheck
) -> None:
    answer = vat_register.check("BE0428759497", requester=OURS)
    [asked] = sim.questions()
    assert answer == Answer(True, asked["identifier"])
    assert answer.consultation
    assert (asked["country"], asked["number"], asked["requester"]) == ("BE", "0428759497", OURS)


def test_a_number_that_is_not_in_use_is_not_right(vat_register: VatRegister, sim: VatNumberCheck) -> None:
    sim.control.number("BE0428759497", valid=False)
    answer = vat_register.check("BE0428759497", requester=OURS)
    assert not answer.is_valid
    assert answer.consultation


@pytest.mark.parametrize("error", ["MS_UNAVAILABLE", "MS_MAX_CONCURRENT_REQ", "TIMEOUT"])
def test_a_member_state_that_is_not_there_gives_no_answer(
    vat_register: VatRegister, sim: VatNumberCheck, error: str
) -> None:
    sim.control.unavailable("BE", error)
    with pytest.raises(RegisterUnavailable, match=error):
        vat_register.check("BE0428759497", requester=OURS)
    assert vat_register.check("DE136695976", requester=OURS).is_valid
    sim.control.available("BE")
    assert vat_register.check("BE0428759497", requester=OURS).is_valid


def test_down_in_whatever_way_is_no_answer(vat_register: VatRegister, sim: VatNumberCheck) -> None:
    for make_it_so, reason in (
        (lambda: sim.control.outage(1), "SERVICE_UNAVAILABLE"),
        (lambda: sim.control.outage(1, html=True), "HTTP 503"),
        (lambda: sim.control.rate_limit(1), "GLOBAL_MAX_CONCURRENT_REQ"),
        (lambda: sim.control.slow(5, 1), "ReadTimeout"),
    ):
        sim.control.calm()
        make_it_so()
        with pytest.raises(RegisterUnavailable) as no_answer:
            vat_register.check("BE0428759497", requester=OURS)
        assert no_answer.value.reason == reason
    sim.control.calm()
    assert vat_register.check("BE0428759497", requester=OURS).is_valid


def test_nobody_there_is_no_answer() -> None:
    with pytest.raises(RegisterUnavailable, match="ConnectError"):
        Vies(url="http://127.0.0.1:1").check("BE0428759497", requester=OURS)


@pytest.mark.promise("P41", "P44")
def test_vies_is_told_the_number_and_ours_and_nothing_else(settings: object) -> None:
    assert payloads[Recipient.VIES, "number.check"] == {
        "country",
        "number",
        "requesterMemberStateCode",
        "requesterNumber",
    }
    with pytest.raises(NotOnTheMap):
        checked(Recipient.VIES, "number.check", {"country": "BE", "name": "Frituur bv"})
    assert isinstance(register(), Vies)
