"""One row in each table about money at the provider, all of one customer; with the owner's rights."""

from hospes.customers.models import Customer, Person
from hospes.payments.approvals.models import Decision
from hospes.payments.balances.models import BalanceEntry, Payout, PayoutWish
from hospes.payments.chargebacks.models import Chargeback, ChargebackPart
from hospes.payments.collecting.models import Collection, CollectWish, Payer, ProviderMandate
from hospes.payments.models import Payment, TransferTo
from hospes.payments.reconciling.models import Difference, Movement, Stray
from hospes.payments.together.models import PaymentShare
from tests.support import make, names


def at_the_provider(customer: Customer, person: Person) -> None:
    """Make them."""
    paid = make.payment(order=make.order(customer=customer, paid=True), state="paid")
    invoice = make.invoice(customer=customer)
    several = Payment.objects.create(
        customer=customer, cents=invoice.open_cents, idempotency_key=names.word(), created_at=make.NOW
    )
    PaymentShare.objects.create(payment=several, customer=customer, invoice=invoice, cents=invoice.open_cents)
    BalanceEntry.objects.create(
        customer=customer, kind="surplus", cents=100, origin=names.word(), at=make.NOW
    )
    wish = PayoutWish.objects.create(customer=customer, person=person, asked_at=make.NOW)
    payout = Payout.objects.create(
        customer=customer, wish=wish, payment=paid, cents=1, state="failed", idempotency_key=names.word(), due_on=make.TODAY,
        requested_at=make.NOW,
    )  # fmt: skip
    taken = Chargeback.objects.create(
        customer=customer,
        payment=paid,
        reference=names.word(),
        cents=1,
        charged_at=make.NOW,
        booked_at=make.NOW,
    )
    ChargebackPart.objects.create(
        chargeback=taken, customer=customer, invoice=invoice, cents=1, opened_cents=1
    )
    Movement.objects.create(
        customer=customer, reference=names.word(), kind="chargeback", about=taken.reference, cents=-1, at=make.NOW,
        first_seen_at=make.NOW, seen_at=make.NOW,
    )  # fmt: skip
    Difference.objects.create(
        customer=customer, side="provider", kind="not_booked", about=taken.reference, day=make.TODAY, theirs=-1,
        first_seen_at=make.NOW, seen_at=make.NOW,
    )  # fmt: skip
    found = Payment.objects.create(
        customer=customer,
        cents=1,
        state="surplus",
        paid_at=make.NOW,
        idempotency_key=names.word(),
        created_at=make.NOW,
    )
    stray = Stray.objects.create(reference=names.word(), cents=1, paid_at=make.NOW, found_at=make.NOW)
    Stray.objects.filter(pk=stray.pk).update(
        state="customers", customer=customer, payment=found, decided_by=person, decided_at=make.NOW
    )
    TransferTo.objects.create(
        payment=several,
        customer=customer,
        name="x",
        account="x",
        bic="x",
        reference=names.word(),
        until=make.TODAY,
    )
    Payer.objects.create(customer=customer, reference=names.word(), made_at=make.NOW)
    CollectWish.objects.create(
        payment=paid, customer=customer, person=person, words="canary", asked_at=make.NOW
    )
    leave = ProviderMandate.objects.create(
        customer=customer, payment=paid, reference=names.word(), method="directdebit", given_at=make.NOW
    )
    Collection.objects.create(
        customer=customer,
        invoice=invoice,
        mandate=leave,
        cents=1,
        collect_on=make.TODAY,
        announced_at=make.NOW,
    )
    Decision.objects.create(
        kind="payout", customer=customer, payout=payout, cents=1, limit_cents=1, on=make.TODAY, asked_by=person,
        asked_at=make.NOW,
    )  # fmt: skip
