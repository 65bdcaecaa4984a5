"""Quotes and orders. Making and accepting act for the contract (own twin: the customer's); paying for billing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from hospes.billing import rules as billing_rules
from hospes.billing import services as billing
from hospes.billing.models import Invoice
from hospes.billing.tax.queries import TaxUnknown, taxes_of
from hospes.catalogue import promotions
from hospes.catalogue.models import Product, RegistryNotice, VatCode
from hospes.catalogue.promotions import CodeRefused
from hospes.catalogue.queries import vat_codes
from hospes.catalogue.rules import Step
from hospes.customers.queries import addressee
from hospes.kernel import clock, journal
from hospes.kernel.numbers import next_number
from hospes.messaging import services as messaging
from hospes.sales import additions, delivery, names, parties, registries, rules
from hospes.sales.agreements import Agreement
from hospes.sales.models import Order, Quote, QuoteLine
from hospes.sales.queries import ordered_elsewhere
from hospes.services.rules import renewal

journal.register({
    "quote.made": _("Quote made"), "quote.accepted": _("Quote accepted"), "quote.declined": _("Quote declined"),
    "order.placed": _("Order placed"), "order.paid": _("Order paid"),
    "order.on_account": _("Order invoiced"),
})  # fmt: skip


class QuoteRefused(Exception):
    """No quote can be made, or it cannot be accepted any more; the message is fit to show to the customer."""


@dataclass(frozen=True)
class Wanted:
    """
    A line that somebody wants a quote of; cents without VAT. `net_cents` is what is due now: set-up and first term.

    `steps` say what each term costs; without them every term costs what the first does.
    """

    product_id: int
    description: str
    label: str
    months: int
    net_cents: int
    setup_cents: int = 0
    steps: tuple[Step, ...] = ()
    quantity: int = 1
    choices: tuple[tuple[int, int], ...] = ()  # ids of what was chosen with it, and how many of each
    details: str = ""  # the same in words
    parent: int | None = None  # which of the lines before (counted from 0) an addition belongs to
    service_id: int | None = None  # or which service
    vat_code: str = VatCode.STANDARD  # of what has no product; a product has its own

    def words(self) -> dict[str, object]:
        """What the line of the quote says."""
        steps = self.steps or (Step(1, self.net_cents - self.setup_cents),)
        return {
            "product_id": self.product_id, "description": self.description, "label": self.label, "months": self.months,
            "net_cents": self.net_cents, "setup_cents": self.setup_cents, "steps_from": [s.from_term for s in steps],
            "steps_cents": [s.cents for s in steps], "quantity": self.quantity, "details": self.details[:300],
            "choice_ids": [pk for pk, _ in self.choices], "choice_counts": [n for _, n in self.choices],
            "service_id": self.service_id,
        }  # fmt: skip


def make_quote(
    *,
    customer_id: int,
    lines: Sequence[Wanted],
    key: str,
    today: date,
    now: datetime,
    promotion_id: int | None = None,
) -> Quote:
    """
    Make a quote with its number and prices fixed; the same key gives the same quote again.

    `promotion_id` is the code whose discount is in the prices. Raises QuoteRefused when there is nothing in it or nothing to pay,
    or something that cannot be set up.
    """
    if there := Quote.objects.filter(key=key).first():
        return there
    if not lines:
        raise QuoteRefused(_("There is nothing in it."))
    _refuse_names(names.in_use((line.product_id, line.label) for line in lines if line.label))
    _refuse_strange((line.service_id for line in lines), customer_id)
    taxes, codes = taxes_for(customer_id, lines, today), codes_of(lines, today)
    sums = billing_rules.taxed(
        (line.net_cents, taxes.of(code)) for line, code in zip(lines, codes, strict=True)
    )
    # By a code, or because the first term is free: no provider takes that, so that it would never be paid.
    if not sums.total_cents:
        raise QuoteRefused(
            _("There is nothing to pay for this now, and so nothing to order here. Please contact us.")
        )
    try:
        with transaction.atomic():
            quote = Quote.objects.create(
                customer_id=customer_id, promotion_id=promotion_id, key=key, made_at=now, net_cents=sums.net_cents,
                vat_cents=sums.vat_cents, total_cents=sums.total_cents,
                valid_until=today + timedelta(days=settings.HOSPES_OPERATOR.quote_days),
                number=rules.quote_number(today, next_number(f"quote:{today.year}")), **parties.as_now(customer_id, now),
            )  # fmt: skip
    except IntegrityError:  # the same button twice at the same time: the other one made it
        return Quote.objects.get(key=key)
    _write_lines(quote, lines, [vat_columns(taxes, code) for code in codes])
    journal.record("quote.made", at=now, table="sales_quote", object_id=quote.pk, customer_id=customer_id)
    return quote


def _write_lines(quote: Quote, lines: Sequence[Wanted], vat: Sequence[dict[str, object]]) -> None:
    """The lines of a quote, additions after what they belong to: those name its row."""
    made: dict[int, QuoteLine] = {}
    for later in (False, True):
        rows = {
            at: QuoteLine(quote=quote, customer_id=quote.customer_id, position=at + 1, **vat[at], **line.words(),
                          parent=made[line.parent] if line.parent is not None else None)
            for at, line in enumerate(lines) if (line.parent is not None) is later
        }  # fmt: skip
        QuoteLine.objects.bulk_create(rows.values())
        made |= rows


def _refuse_strange(service_ids: Iterable[int | None], customer_id: int) -> None:
    try:
        additions.refuse_strange(service_ids, customer_id)
    except additions.Strange as strange:
        raise QuoteRefused(str(strange)) from None


def _refuse_names(in_use: list[str]) -> None:
    if in_use:
        raise QuoteRefused(names.sentence(in_use))


def taxes_for(customer_id: int, lines: Sequence[Wanted], today: date) -> billing_rules.Taxes:
    """The VAT of what a customer means to order; raises QuoteRefused where it cannot be told. Acts for the contract."""
    net = sum(line.net_cents for line in lines)
    try:
        return taxes_of(customer_id, net_cents=net, today=today, taken=ordered_elsewhere)
    except TaxUnknown as unknown:
        raise QuoteRefused(str(unknown)) from None


def codes_of(lines: Sequence[Wanted], today: date) -> list[str]:
    """Which kind of VAT rate each line has on a day: that of its product."""
    known = vat_codes({line.product_id for line in lines if line.product_id}, today=today)
    return [known.get(line.product_id, line.vat_code) for line in lines]


def vat_columns(taxes: billing_rules.Taxes, code: str) -> dict[str, object]:
    """What the line of a quote says of its VAT."""
    tax = taxes.of(code)
    return {"vat_code": code, "vat_basis_points": tax.basis_points, "vat_category": tax.category, "vat_country": tax.country,
            "vat_reason": tax.reason}  # fmt: skip


def refuse_other_vat(quote: Quote, today: date) -> None:
    """
    What was quoted has the VAT of then: where another one applies by now, or another rate, it takes a new quote (QuoteRefused).

    Acts for the contract. Raises RateUnknown where no rate is known.
    """
    lines = list(QuoteLine.objects.filter(quote_id=quote.pk))
    wanted = [Wanted(x.product_id or 0, "", "", x.months, x.net_cents, vat_code=x.vat_code) for x in lines]
    taxes = taxes_for(quote.customer_id, wanted, today)
    now = [taxes.of(code).key for code in codes_of(wanted, today)]
    if now != [(x.vat_category, x.vat_country, x.vat_basis_points) for x in lines]:
        raise QuoteRefused(_("Another VAT applies to you by now. Please make a new quote."))


@transaction.atomic
def accept_quote(
    *,
    quote_id: int,
    person_id: int,
    ip: str | None,
    agreed: Agreement,
    today: date,
    now: datetime,
    start_asked: bool = False,
    told: Sequence[int] = (),
    language: str = "nl",
) -> Order:
    """
    Accept a quote for good: it becomes an order that waits for its payment. Accepting again gives the same order.

    `agreed` is what the person saw of the operator's texts; the order keeps it. `start_asked`: they asked expressly that it
    begins at once, and pay for the time until they withdraw, should they. `told`: which texts about registries they were
    shown, in `language` (P42). Raises QuoteRefused when the quote was declined, is no longer valid, or is for a name that
    somebody has here by now.
    """
    quote = Quote.objects.select_for_update().get(pk=quote_id)
    if quote.state == Quote.State.ACCEPTED:
        return Order.objects.get(quote_id=quote_id)
    _refuse_closed(quote)
    if quote.state != Quote.State.OPEN or quote.valid_until < today:
        raise QuoteRefused(_("This quote is no longer valid. Please make a new one."))
    _refuse_names(names.in_use_of_quote(quote_id))
    _refuse_strange(
        QuoteLine.objects.filter(quote_id=quote_id).values_list("service_id", flat=True), quote.customer_id
    )
    refuse_other_vat(quote, today)
    notices = _told_of(quote_id, told, today)
    if quote.promotion_id is not None:
        _use_code(quote, quote.promotion_id, today)
    Quote.objects.filter(pk=quote_id).update(
        state=Quote.State.ACCEPTED, decided_by=person_id, decided_at=now, decided_from=ip
    )
    order = Order.objects.create(
        quote_id=quote_id, customer_id=quote.customer_id, person_id=person_id, total_cents=quote.total_cents,
        placed_at=now, start_asked_at=now if start_asked else None, **vars(agreed),
        number=rules.order_number(today, next_number(f"order:{today.year}")),
    )  # fmt: skip
    registries.note(order, notices, language=language, now=now)
    for action, table, pk in (
        ("quote.accepted", "sales_quote", quote_id),
        ("order.placed", "sales_order", order.pk),
    ):
        journal.record(action, at=now, table=table, object_id=pk, customer_id=quote.customer_id)
    messaging.enqueue("sales.order_received", key=f"order:{order.pk}:received", person_id=person_id,
                      customer_id=quote.customer_id, about_id=order.pk, now=now)  # fmt: skip
    if quote.on_account:
        from hospes.sales.jobs import put_on_account

        put_on_account.enqueue(order_id=order.pk)
    return order


def _told_of(quote_id: int, told: Sequence[int], today: date) -> list[RegistryNotice]:
    """What the registries of a quote's names get; refuses when that is not what was shown (P42)."""
    notices = registries.of_quote(quote_id, today=today)
    if not {notice.pk for notice in notices} <= set(told):
        raise QuoteRefused(
            _(
                "What the registry of a domain name gets has changed since this page was shown. Please look again."
            )
        )
    return list(notices)


