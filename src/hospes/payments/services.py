"""Beginning payments, beginning another one instead, and taking in what the provider says of them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, connections, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import Invoice
from hospes.kernel import journal
from hospes.kernel.acting import Actor, Scene, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import booking
from hospes.payments.booking import book as book
from hospes.payments.collecting import leave
from hospes.payments.models import LIVE, UNDECIDED, Notice, Payment
from hospes.payments.providers import Charge, PaymentProvider, ProviderRefused, UnknownCharge
from hospes.payments.together import services as together
from hospes.sales import additions, names
from hospes.sales.models import Order, QuoteLine
from hospes.sales.queries import is_on_account

journal.register({
    "payment.begun": _("Payment begun"), "payment.replaced": _("Payment let go of, to pay in another way"),
})  # fmt: skip


#: How far the provider's clock may be behind ours.
MARGIN = timedelta(minutes=10)

#: Opens a transaction for billing within the rows of the customer who pays.
Acting = Callable[[], AbstractContextManager[Scene]]


class PaymentRefused(Exception):
    """The payment cannot be begun; the message is fit to show to the customer."""


class AlreadyHandled(PaymentRefused):
    """What was begun is being looked up, and shows how it ended in a moment."""


class NotTaken(PaymentRefused):
    """The provider will not take this payment, which is over by that; another one may be begun."""


@dataclass(frozen=True)
class Wish:
    """That who pays wants later invoices collected by themselves: who asked, and the words that they ticked."""

    person_id: int
    words: str


@dataclass(frozen=True)
class Addresses:
    """Where the provider sends the customer back to, and where it sends notices about a payment (by its idempotency key)."""

    back: str
    notices: Callable[[str], str]


def begin(
    *,
    provider: PaymentProvider,
    customer_id: int,
    addresses: Addresses,
    language: str,
    actor: Actor,
    now: datetime,
    instead_of: int | None = None,
    order_id: int | None = None,
    invoice_id: int | None = None,
    wish: Wish | None = None,
) -> str:
    """
    Begin paying an order, or what is open on an invoice, and return the address of the provider's page.

    Again (also at once) it gives the same page. `instead_of` is a payment that was begun before and is not wanted any more: it
    is cancelled at the provider if it can be. `wish`: with this payment leave is given to collect later ones; what was begun
    with another wish is let go of.
    The provider is called between transactions. Whatever breaks off in between is taken up by the next call with the same
    idempotency key. Raises PaymentRefused, or what the provider raises.
    """
    as_payer = partial(acting, Purpose.BILLING, actor=actor, customer=customer_id)
    of = {"order_id": order_id, "invoice_id": invoice_id}
    for unwanted in (instead_of, leave.with_another_wish(of, wish, as_payer)):
        if unwanted is not None:
            _replace(provider, of, unwanted, as_payer, now)
    payer = leave.payer(provider, customer_id, as_payer, now) if wish else ""
    with as_payer():
        due = _due_of_order(order_id) if invoice_id is None else _due_of_invoice(invoice_id)
        payment, description, is_new = _claim(due, of, now)
        leave.note_wish(payment, wish, now)
    return _page_of(provider, _Begun(payment, description, is_new, payer), addresses, language, as_payer, now)


def begin_together(
    *,
    provider: PaymentProvider,
    customer_id: int,
    numbers: Sequence[str],
    addresses: Addresses,
    language: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Begin paying what is open on several invoices at once; otherwise like `begin`."""
    as_payer = partial(acting, Purpose.BILLING, actor=actor, customer=customer_id)
    try:
        with as_payer():
            payment, label, is_new = together.claim(customer_id=customer_id, numbers=numbers, now=now)
    except together.StillHandled as busy:
        raise AlreadyHandled(str(busy)) from None
    except together.NotTogether as refusal:
        raise PaymentRefused(str(refusal)) from None
    return _page_of(provider, _Begun(payment, label, is_new, ""), addresses, language, as_payer, now)


@dataclass(frozen=True)
class _Begun:
    """A payment that was claimed: what its payer reads, whether it was made just now, what the provider calls who gives leave."""

    payment: Payment
    description: str
    is_new: bool
    payer: str


