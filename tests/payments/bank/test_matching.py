"""What comes in at the bank finds its invoice, or a person; and the books agree with it at every step."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from hospes.billing.ledger import checks
from hospes.billing.models import Invoice
from hospes.config.bank import Bank
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.payments.balances import payouts, setting_off
from hospes.payments.balances.models import Balance, BalanceEntry, Payout, PayoutWish
from hospes.payments.bank import allocating, finding
from hospes.payments.bank.allocating import Refused
from hospes.payments.bank.models import BankAllocation, BankLine
from hospes.payments.bank.rules import Kind, Proposal
from hospes.sales.models import Order, Quote
from tests.billing.books import draft, issue
from tests.billing.books import line as of_invoice
from tests.billing.ledger.ledger_books import balance
from tests.payments.agreement import assert_agreement
from tests.payments.bank.paper import (
    THEIRS,
    act,
    came_in,
    held,
    line,
    next_day,
    numbers,
    paid,
    said,
    statement,
    take_in,
    undo_all,
)
from tests.payments.till import jobs
from tests.sales.shop import accepted, quoted, wanted
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]


@pytest.fixture
def customer() -> Customer:
    return make.customer(name="Bakkerij Zonnedauw")


def an_invoice(customer: Customer, cents: int = 7500, origin: str = "order:1") -> Invoice:
    return issue(draft(customer, origin=origin, lines=[of_invoice(cents)]))


def balance_of(customer: Customer) -> int:
    with as_owner():
        return Balance.objects.filter(customer=customer).values_list("cents", flat=True).first() or 0


def well() -> None:
    """The bank's side is what the statements say, and the ledger agrees with the rest and with every balance."""
    with as_owner():
        assert checks.findings(connection) == []
        lines = list(BankLine.objects.all())
    assert balance("bank") == sum(each.cents for each in lines)
    assert_agreement()


def test_the_number_and_the_amount_are_enough(customer: Customer) -> None:
    invoice = an_invoice(customer)
    [one] = came_in(line(9075, f"Factuur {invoice.number}"))
    assert (paid(invoice), one.left_cents, one.customer_id) == (9075, 0, customer.pk)
    with as_owner():
        [made] = BankAllocation.objects.all()
        assert (made.is_automatic, made.score, made.why) == (True, 90, "number,amount")
        assert Invoice.objects.get(pk=invoice.pk).paid_with == "banktransfer"
    assert (balance("bank"), balance("suspense"), balance("debtors")) == (9075, 0, 0)
    well()


def test_a_cent_less_is_asked_of_a_person(customer: Customer) -> None:
    invoice = an_invoice(customer)
    [one] = came_in(line(9074, invoice.number))
    assert (paid(invoice), one.left_cents, said()) == (0, 9074, [])
    assert (balance("suspense"), balance("debtors")) == (-9074, 9075)
    well()


def test_a_part_from_an_account_that_is_known_is_booked(customer: Customer) -> None:
    first, second = an_invoice(customer), an_invoice(customer, origin="order:2")
    take_in(one := statement(line(9075, first.number)))
    take_in(next_day(one, line(1000, second.number)))
    assert (paid(first), paid(second)) == (9075, 1000)
    well()


def test_what_is_more_than_open_becomes_credit_and_pays_the_next_invoice(customer: Customer) -> None:
    first, second = an_invoice(customer), an_invoice(customer, origin="order:2")
    take_in(one := statement(line(9075, first.number)))
    third = an_invoice(customer, 1000, origin="order:3")
    take_in(next_day(one, line(9075 + 2000, second.number)))
    assert (paid(second), paid(third), balance_of(customer)) == (9075, 1210, 790)
    assert said()[1:] == [("invoice", 9075, second.pk), ("balance", 2000, None)]
    well()


def test_one_payment_for_several_invoices(customer: Customer) -> None:
    several = [an_invoice(customer), an_invoice(customer, 1000, origin="order:2")]
    came_in(line(9075 + 1210, numbers(several)))
    assert [paid(each) for each in several] == [9075, 1210]
    well()


def test_invoices_of_two_customers_in_one_payment_wait(customer: Customer) -> None:
    mine, other = an_invoice(customer), an_invoice(make.customer(), origin="order:2")
    [one] = came_in(line(9075 * 2, numbers([mine, other])))
    assert (paid(mine), paid(other)) == (0, 0)
    act(allocating.pay_invoices, line_id=one.pk, shares=[(mine.number, None), (other.number, None)])
    assert (paid(mine), paid(other), held()[0].customer_id) == (9075, 9075, None)
    well()


def test_an_account_and_an_amount_are_only_proposed(customer: Customer) -> None:
    first = an_invoice(customer)
    take_in(one := statement(line(9075, first.number)))
    second = an_invoice(customer, origin="order:2")
    take_in(next_day(one, line(9075, "bedankt")))
    assert paid(second) == 0
    best = proposals_of(held()[1])[0]
    assert (best.score, set(best.why), best.shares) == (60, {"account", "amount"}, ((second.pk, 9075),))
    act(allocating.accept, line_id=held()[1].pk, key=allocating.key_of(best))
    assert paid(second) == 9075
    with as_owner():
        assert BankAllocation.objects.order_by("-pk")[0].is_automatic is False
    well()


