"""What tests of direct debit share: a customer with a mandate, what the clock brings, what the bank says, and how the books stand."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Sum

from hospes.billing.ledger.models import LedgerLine
from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from hospes.payments.balances.queries import balance_of
from hospes.payments.debits import services, sweeps
from hospes.payments.debits.models import Batch, Debit, Mandate
from tests.billing.books import draft, issue, line
from tests.support import make
from tests.support.make.people import holder_of
from tests.support.rights import as_owner

IBAN = "NL02ABNA0123456789"
OTHER_IBAN = "DE89370400440532013000"
IP = "192.0.2.7"


def at(day: date) -> datetime:
    """Early in the morning of a day."""
    return datetime.combine(day, time(6, 31), tzinfo=UTC)


def paying_customer() -> Customer:
    """A customer who paid an order."""
    customer = make.customer()
    make.order(customer=customer, paid=True)
    return customer


def sign(
    customer: Customer, *, iban: str = IBAN, holder: str = "B. Dronkel", now: datetime = make.NOW
) -> Mandate:
    """Have the holder of a customer sign, as the portal does."""
    person = holder_of(customer)
    with acting(Purpose.BILLING, actor=Actor.person(person.pk, ip=IP), customer=customer.pk):
        return services.sign(customer_id=customer.pk, person_id=person.pk, holder=holder, iban=iban, language="nl", ip=IP,
                             now=now)  # fmt: skip


def withdraw(customer: Customer, *, now: datetime) -> Mandate | None:
    """Have the holder withdraw, as the portal does."""
    with acting(Purpose.BILLING, actor=Actor.person(holder_of(customer).pk, ip=IP), customer=customer.pk):
        return services.withdraw(customer_id=customer.pk, now=now)


def invoice(
    customer: Customer, number: int = 1, *, net_cents: int = 7500, on: date = make.TODAY, days: int = 14
) -> Invoice:
    """An invoice that was issued on a day, to be paid within so many days."""
    what = draft(
        customer,
        origin=f"test:{customer.pk}:{number}",
        lines=[line(net_cents)],
        due_on=on + timedelta(days=days),
    )
    return issue(what, today=on, now=at(on))


def day(on: date) -> dict[str, int]:
    """What the clock brings on a day."""
    return dict(sweeps.day_begins(now=at(on)))


def days(first: date, last: date) -> list[tuple[date, dict[str, int]]]:
    """What the clock brings on each of these days on which something happens."""
    found = []
    while first <= last:
        if said := day(first):
            found.append((first, said))
        first += timedelta(days=1)
    return found


def batches() -> list[Batch]:
    with as_owner():
        return list(Batch.objects.order_by("pk"))


def debits() -> list[Debit]:
    with as_owner():
        return list(Debit.objects.order_by("pk"))


def states() -> list[str]:
    return [each.state for each in debits()]


def submit(batch: Batch, on: date) -> None:
    with acting(Purpose.BILLING, actor=JOB):
        services.submitted(batch_id=batch.pk, on=on, now=at(on))


def download(batch: Batch, on: date) -> bytes:
    with acting(Purpose.BILLING, actor=JOB):
        return services.download(batch_id=batch.pk, now=at(on))


def returned(debit: Debit, code: str, on: date) -> str:
    with acting(Purpose.BILLING, actor=JOB):
        return services.returned(end_to_end_id=debit.end_to_end_id, code=code, on=on, now=at(on))


def rejected(debit: Debit, code: str, on: date) -> str:
    with acting(Purpose.BILLING, actor=JOB):
        return services.rejected(end_to_end_id=debit.end_to_end_id, code=code, on=on, now=at(on))


def take_in(content: bytes, on: date) -> dict[str, int]:
    with acting(Purpose.BILLING, actor=JOB):
        return dict(services.take_in(content=content, now=at(on))[1])


def report(
    batch: Batch,
    *,
    group: str = "",
    code: str = "",
    blocks: str = "",
    each: Iterable[tuple[str, str, str]] = (),
) -> bytes:
    """A status report as a bank writes it: of the group, blocks as XML, and collections (end-to-end id, state, reason)."""
    reason = f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if code else ""
    inside = "".join(
        f"<TxInfAndSts><OrgnlEndToEndId>{key}</OrgnlEndToEndId><TxSts>{state}</TxSts>"
        + (f"<StsRsnInf><Rsn><Cd>{why}</Cd></Rsn></StsRsnInf>" if why else "") + "</TxInfAndSts>"
        for key, state, why in each
    )  # fmt: skip
    status = f"<GrpSts>{group}</GrpSts>{reason}" if group else ""
    about = (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{batch.reference}-1</OrgnlPmtInfId>{inside}</OrgnlPmtInfAndSts>"
        if inside
        else ""
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>'
        "<GrpHdr><MsgId>BANK-1</MsgId><CreDtTm>2026-03-12T10:00:00</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{batch.reference}</OrgnlMsgId><OrgnlMsgNmId>pain.008.001.08</OrgnlMsgNmId>{status}"
        f"</OrgnlGrpInfAndSts>{blocks}{about}</CstmrPmtStsRpt></Document>"
    ).encode()


def balance(use: str) -> int:
    """What stands on an account of the ledger (debit above zero)."""
    with as_owner():
        sums = LedgerLine.objects.filter(account__use=use).aggregate(
            debit=Sum("debit_cents"), credit=Sum("credit_cents")
        )
    return int(sums["debit"] or 0) - int(sums["credit"] or 0)


def open_items() -> int:
    """What customers owe: open on invoices, less what credit notes still give back, and what they got back twice."""
    with as_owner():
        claims = sum(Debit.objects.filter(claimed_on=None).values_list("claim_cents", flat=True))
        return claims + sum(
            -each.open_cents if each.is_credit_note else each.open_cents for each in Invoice.objects.all()
        )


def has_with_us(customer: Customer) -> int:
    """The balance of a customer."""
    with as_owner():
        return balance_of(customer.pk)


def mails() -> list[str]:
    with as_owner():
        found = (
            Message.objects.filter(kind__startswith="debits.").order_by("pk").values_list("kind", flat=True)
        )
        return [kind.removeprefix("debits.") for kind in found]