def _page_of(
    provider: PaymentProvider,
    begun: _Begun,
    addresses: Addresses,
    language: str,
    as_payer: Acting,
    now: datetime,
) -> str:
    """The address of the provider's page for a payment."""
    payment = begun.payment
    if payment.checkout_url:
        return payment.checkout_url
    # An earlier attempt may have broken off after the provider made it, longer ago than its idempotency keys hold.
    charge = None if begun.is_new else _found(provider, payment)
    create = partial(
        provider.create, cents=payment.cents, description=begun.description, return_url=addresses.back,
        notice_url=addresses.notices(payment.idempotency_key), order_key=payment.idempotency_key, language=language,
        idempotency_key=payment.idempotency_key, payer=begun.payer,
    )  # fmt: skip
    charge = charge or _made(provider, payment, create, as_payer, now)
    with as_payer():
        unknown = Payment.objects.filter(pk=payment.pk, reference=None)
        unknown.update(reference=charge.reference, checkout_url=charge.checkout_url or "")
    if not charge.checkout_url:
        raise AlreadyHandled(_("This payment was already handled. We are looking up how it ended."))
    return charge.checkout_url


@dataclass(frozen=True)
class _Due:
    """What is paid: its number, whose it is, and how much of it."""

    number: str
    customer_id: int
    cents: int


def _due_of_order(order_id: int | None) -> _Due:
    order = Order.objects.get(pk=order_id or 0)
    if order.state != Order.State.AWAITING_PAYMENT or is_on_account(order):
        raise PaymentRefused(NOT_AWAITED)
    if in_use := names.in_use_of_quote(order.quote_id):  # somebody else was faster: not after the money came
        raise PaymentRefused(names.sentence(in_use))
    lines = QuoteLine.objects.filter(quote_id=order.quote_id)
    try:
        additions.refuse_strange(lines.values_list("service_id", flat=True), order.customer_id)
    except additions.Strange as strange:
        raise PaymentRefused(str(strange)) from None
    return _Due(order.number, order.customer_id, order.total_cents)


def _due_of_invoice(invoice_id: int) -> _Due:
    invoice = Invoice.objects.get(pk=invoice_id, kind=Invoice.Kind.INVOICE)
    if not invoice.open_cents:
        raise PaymentRefused(_("This invoice does not have to be paid (any more)."))
    return _Due(invoice.number, invoice.customer_id, invoice.open_cents)


def _claim(due: _Due, of: dict[str, int | None], now: datetime) -> tuple[Payment, str, bool]:
    """The live payment of something, made if there is none; what it is of by number; whether it was made just now."""
    is_invoice = of["invoice_id"] is not None
    if of["invoice_id"] is not None and not together.make_way(of["invoice_id"], now):
        raise AlreadyHandled(_STILL_HANDLED)
    alive = UNDECIDED if is_invoice else LIVE  # of an invoice a part may be paid already
    live = Payment.objects.filter(**of, state__in=alive, replaced_at=None)
    payment = live.first()
    if (
        payment is not None and payment.cents != due.cents and is_invoice
    ):  # it was credited or paid in part meanwhile
        Payment.objects.filter(pk=payment.pk).update(replaced_at=now)
        _let_go(payment.pk)
        payment = None
    if payment is None:
        attempt = Payment.objects.filter(**of).count() + 1
        try:
            with transaction.atomic():
                payment = Payment.objects.create(
                    customer_id=due.customer_id, **of, cents=due.cents, created_at=now,
                    idempotency_key=f"{due.number}-{attempt}",
                )  # fmt: skip
        except (
            IntegrityError
        ):  # somebody else was faster: theirs is the one, or the order was cancelled at this moment
            if (theirs := live.first()) is None:
                raise PaymentRefused(NOT_AWAITED) from None
            return theirs, due.number, False
        journal.record(
            "payment.begun",
            at=now,
            table="payments_payment",
            object_id=payment.pk,
            customer_id=due.customer_id,
        )
        return payment, due.number, True
    if payment.state == Payment.State.PENDING:
        raise AlreadyHandled(_STILL_HANDLED)
    return payment, due.number, False