def _refuse_closed(quote: Quote) -> None:
    """A quote that staff took back, or put another version in the place of, may stand on a page that was shown before."""
    if quote.state == Quote.State.REPLACED:
        raise QuoteRefused(_("There is a new version of this quote. Please look at that one."))
    if quote.state == Quote.State.WITHDRAWN:
        raise QuoteRefused(_("We have withdrawn this quote. Please ask us for a new one."))


def _use_code(quote: Quote, promotion_id: int, today: date) -> None:
    try:
        promotions.use(
            promotion_id=promotion_id, customer_id=quote.customer_id, origin=f"quote:{quote.pk}", today=today
        )
    except CodeRefused as refusal:
        raise QuoteRefused(str(refusal)) from None


def decline_quote(*, quote_id: int, person_id: int, ip: str | None, now: datetime, reason: str = "") -> None:
    """Decline a quote, for a reason if somebody wants to give one; raises QuoteRefused when it was decided upon already."""
    quote = Quote.objects.get(pk=quote_id)
    _refuse_closed(quote)
    done = Quote.objects.filter(pk=quote_id, state=Quote.State.OPEN).update(
        state=Quote.State.DECLINED,
        decided_by=person_id,
        decided_at=now,
        decided_from=ip,
        decline_reason=reason[:500],
    )
    if not done:
        raise QuoteRefused(_("This quote was already accepted or declined."))
    journal.record(
        "quote.declined", at=now, table="sales_quote", object_id=quote_id, customer_id=quote.customer_id
    )


