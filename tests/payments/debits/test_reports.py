"""What the bank says of a file: taken in as a whole, once, and only of our own files."""

from datetime import date, timedelta

import pytest

from hospes.payments.debits.services import ReportRefused
from tests.payments.debits import desk
from tests.payments.debits.desk import batches, day, days, debits, report, states, take_in

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

D, DUE, FRIDAY = date(2026, 3, 2), date(2026, 3, 16), date(2026, 3, 13)


def a_file(count: int = 2) -> None:
    for _number in range(count):
        customer = desk.paying_customer()
        desk.sign(customer)
        desk.invoice(customer)
    days(D, date(2026, 3, 12))


def test_a_file_that_is_taken_is_at_the_bank() -> None:
    a_file()
    content = report(batches()[0], group="ACCP")
    assert take_in(content, FRIDAY) == {}
    [batch] = batches()
    assert (batch.state, batch.submitted_on, batch.accepted_at is not None, states()) == (
        "submitted",
        FRIDAY,
        True,
        ["submitted"] * 2,
    )
    before = (debits(), batches())
    assert take_in(content, FRIDAY + timedelta(days=1)) == {}
    assert [(x.pk, x.state) for x in before[0]] == [(x.pk, x.state) for x in debits()]
    assert before[1][0].accepted_at == batches()[0].accepted_at


def test_what_is_refused_is_refused_once_and_the_rest_goes_on() -> None:
    a_file()
    bad, good = debits()
    content = report(
        batches()[0],
        group="PART",
        each=[(bad.end_to_end_id, "RJCT", "AC04"), (good.end_to_end_id, "ACCP", "")],
    )
    assert take_in(content, FRIDAY) == {"rejected": 1}
    assert take_in(content, FRIDAY) == {"same": 1}
    assert [(x.state, x.code) for x in debits()] == [("rejected", "AC04"), ("submitted", "")]
    assert day(DUE + timedelta(days=1)) == {"collected": 1}


def test_a_block_that_is_refused_takes_what_is_in_it() -> None:
    a_file()
    block = "<OrgnlPmtInfAndSts><OrgnlPmtInfId>{}-1</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts><StsRsnInf><Rsn><Cd>BE05</Cd></Rsn></StsRsnInf></OrgnlPmtInfAndSts>"
    assert take_in(report(batches()[0], blocks=block.format(batches()[0].reference)), FRIDAY) == {
        "rejected": 2
    }
    assert {x.code for x in debits()} == {"BE05"}


def test_a_file_that_is_refused_as_a_whole_goes_into_the_next_one() -> None:
    a_file()
    content = report(batches()[0], group="RJCT", code="FF01")
    assert take_in(content, FRIDAY) == {"refused": 1}
    assert take_in(content, FRIDAY) == {"refused": 0}
    assert (batches()[0].state, batches()[0].reasons, states()) == ("refused", "FF01", ["announced"] * 2)
    assert day(FRIDAY) == {"filed": 2}
    assert [x.state for x in batches()] == ["refused", "made"]
    assert desk.mails().count("moved") == 2
    assert take_in(content, FRIDAY) == {"refused": 0}
    assert states() == ["batched"] * 2


def test_a_file_that_is_refused_after_its_day_was_never_collected() -> None:
    a_file()
    desk.submit(batches()[0], FRIDAY)
    after = batches()[0].collect_on + timedelta(days=1)
    assert day(after) == {"collected": 2}
    assert take_in(report(batches()[0], group="RJCT", code="FF01"), after) == {"refused": 1, "returned": 2}
    assert states() == ["returned"] * 2
    assert (desk.balance("debits"), desk.balance("debtors")) == (0, desk.open_items())
    assert desk.open_items() == 2 * 9075


@pytest.mark.parametrize("was", ["handed in twice", "taken before"])
def test_a_file_that_the_bank_has_is_not_collected_from_once_more(was: str) -> None:
    a_file()
    if was == "taken before":
        take_in(report(batches()[0], group="ACCP"), FRIDAY)
    else:
        desk.submit(batches()[0], FRIDAY)
    code = "AM05" if was == "handed in twice" else "FF01"
    with pytest.raises(ReportRefused):
        take_in(report(batches()[0], group="RJCT", code=code), FRIDAY)
    assert (batches()[0].state, states(), day(FRIDAY)) == ("submitted", ["submitted"] * 2, {})


def test_a_word_about_a_file_that_was_refused_is_none_about_the_next_one() -> None:
    a_file()
    first = batches()[0]
    take_in(report(first, group="RJCT", code="FF01"), FRIDAY)
    day(FRIDAY)
    key = debits()[0].end_to_end_id
    assert take_in(report(first, each=[(key, "RJCT", "AC04")]), FRIDAY) == {"same": 1}
    assert ([x.state for x in batches()], states()) == (["refused", "made"], ["batched"] * 2)


@pytest.mark.parametrize("what", ["damaged", "stranger", "not in it", "taken back"])
def test_what_does_not_fit_changes_nothing(what: str) -> None:
    from hospes.kernel.acting import JOB, acting
    from hospes.kernel.purposes import Purpose
    from hospes.payments.debits import services

    a_file()
    batch, [first, _second] = batches()[0], debits()
    content = report(batch, each=[(first.end_to_end_id, "RJCT", "AC04")])
    if what == "damaged":
        content = content[:-20]
    elif what == "stranger":
        content = content.replace(batch.reference.encode(), b"DD19990101-1")
    elif what == "not in it":
        content = report(batch, each=[(first.end_to_end_id, "RJCT", "AC04"), ("F1-1", "RJCT", "AC04")])
    else:
        with acting(Purpose.BILLING, actor=JOB):
            services.cancel(batch_id=batch.pk, now=desk.at(FRIDAY))
    before = states()
    with pytest.raises(ReportRefused):
        take_in(content, FRIDAY)
    assert states() == before


def test_a_bank_may_name_a_collection_otherwise_but_has_to_name_it() -> None:
    a_file()
    bad, _good = debits()
    content = report(batches()[0], each=[(bad.end_to_end_id, "RJCT", "AC04")])
    named = f"<OrgnlEndToEndId>{bad.end_to_end_id}</OrgnlEndToEndId>".encode()
    with pytest.raises(ReportRefused, match="OrgnlEndToEndId"):
        take_in(content.replace(named, b""), FRIDAY)
    with pytest.raises(ReportRefused, match="niet in ons bestand"):
        take_in(content.replace(named, b"<OrgnlTxId>X-1</OrgnlTxId>"), FRIDAY)
    assert states() == ["batched"] * 2
    otherwise = named.replace(b"EndToEndId", b"InstrId")
    assert take_in(content.replace(named, otherwise), FRIDAY) == {"rejected": 1}