def test_what_was_proposed_is_not_booked_once_it_is_not_so_any_more(customer: Customer) -> None:
    invoice = an_invoice(customer)
    one, two = came_in(line(9075, "bedankt"), line(9075, invoice.number))
    assert paid(invoice) == 9075
    with pytest.raises(Refused):
        act(allocating.accept, line_id=one.pk, key=f"invoice_{customer.pk}_0_{invoice.pk}.9075_0")
    assert two.left_cents == 0
    well()


def test_the_same_invoice_twice_on_one_statement_is_paid_once(customer: Customer) -> None:
    invoice = an_invoice(customer)
    _one, two = came_in(line(9075, invoice.number), line(9075, invoice.number))
    assert (paid(invoice), two.left_cents) == (9075, 9075)
    assert proposals_of(held()[1])[0].kind == "balance"  # a person says whether it is held or goes back
    well()


def test_a_wrong_allocation_is_undone_by_an_opposite_booking(customer: Customer) -> None:
    invoice = an_invoice(customer)
    [one] = came_in(line(9075, invoice.number))
    undo_all(one)
    assert (paid(invoice), held()[0].left_cents, held()[0].customer_id) == (0, 9075, None)
    assert (balance("suspense"), balance("debtors"), balance("bank")) == (-9075, 9075, 9075)
    act(allocating.set_aside, line_id=one.pk, note="Teruggave van de leverancier")
    assert (balance("suspense"), balance("questions")) == (0, -9075)
    with as_owner():
        pk = BankAllocation.objects.exclude(undone_at=None).values_list("pk", flat=True)[0]
    with pytest.raises(Refused):
        act(allocating.undo, allocation_id=pk)
    with as_owner():
        actions = list(
            JournalEntry.objects.filter(action__startswith="bank.")
            .order_by("pk")
            .values_list("action", flat=True)
        )
    assert sorted(actions) == ["bank.divided", "bank.divided", "bank.taken_in", "bank.undone"]
    well()


def test_a_balance_that_paid_invoices_is_taken_off_with_them(customer: Customer) -> None:
    [one] = came_in(line(5000, "vooruit"))
    act(allocating.hold_as_balance, line_id=one.pk, number=customer.number)
    assert balance_of(customer) == 5000
    invoice = an_invoice(customer, 1000)
    act(setting_off.set_off, customer_id=customer.pk)
    assert (paid(invoice), balance_of(customer)) == (1210, 3790)
    undo_all(one)
    assert (paid(invoice), balance_of(customer), held()[0].left_cents) == (0, 0, 5000)
    with as_owner():
        assert sum(BalanceEntry.objects.values_list("cents", flat=True)) == 0
    well()


def paying_back(customer: Customer) -> Payout:
    """What the customer has is asked back: by hand, as it came from the bank."""
    person = make.holder_of(customer)
    with acting(Purpose.BILLING, actor=Actor.person(person.pk), customer=customer.pk):
        payouts.ask(customer_id=customer.pk, person_id=person.pk, now=NOW)
    with as_owner():
        wish = PayoutWish.objects.latest("pk")
    act(payouts.plan, wish_id=wish.pk)
    with as_owner():
        return Payout.objects.get(wish=wish)


def test_a_balance_goes_back_once_it_was_asked_for_and_is_found_on_the_statement() -> None:
    customer = make.customer(holder=make.person(), name="Bakkerij Zonnedauw")
    [one] = came_in(line(5000, "vooruit"))
    act(allocating.hold_as_balance, line_id=one.pk, number=customer.number)
    second = next_day(statement(line(5000, "vooruit")), line(-5000, "tegoed"))
    take_in(second)
    out = held()[-1]
    with pytest.raises(Refused):  # nobody asked for it
        act(allocating.hold_as_balance, line_id=out.pk, number=customer.number)
    paying_back(customer)
    take_in(next_day(second, line(-5000, f"uw tegoed, klant {customer.number}")), now=NOW + timedelta(days=2))
    assert said(held()[-1]) == [("refund", -5000, None)]
    with as_owner():
        assert (Payout.objects.get().state, Payout.objects.get().paid_on) == ("done", held()[-1].booked_on)
    assert (balance_of(customer), balance("surplus"), balance("suspense")) == (
        0,
        0,
        5000,
    )  # the first one is a riddle
    with pytest.raises(Refused):  # what was paid back cannot be the balance of nobody
        undo_all(one)
    undo_all(held()[-1])
    with as_owner():
        assert Payout.objects.get().state == "failed"
    assert (balance("surplus"), balance("suspense")) == (-5000, 10_000)
    well()


