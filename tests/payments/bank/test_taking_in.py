"""A statement is taken in once and in order, by whoever brings it and however often; what went out finds its refund."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import InternalError, ProgrammingError, connection, connections, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from hospes.billing.ledger import checks
from hospes.billing.ledger.models import LedgerEntry
from hospes.kernel import clock, journal
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import refunds, sweeps
from hospes.payments.balances import jobs as balance_jobs
from hospes.payments.balances.queries import balance_of
from hospes.payments.bank import allocating, finding, services
from hospes.payments.bank import checks as bank_checks
from hospes.payments.bank import sweeps as bank_sweeps
from hospes.payments.bank.models import BankAllocation, BankLine, BankStatement
from hospes.payments.bank.reading import BadFile
from hospes.payments.bank.rules import Kind
from hospes.payments.models import Refund
from tests.billing.books import again, draft, issue
from tests.billing.ledger.ledger_books import balance
from tests.billing.test_crediting import credit as credit_note_of
from tests.payments.bank.paper import (
    OURS,
    act,
    bring,
    came_in,
    camt,
    held,
    line,
    next_day,
    paid,
    said,
    statement,
    take_in,
    undo_all,
)
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]
DAY = timedelta(days=1)


def count() -> tuple[int, int, int]:
    with as_owner():
        return (
            BankStatement.objects.count(),
            BankLine.objects.count(),
            LedgerEntry.objects.filter(journal="B").count(),
        )


# --- once, and in order ---------------------------------------------------------------------------------------------------


def test_the_same_file_twice_changes_nothing() -> None:
    data = camt(statement(line(5, "a"), line(5, "a"), line(-3)))
    assert (bring(data).new, count()) == (1, (1, 3, 3))
    again_ = bring(data)
    assert (again_.new, again_.known, again_.line_ids, count()) == (0, 1, (), (1, 3, 3))


def test_the_same_statement_in_another_file_or_under_another_name_is_the_same() -> None:
    one = statement(line(5, "a"))
    two = next_day(one, line(7, "b"))
    assert bring(camt(one)).new == 1
    done = bring(camt(one, two, one, version="08"))
    assert (done.new, done.known, count()) == (1, 2, (2, 2, 2))


def test_statements_of_a_file_are_taken_in_their_order_whatever_that_of_the_file_is() -> None:
    one = statement(line(5, "a"))
    two, page = next_day(one, line(7, "b")), statement(line(9, "c"), opening=100_005, on=TODAY)
    three = next_day(page, line(1, "d"))
    assert take_in(three, page, one).new == 3
    with pytest.raises(BadFile):  # it would follow on the first, but all of that day is in
        take_in(two)
    with as_owner():
        assert list(BankStatement.objects.order_by("pk").values_list("closing_cents", flat=True)) == [
            100_005,
            100_014,
            100_015,
        ]


@pytest.mark.parametrize(
    ("opening", "days", "words"),
    [(100_007, 1, "A statement is missing"), (100_005, -1, "that are here already"), (100_004, 1, "A statement is missing")],
)  # fmt: skip
def test_a_gap_and_an_overlap_refuse_the_whole_file(opening: int, days: int, words: str) -> None:
    from django.utils import translation

    take_in(one := statement(line(5, "a")))
    day = TODAY + days * DAY
    with translation.override("en"), pytest.raises(BadFile, match=words):
        take_in(statement(line(7, booked_on=day), opening=opening, on=day))
    with translation.override("en"), pytest.raises(BadFile):  # the good one in it is not taken either
        take_in(next_day(one, line(1)), statement(line(7, booked_on=day), opening=opening, on=day))
    assert count() == (1, 1, 1)


def test_a_line_that_is_here_already_is_not_taken_again_under_another_statement() -> None:
    take_in(
        statement(line(5, "a", bank_reference="R1"), line(-5, "b", bank_reference="R2"))
    )  # it ends as it began
    with pytest.raises(BadFile):
        take_in(statement(line(5, "a", bank_reference="R1"), on=TODAY, number="9"))
    assert take_in(statement(line(5, "a", bank_reference="R3"), on=TODAY)).new == 1


def test_an_account_that_is_not_ours_another_currency_and_a_wrong_sum_refuse_it() -> None:
    good = statement(line(1, "x"))
    for wrong in (
        statement(line(5), account="NL20INGB0001234567"), statement(line(5), currencies=frozenset({"USD"})),
        statement(line(5), closing_cents=7),
    ):  # fmt: skip
        with pytest.raises(BadFile):
            take_in(good, wrong)
    assert count() == (0, 0, 0)


def test_accounts_of_the_operator_each_have_their_own_row(settings: Any) -> None:
    from hospes.config.bank import Bank

    settings.HOSPES_BANK = Bank((OURS, "NL69INGB0123456789"))
    one, two = statement(line(5)), statement(line(6), account="NL69INGB0123456789", opening=7)
    assert take_in(one, two).new == 2
    assert take_in(next_day(one, line(1))).new == 1


def test_an_empty_statement_and_one_of_nothing_are_taken() -> None:
    assert (take_in(statement()).line_ids, count()) == ((), (1, 0, 0))
    assert take_in(next_day(statement(), line(3))).new == 1


def test_a_closed_month_gets_nothing_any_more() -> None:
    from tests.billing.ledger.ledger_books import close

    before = TODAY.replace(day=1) - DAY
    close(before.replace(day=1), now=NOW)
    take_in(statement(line(5, booked_on=before), on=before))
    with as_owner():
        [entry] = LedgerEntry.objects.filter(journal="B")
    assert entry.booked_on == TODAY.replace(day=1)


# --- what the database holds whoever writes ---------------------------------------------------------------------------------


def test_what_the_bank_said_stays() -> None:
    [one] = came_in(line(5, "a"))
    act(allocating.set_aside, line_id=one.pk, note="x")
    for table, change in (
        ("bank_bankline", "cents = 6"), ("bank_bankstatement", "closing_cents = 6"), ("bank_bankallocation", "cents = 4"),
    ):  # fmt: skip
        with (
            pytest.raises((ProgrammingError, InternalError)),
            as_owner(),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE {table} SET {change}")  # of the tuple above
    with acting(Purpose.BILLING, actor=JOB):
        for model, value in (
            (BankLine, {"left_cents": 3}),
            (BankLine, {"name": "x"}),
            (BankAllocation, {"note": "y"}),
        ):
            with pytest.raises(ProgrammingError), transaction.atomic():
                model.objects.update(**value)


@pytest.mark.parametrize("purpose", [Purpose.SUPPORT, Purpose.CONTRACT, Purpose.MESSAGES])
def test_other_purposes_read_nothing_of_it(purpose: Purpose) -> None:
    came_in(line(5, "a"))
    with pytest.raises(ProgrammingError), acting(purpose, actor=JOB):
        list(BankLine.objects.values_list("pk"))


def test_a_customer_sees_their_credit_and_nobody_elses(settings: Any) -> None:
    mine, other = make.customer(), make.customer()
    [one] = came_in(line(500, "x"))
    act(allocating.hold_as_balance, line_id=one.pk, number=mine.number)
    for customer, cents in ((mine, 500), (other, 0)):
        with acting(Purpose.BILLING, actor=JOB, customer=customer.pk):
            assert balance_of(customer.pk) == cents
            assert balance_of(mine.pk) == cents


# --- two at the same moment -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("committed_database")
def test_two_who_bring_the_same_file_at_the_same_moment_take_it_in_once() -> None:
    invoice = issue(draft(make.customer()))
    data, start = camt(statement(line(9075, invoice.number), line(1, "?"))), threading.Barrier(4)
    done: list[int] = []

    def bring_it() -> None:
        try:
            start.wait(timeout=20)
            done.append(bring(data).new)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=bring_it) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    assert sorted(done) == [0, 0, 0, 1]
    assert (count(), paid(invoice)) == ((1, 2, 2), 9075)


@pytest.mark.usefixtures("committed_database")
def test_two_who_divide_the_same_line_at_the_same_moment_divide_it_once() -> None:
    several = [issue(draft(make.customer(), origin=f"order:{n}")) for n in (1, 2)]
    [one] = came_in(line(9075, "?"))
    start, done = threading.Barrier(2), list[str]()

    def divide(number: str) -> None:
        try:
            start.wait(timeout=20)
            act(allocating.pay_invoices, line_id=one.pk, shares=[(number, None)])
            done.append("paid")
        except allocating.Refused:
            done.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=divide, args=(each.number,)) for each in several]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    assert sorted(done) == ["paid", "refused"]
    assert sorted(map(paid, several)) == [0, 9075]


# --- what went out, and came back -----------------------------------------------------------------------------------------


def a_refund() -> Refund:
    """A credit note whose money is to go back by hand."""
    note = credit_note_of(issue(draft(paid_at=NOW, paid_with="banktransfer")))
    sweeps.see_to_refunds(now=NOW)
    with as_owner():
        found = Refund.objects.get(credit_note_id=note.pk)
    assert found.state == "failed"
    return found


def number_of(refund: Refund) -> str:
    with as_owner():
        return again(Refund.objects.select_related("credit_note").get(pk=refund.pk).credit_note).number


def state_of(refund: Refund) -> str:
    with as_owner():
        return str(Refund.objects.values_list("state", flat=True).get(pk=refund.pk))


def test_money_paid_back_by_hand_is_recognised_and_noted() -> None:
    refund = a_refund()
    came_in(line(-9075, f"Creditfactuur {number_of(refund)}", account="NL02RABO0123456789"))
    assert said() == [("refund", -9075, None)]
    assert (state_of(refund), balance("suspense"), balance("bank")) == ("done", 0, -9075)
    with as_owner():
        assert checks.findings(connection) == []


def test_what_a_colleague_noted_before_the_statement_came_is_not_booked_twice() -> None:
    refund = a_refund()
    act(refunds.paid_by_hand, refund_id=refund.pk, on=TODAY)
    assert balance("suspense") == -9075  # under way
    came_in(line(-9075, number_of(refund)), line(-9075, number_of(refund)))
    assert (balance("suspense"), balance("bank")) == (9075, -18_150)  # the second one is a riddle, and waits
    assert [each.left_cents for each in held()] == [0, -9075]
    part = allocating.Part(Kind.REFUND, -9075, refund.customer_id, refund_id=refund.pk)
    with pytest.raises(allocating.Refused):
        act(allocating.divide, line_id=held()[1].pk, parts=[part])


def test_money_that_comes_back_is_to_be_paid_once_more() -> None:
    refund = a_refund()
    one = statement(line(-9075, number_of(refund)))
    take_in(one)
    two = next_day(one, line(9075, number_of(refund), reason="AC04"))
    take_in(two, now=NOW + DAY)
    assert said() == [("refund", -9075, None), ("bounce", 9075, None)]
    assert (state_of(refund), balance("suspense"), balance("bank")) == ("failed", 0, 0)
    three = next_day(two, line(-9075, number_of(refund)))
    take_in(three, now=NOW + 2 * DAY)
    assert (state_of(refund), balance("suspense"), balance("bank")) == ("done", 0, -9075)
    with as_owner():
        assert checks.findings(connection) == []
        assert Refund.objects.get(pk=refund.pk).paid_on == TODAY + 2 * DAY


@pytest.mark.parametrize("marked", [{"reason": "AC04"}, {"is_reversal": True}])
def test_our_own_transfer_that_bounced_pays_no_invoice_whatever_it_says(marked: dict[str, Any]) -> None:
    invoice = issue(draft(make.customer()))
    came_in(line(9075, f"terugbetaling {invoice.number}", **marked))
    [back] = held()
    with acting(Purpose.BILLING, actor=JOB):
        found = finding.proposals([back])[back.pk]
    assert (paid(invoice), back.left_cents) == (0, 9075)
    assert not {each.kind for each in found} & {"invoice", "order", "credit"}


def test_a_refund_that_was_recognised_wrongly_waits_again() -> None:
    refund = a_refund()
    [one] = came_in(line(-9075, number_of(refund)))
    undo_all(one)
    assert (state_of(refund), balance("suspense"), held()[0].left_cents) == ("failed", 9075, -9075)


def test_a_transfer_that_the_bank_undoes_takes_its_payment_back() -> None:
    invoice = issue(draft(make.customer()))
    one = statement(line(9075, invoice.number, end_to_end="E1"))
    take_in(one)
    take_in(
        next_day(one, line(-9075, "terugboeking", end_to_end="E1", is_reversal=True, reason="FOCR")),
        now=NOW + DAY,
    )
    back = held()[1]
    assert (paid(invoice), back.left_cents) == (9075, -9075)  # a person says so
    with acting(Purpose.BILLING, actor=JOB):
        best = finding.proposals([back])[back.pk][0]
    assert (best.kind, best.is_certain) == ("reversal", False)
    act(allocating.accept, line_id=back.pk, key=allocating.key_of(best), now=NOW + DAY)
    assert (paid(invoice), [each.left_cents for each in held()]) == (0, [0, 0])
    assert (balance("suspense"), balance("bank"), balance("debtors")) == (0, 0, 9075)
    undo_all(back)
    assert [each.left_cents for each in held()] == [9075, -9075]
    with as_owner():
        assert checks.findings(connection) == []


def test_lines_that_nobody_looked_at_are_looked_at_later_and_what_was_undone_is_left_alone() -> None:
    invoice = issue(draft(make.customer()))
    with acting(Purpose.BILLING, actor=JOB):  # the worker that brought it was killed after that
        services.take_in([statement(line(9075, invoice.number), line(1, "?"))], now=NOW)
    assert (paid(invoice), [each.matched_at for each in held()]) == (0, [None, None])
    assert bank_sweeps.match(now=NOW, page_size=1) == {"lines": 2, "booked": 1}
    undo_all(held()[0])
    assert +bank_sweeps.match(now=NOW) == {}
    assert paid(invoice) == 0
    with clock.moved_to(NOW):
        from hospes.payments.bank import jobs

        jobs.match_lines.run(timestamp=0)
    assert paid(invoice) == 0


# --- the sweep, and everything together -------------------------------------------------------------------------------------


def test_a_balance_pays_later_invoices_by_itself() -> None:
    customers = [make.customer() for _ in range(3)]
    take_in(statement(*[line(1000, "vooruit") for _ in customers]))
    for row, customer in zip(held(), customers, strict=True):
        act(allocating.hold_as_balance, line_id=row.pk, number=customer.number)
    several = [issue(draft(customer, origin=f"order:{customer.pk}")) for customer in customers]
    with clock.moved_to(NOW):
        balance_jobs.sweep.run(timestamp=0)
        balance_jobs.sweep.run(timestamp=1)
    assert list(map(paid, several)) == [1000] * 3
    assert balance("surplus") == 0


@hypothesis_settings(
    max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.data())
def test_whatever_is_said_and_undone_the_ledger_and_the_open_items_agree(data: Any) -> None:
    with transaction.atomic():
        _anything(data)
        transaction.set_rollback(True)


def _anything(data: Any) -> None:
    customers = [make.customer(), make.customer()]
    several = [issue(draft(customers[n % 2], origin=f"order:{n}")) for n in range(3)]
    cents = data.draw(st.lists(st.sampled_from([9075, 5000, 18_150, 1, -3000]), min_size=1, max_size=4))
    texts = [data.draw(st.sampled_from([several[0].number, several[1].number, "?"])) for _ in cents]
    came_in(*[line(amount, text) for amount, text in zip(cents, texts, strict=True)])
    for _ in range(data.draw(st.integers(0, 6))):
        row = data.draw(st.sampled_from(held()))
        verb = data.draw(st.sampled_from(["invoice", "balance", "aside", "undo"]))
        try:
            if verb == "invoice":
                number = data.draw(st.sampled_from(several)).number
                act(allocating.pay_invoices, line_id=row.pk, shares=[(number, None)])
            elif verb == "balance":
                act(
                    allocating.hold_as_balance,
                    line_id=row.pk,
                    number=data.draw(st.sampled_from(customers)).number,
                )
            elif verb == "aside":
                act(allocating.set_aside, line_id=row.pk, note="x")
            else:
                undo_all(row)
        except allocating.Refused:
            pass
        _agrees(customers, several)


def _agrees(customers: list[Any], several: list[Any]) -> None:
    rows = held()
    assert balance("bank") == sum(each.cents for each in rows)
    assert -balance("suspense") == sum(each.left_cents for each in rows)
    assert balance("debtors") == sum(9075 - paid(each) for each in several)
    with as_owner():
        credits = {customer.pk: balance_of(customer.pk) for customer in customers}
        assert checks.findings(connection) + bank_checks.findings(connection) == []
    assert -balance("surplus") == sum(credits.values())


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE bank_bankline SET left_cents = 2", "is not what of it is divided"),
        ("UPDATE payments_balance SET cents = cents + 1", "is not the sum of its changes"),
        ("INSERT INTO bank_bankstatement (account, number, opened_on, opening_cents, closed_on, closing_cents, digest, imported_at)"
         " VALUES ('NL91ABNA0417164300', '2', '2030-01-01', 5, '2030-01-01', 6, 'x', now())", "does not add up"),
        ("INSERT INTO bank_bankline (statement_id, position, booked_on, cents, left_cents, name, other_account, remittance, structured,"
         " end_to_end, mandate, bank_reference, batch, code, return_reason, is_reversal) SELECT id, 9, opened_on, 1, 1, '', '', '', '', '',"
         " '', '', '', '', '', false FROM bank_bankstatement", "is not in the ledger"),
    ],
)  # fmt: skip
def test_check_sees_what_does_not_agree(sql: str, words: str) -> None:
    customer = make.customer()
    one, _two = came_in(line(500, "x"), line(700, "y"))
    act(allocating.hold_as_balance, line_id=one.pk, number=customer.number)
    with as_owner():
        assert bank_checks.findings(connection) == []
        with connection.cursor() as cursor:
            cursor.execute(sql)
        assert any(words in found for found in bank_checks.findings(connection))


def test_what_is_done_at_the_bank_stands_in_the_journal_with_its_words() -> None:
    assert {"bank.taken_in", "bank.divided", "bank.undone", "balance.set_off"} <= set(journal.actions())
    assert services.digest(statement(line(5))) != services.digest(statement(line(6)))
