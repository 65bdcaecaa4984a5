"""Bank statements of the demo: what was booked by itself, what waits with a proposal, and what nobody knows."""

from datetime import date, datetime, timedelta

from django.conf import settings

from hospes.billing import services as billing
from hospes.billing.models import Invoice
from hospes.billing.queries import vat_basis_points
from hospes.billing.services import Draft, DraftLine
from hospes.cli.demo_names import made_up
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.bank import services, sweeps
from hospes.payments.bank.reading import Line, Statement

_OPENING = 1_250_000
#: Accounts of customers, made up; their digits are right.
_ACCOUNTS = ("NL20INGB0001234567", "NL02ABNA0123456789", "NL39RABO0300065264")


def fill(now: datetime, payout: tuple[int, str] = (61_873, "t_demo settlement")) -> None:
    """
    Some invoices of work that is paid afterwards, and the statements of two days on which some of it was.

    `payout`: what the payment provider transferred, in cents, and the number that it gives it.
    """
    today = clock.day_of(now)
    with acting(Purpose.BILLING, actor=SYSTEM):
        customers = list(Customer.objects.filter(kind="business").order_by("pk")[1:4])
        invoices = [
            _invoice(customer, number, today, now) for number, customer in enumerate(customers, start=1)
        ]
        names = [customer.name for customer in customers]
        first = _statement(today - timedelta(days=1), _OPENING, [
            (invoices[0].total_cents, f"Factuur {invoices[0].number}", names[0], _ACCOUNTS[0]),
            (invoices[1].total_cents, "Verhuizing website, bedankt", names[1], _ACCOUNTS[1]),
            (-1_250, "Kosten zakelijke rekening", "De Bank", ""),
        ])  # fmt: skip
        stranger = made_up(77)
        second = _statement(today, first.closing_cents, [
            (invoices[2].total_cents - 1_000, f"{invoices[2].number} minus korting", names[2], _ACCOUNTS[2]),
            (4_235, "zie mail", f"{stranger.given_name} {stranger.family_name}", "NL86INGB0002445588"),
            (*payout, "Stichting Mollie Payments", ""),
        ])  # fmt: skip
        services.take_in([first, second], now=now)
    sweeps.match(now=now, actor=SYSTEM)


def _invoice(customer: Customer, number: int, today: date, now: datetime) -> Invoice:
    rate = vat_basis_points(country="NL", today=today)
    line = DraftLine(
        description="Verhuizing van een website", details="", net_cents=9_500 * number, vat_basis_points=rate
    )
    draft = Draft(
        customer_id=customer.pk, origin=f"demo:bank:{number}", quote_number="", lines=[line], due_on=today + timedelta(days=14)
    )  # fmt: skip
    return billing.issue(draft, today=today, now=now)


def _statement(day: date, opening: int, movements: list[tuple[int, str, str, str]]) -> Statement:
    lines = tuple(
        Line(
            booked_on=day, valued_on=day, cents=cents, remittance=text, name=name, account=account,
            bank_reference=f"{day:%y%m%d}{place:06d}",
        )
        for place, (cents, text, name, account) in enumerate(movements, start=1)
    )  # fmt: skip
    return Statement(
        account=settings.HOSPES_BANK.accounts[0], currencies=frozenset({"EUR"}), number=f"{day:%j}", opened_on=day,
        opening_cents=opening, closed_on=day, closing_cents=opening + sum(line.cents for line in lines), lines=lines,
    )  # fmt: skip