@transaction.atomic
def mark_paid(
    *, order_id: int, paid_with: str, paid_at: datetime, today: date, now: datetime
) -> Invoice | None:
    """
    Say that an order was paid: issue its invoice, and have its services made. None when it was paid already.

    Acts for billing, within the transaction that books the payment, so that neither is there without the other.
    """
    waiting = Order.objects.filter(pk=order_id, state=Order.State.AWAITING_PAYMENT)
    if not waiting.update(state=Order.State.PAID, paid_at=paid_at):
        return None
    order = Order.objects.get(pk=order_id)
    journal.record(
        "order.paid",
        at=now,
        table="sales_order",
        object_id=order_id,
        customer_id=order.customer_id,
        changed=["state"],
    )
    invoice = billing.issue(
        _draft(order, paid_with=paid_with, paid_at=paid_at, due_on=today, now=now), today=today, now=now
    )
    from hospes.sales.jobs import deliver

    deliver.enqueue(order_id=order_id)
    return invoice


@transaction.atomic
def put_on_account(*, order_id: int, now: datetime) -> Invoice | None:
    """
    Invoice an order whose quote says that it is paid afterwards, and have its services made. None when that was done already.

    Of the day on which it was accepted, also when this runs later. Acts for billing.
    """
    order = Order.objects.select_for_update().get(pk=order_id)
    quote = Quote.objects.get(pk=order.quote_id)
    if order.state != Order.State.AWAITING_PAYMENT or not quote.on_account:
        return None
    Order.objects.filter(pk=order_id).update(state=Order.State.ON_ACCOUNT)
    today = clock.day_of(now)
    due_on = billing_rules.due_on(today, quote.term_days)
    journal.record("order.on_account", at=now, table="sales_order", object_id=order_id,
                   customer_id=order.customer_id, changed=["state"])  # fmt: skip
    invoice = billing.issue(
        _draft(order, paid_with="", paid_at=None, due_on=due_on, now=now), today=today, now=now
    )
    from hospes.sales.jobs import deliver

    deliver.enqueue(order_id=order_id)
    return invoice