def claim_invoice(invoice_id: int, now: datetime) -> Payment:
    """The payment of what is open on an invoice, before the provider is asked; made if there is none. Raises PaymentRefused."""
    return _claim(_due_of_invoice(invoice_id), {"order_id": None, "invoice_id": invoice_id}, now)[0]


def _let_go(payment_id: int) -> None:
    from hospes.payments.jobs import let_go

    let_go.enqueue(payment_id=payment_id)


NOT_AWAITED = _("This order does not have to be paid (any more).")
_STILL_HANDLED = _("Your payment is still being handled. As soon as we hear how it ended, you see it here.")


def _found(provider: PaymentProvider, payment: Payment) -> Charge | None:
    return provider.find(payment.idempotency_key, since=payment.created_at - MARGIN)


def _made(
    provider: PaymentProvider, payment: Payment, create: Callable[[], Charge], as_payer: Acting, now: datetime
) -> Charge:
    """The charge that the provider makes; one that it refuses is noted with its reason, and does not stay open."""
    try:
        return create()
    except ProviderRefused as refused:
        # Of two windows at once, in two languages, the other one's may have been taken under the same key.
        if (charge := _found(provider, payment)) is not None:
            return charge
        with as_payer() as scene, connections[scene.alias].cursor() as cursor:
            cursor.execute("SELECT payments_give_up(%s, %s)", [payment.pk, str(refused)])
            if cursor.fetchone()[0]:
                booking.noted("payment.ended", payment, now)
        raise NotTaken(_NOT_TAKEN) from None


_NOT_TAKEN = _(
    "Our payment provider does not take this payment. Nothing was taken from you. Try it in another way."
)


# --- another one instead --------------------------------------------------------------------------------------------------


def _replace(
    provider: PaymentProvider, of: dict[str, int | None], payment_id: int, as_payer: Acting, now: datetime
) -> None:
    """
    Let go of a payment, so that another one can be begun; one that is over, or was let go of already, stays as it is.

    One that cannot be cancelled any more and is not over either can be paid yet. Its state stays what the provider says,
    and it is looked up until it is over: should it be paid, the order is paid with it, or the money is to be paid back.
    """
    from hospes.payments.jobs import check

    invoice_id = of["invoice_id"]
    meant = (
        Q(**of) if invoice_id is None else together.of_invoices([invoice_id])
    )  # also one of several: of all of them
    with as_payer():
        held = Payment.objects.filter(meant, pk=payment_id, state__in=UNDECIDED, replaced_at=None).first()
    if held is None:
        return
    charge = cancelled(provider, held)
    with as_payer():
        check.enqueue_once(f"payment:{held.pk}", payment_id=held.pk)  # what came of it goes into the books
        is_wanted = charge is None or charge.state not in (Payment.State.PENDING, Payment.State.PAID)
        if is_wanted and Payment.objects.filter(pk=held.pk, replaced_at=None).update(replaced_at=now):
            booking.noted("payment.replaced", held, now, changed="replaced_at")
    if not is_wanted:
        raise AlreadyHandled(_STILL_HANDLED)


def cancelled(provider: PaymentProvider, payment: Payment) -> Charge | None:
    """
    A payment as it is after an attempt to cancel it at the provider; None when the provider has none such (yet).

    Called outside of transactions. Raises ProviderUnavailable.
    """
    reference = payment.reference
    if reference is None:  # its making broke off
        charge = _found(provider, payment)
        if charge is None:
            return None
        reference = charge.reference
    try:
        return provider.cancel(reference)
    except UnknownCharge:
        return None
    except ProviderRefused:
        return provider.fetch(reference)


# --- notices --------------------------------------------------------------------------------------------------------------


def note(*, reference: str, now: datetime) -> int | None:
    """
    Store a provider's notice once, and have it looked into; None when one about the same payment is waiting already.

    Runs before anybody knows whose payment it is, so outside of any purpose: a notice holds no personal data.
    """
    from hospes.payments.jobs import apply_notice

    try:
        with transaction.atomic():
            notice = Notice.objects.create(reference=reference, received_at=now)
            apply_notice.enqueue(notice_id=notice.pk)
    except IntegrityError:  # the one that waits will be looked into after this moment, so it tells the same
        return None
    return notice.pk