def test_what_two_decide_about_is_not_paid_back_by_one_who_finds_it(settings: Any) -> None:
    settings.HOSPES_OPERATOR = dataclasses.replace(settings.HOSPES_OPERATOR, four_eyes_above_cents=4999)
    customer = make.customer(holder=make.person())
    [one] = came_in(line(5000, "vooruit"))
    act(allocating.hold_as_balance, line_id=one.pk, number=customer.number)
    payout = paying_back(customer)
    take_in(next_day(statement(line(5000, "vooruit")), line(-5000, f"tegoed {customer.number}")))
    out = held()[-1]
    assert (said(out), out.left_cents) == ([], -5000)
    [proposal] = proposals_of(out)
    with pytest.raises(Refused, match=r"[Tt]w"):
        act(allocating.accept, line_id=out.pk, key=allocating.key_of(proposal))
    act(payouts.paid_by_hand, payout_id=payout.pk, on=out.booked_on, now=NOW + timedelta(days=1))  # both did
    act(allocating.accept, line_id=out.pk, key=allocating.key_of(proposal))
    assert (balance("surplus"), balance("suspense")) == (0, 0)
    well()


def test_more_than_a_line_cannot_be_divided_whoever_tries(customer: Customer) -> None:
    invoice = an_invoice(customer)
    [one] = came_in(line(9000, "?"))
    with pytest.raises(Refused):
        act(allocating.pay_invoices, line_id=one.pk, shares=[(invoice.number, 9001)])
    with pytest.raises(IntegrityError), as_owner(), transaction.atomic():
        BankAllocation.objects.create(
            line=one, kind="other", cents=9001, note="x", is_automatic=False, booked_at=NOW
        )
    with pytest.raises(IntegrityError), as_owner(), transaction.atomic():
        BankAllocation.objects.create(
            line=one, kind="other", cents=-1, note="x", is_automatic=False, booked_at=NOW
        )
    assert said() == []


def test_payouts_and_own_transfers_are_recognised_by_account(settings: Any, customer: Customer) -> None:
    settings.HOSPES_BANK = Bank(
        ("NL91ABNA0417164300", "NL69INGB0123456789"), ("NL58DEUT0265186420",), ("Mollie",)
    )
    came_in(
        line(50_000, "t_1", account="NL58DEUT0265186420", name="Stg Mollie Payments"), line(-20_000, account="NL69INGB0123456789"),
        line(7, "mollie", account=THEIRS, name="Mollie"),
    )  # fmt: skip
    assert [kind for kind, _cents, _invoice in said()] == ["payout", "own"]
    assert (balance("clearing"), balance("suspense")) == (-50_000, 20_000 - 7)
    best = proposals_of(held()[2])[0]
    assert (best.kind, best.is_certain) == ("payout", False)
    well()


def proposals_of(one: BankLine) -> list[Proposal]:
    with acting(Purpose.BILLING, actor=JOB):
        return list(finding.proposals([one])[one.pk])


# --- orders that wait for their payment ---------------------------------------------------------------------------------------


def an_order() -> Order:
    make.vat_rates()
    return accepted(quoted(make.customer(), wanted(7500)))


def order_now(order: Order) -> tuple[str, int]:
    """How an order stands, and how many invoices there are of it."""
    with as_owner():
        return Order.objects.get(pk=order.pk).state, Invoice.objects.filter(
            origin=f"order:{order.pk}"
        ).count()


def quote_number(order: Order) -> str:
    with as_owner():
        return str(Quote.objects.values_list("number", flat=True).get(pk=order.quote_id))


@pytest.mark.parametrize("of_quote", [False, True])
def test_an_order_that_is_paid_by_transfer_is_carried_out(of_quote: bool) -> None:
    order = an_order()
    open_one = make.payment(order=order, state="open")
    came_in(line(9075, f"Bestelling {quote_number(order) if of_quote else order.number}"))
    assert (said(), order_now(order)) == ([("order", 9075, None)], ("paid", 1))
    with as_owner():
        invoice = Invoice.objects.get(origin=f"order:{order.pk}")
        assert (invoice.paid_cents, invoice.paid_with) == (9075, "banktransfer")
        open_one.refresh_from_db()
    assert open_one.replaced_at is not None  # what was begun at the payment provider is let go of
    assert {"sales.jobs.deliver", "payments.jobs.let_go"} <= {name for _pk, name, _of in jobs()}
    assert (balance("suspense"), balance("debtors"), balance("bank")) == (0, 0, 9075)
    with pytest.raises(Refused):
        undo_all(held()[0])
    assert order_now(order) == ("paid", 1)
    well()


@pytest.mark.parametrize(("cents", "text"), [(9074, "{}"), (9076, "{}"), (9075, "bedankt")])
def test_an_order_is_not_paid_with_another_amount_or_without_its_number(cents: int, text: str) -> None:
    order = an_order()
    [one] = came_in(line(cents, text.format(order.number)))
    assert (order_now(order), one.left_cents) == (("awaiting_payment", 0), cents)


def test_an_order_that_was_paid_meanwhile_is_not_paid_again() -> None:
    order = an_order()
    one, two = came_in(line(9075, order.number), line(9075, order.number))
    assert (order_now(order), one.left_cents, two.left_cents) == (("paid", 1), 0, 9075)
    part = allocating.Part(Kind.ORDER, 9075, order.customer_id, order_id=order.pk)
    with pytest.raises(Refused):
        act(allocating.divide, line_id=two.pk, parts=[part])
    well()