def _draft(
    order: Order, *, paid_with: str, paid_at: datetime | None, due_on: date, now: datetime
) -> billing.Draft:
    quote, begins = Quote.objects.get(pk=order.quote_id), clock.day_of(paid_at or order.placed_at)
    reader, lines = addressee(order.customer_id, now=now), list[billing.DraftLine]()
    never: tuple[date | None, date | None] = (None, None)
    held = QuoteLine.objects.filter(quote_id=quote.pk).order_by("position")
    kinds = dict(Product.objects.filter(pk__in=[x.product_id or 0 for x in held]).values_list("pk", "kind"))
    for line in held:
        first = delivery.term_begins(order, kinds.get(line.product_id or 0), begins)
        period = (first, renewal(first, line.months) - timedelta(days=1)) if line.months else never
        with override(reader.language if reader else "nl"):
            setup, (number, words) = names.setup_of(line.description), names.counted(line)
        amounts = [
            ("term" if line.months else "work", words, number, line.steps_cents[0], period),
            ("setup", setup, 1, line.setup_cents, never),
        ]
        lines += [
            billing.DraftLine(words, names.details_of(line), cents, line.vat_basis_points, days[0], days[1],
                              vat_category=line.vat_category, vat_country=line.vat_country, vat_reason=line.vat_reason,
                              kind=what, quantity=number, sold_as=f"quote_line:{line.pk}")
            for what, words, number, cents, days in amounts if cents or what != "setup"
        ]  # fmt: skip
    return billing.Draft(
        customer_id=order.customer_id, origin=f"order:{order.pk}", quote_number=quote.number, lines=lines,
        due_on=due_on, paid_at=paid_at, paid_with=paid_with, reference=quote.reference, purchase_order=quote.purchase_order,
    )  # fmt: skip
