"""
Quotes that staff make: written as a draft, sent as a version, withdrawn. All of it acts for the contract.

That who makes one has the power to, the database holds (see the migration quotes_of_staff).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from hospes.billing import rules as billing_rules
from hospes.billing.models import Seller
from hospes.catalogue.models import Product, VatCode
from hospes.catalogue.queries import Offer, choice_words, notices, offers
from hospes.catalogue.rules import Discount, Step
from hospes.customers.models import Customer
from hospes.kernel import journal
from hospes.kernel.numbers import next_number
from hospes.messaging import services as messaging
from hospes.sales import domain_names, names, parties, quote_additions, rules
from hospes.sales.models import Quote, QuoteDraft, QuoteDraftLine, QuoteLine
from hospes.sales.services import QuoteRefused, Wanted, codes_of, taxes_for, vat_columns
from hospes.services import kinds

journal.register({
    "quote.drafted": _("Quote begun or changed by staff"), "quote.sent": _("Quote sent"),
    "quote.withdrawn": _("Quote withdrawn by us"), "quote.replaced": _("Quote replaced by a new version"),
})  # fmt: skip

#: The longest that a quote can be valid.
LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True)
class Line:
    """A line as staff write it. Without a product it is `description` for `cents` (without VAT), once."""

    product_id: int | None = None
    months: int = 0
    quantity: int = 1
    label: str = ""
    description: str = ""
    cents: int = 0
    discount_basis_points: int = 0
    discount_once: bool = False
    choices: tuple[tuple[int, int], ...] = ()  # ids of what is chosen with it, and how many of each
    vat_code: str = VatCode.STANDARD  # without a product; a product has its own

    def columns(self) -> dict[str, Any]:
        """What the line of a draft says."""
        said = {name: value for name, value in vars(self).items() if name != "choices"}
        return said | {
            "choice_ids": [pk for pk, _n in self.choices],
            "choice_counts": [n for _pk, n in self.choices],
        }


@dataclass(frozen=True)
class Words:
    """What else a quote says."""

    valid_until: date
    intro: str = ""
    reference: str = ""
    purchase_order: str = ""
    on_account: bool = False
    term_days: int = 0


@dataclass(frozen=True)
class Priced:
    """A draft at the prices of a day: its lines as the quote will have them, and what they come to."""

    lines: tuple[dict[str, Any], ...]
    sums: billing_rules.Totals
    differs: bool  # whether anything costs something else than the catalogue says


def begin(
    *, customer_id: int, author_id: int | None, words: Words, key: str, now: datetime, replaces: Quote | None = None
) -> QuoteDraft:  # fmt: skip
    """
    Begin a quote, or the next version of one; the same key gives the same draft again, and a next version is begun once.

    A next version begins as a copy of what `replaces` says. Raises QuoteRefused when that was accepted, or says what a quote of
    staff cannot (see `can_be_copied`).
    """
    if there := QuoteDraft.objects.filter(key=key).first():
        return there
    if replaces is not None:
        if replaces.state == Quote.State.ACCEPTED:
            raise QuoteRefused(
                _("This quote was accepted, so that there is no other version of it any more.")
            )
        if there := QuoteDraft.objects.filter(replaces_id=replaces.pk).first():
            return there
        if not can_be_copied(replaces):
            raise QuoteRefused(
                _(
                    "This quote has a promotion code in it, which would be lost in a new version. Make a new quote instead, or"
                    " have the customer order it again."
                )
            )
    try:
        with transaction.atomic():
            made = QuoteDraft.objects.create(
                customer_id=customer_id, author_id=author_id, replaces=replaces, key=key, made_at=now, changed_at=now,
                **vars(words),
            )  # fmt: skip
    except IntegrityError:  # two colleagues, or one button twice
        twin = QuoteDraft.objects.filter(key=key) | QuoteDraft.objects.filter(
            replaces_id=replaces.pk if replaces else 0
        )
        return twin.get()
    if replaces is not None:
        _fill(
            made,
            [
                _as_drafted(line)
                for line in QuoteLine.objects.filter(quote_id=replaces.pk).order_by("position")
            ],
        )
    _record("quote.drafted", "sales_quotedraft", made.pk, customer_id, now)
    return made


def can_be_copied(quote: Quote) -> bool:
    """Whether a next version can say all that a quote does: a promotion code of the shop, it cannot."""
    return quote.promotion_id is None


def _as_drafted(line: QuoteLine) -> Line:
    common: dict[str, Any] = {
        "discount_basis_points": line.discount_basis_points,
        "discount_once": line.discount_once,
    }
    if line.product_id is None:
        points = line.discount_basis_points
        whole = (
            line.net_cents if not 0 < points < 10_000 else round(line.net_cents * 10_000 / (10_000 - points))
        )
        return Line(
            description=line.description, label=line.label, cents=whole, vat_code=line.vat_code, **common
        )
    choices = tuple(zip(line.choice_ids, line.choice_counts, strict=True))
    return Line(line.product_id, line.months, line.quantity, line.label, choices=choices, **common)


def save(
    *, draft: QuoteDraft, words: Words, lines: Sequence[Line], seen: datetime, today: date, now: datetime
) -> None:
    """Change a draft; raises QuoteRefused for what cannot be offered, and when somebody else changed it after `seen`."""
    with transaction.atomic():
        held = QuoteDraft.objects.select_for_update().filter(pk=draft.pk).first()
        if held is None or held.changed_at != seen:
            raise QuoteRefused(
                _(
                    "A colleague changed or sent this quote while you were at it. Open it again, and look first."
                )
            )
        if words.on_account and not _is_business(held.customer_id):
            raise QuoteRefused(
                _("Only companies can be invoiced after they accept. A private person pays first.")
            )
        if not today <= words.valid_until <= today + LONGEST:
            raise QuoteRefused(_("A quote is valid until a day from today on, at most a year."))
        QuoteDraft.objects.filter(pk=draft.pk).update(changed_at=now, **vars(words))
        QuoteDraftLine.objects.filter(draft_id=draft.pk).delete()
        _fill(held, lines)
        if lines:
            priced(held, today=today)
        _record("quote.drafted", "sales_quotedraft", draft.pk, held.customer_id, now)


def _fill(draft: QuoteDraft, lines: Sequence[Line]) -> None:
    QuoteDraftLine.objects.bulk_create(
        QuoteDraftLine(draft=draft, customer_id=draft.customer_id, position=position, **line.columns())
        for position, line in enumerate(lines, start=1)
    )


def _is_business(customer_id: int) -> bool:
    return Customer.objects.values_list("kind", flat=True).get(pk=customer_id) == Customer.Kind.BUSINESS


def discard(*, draft: QuoteDraft, now: datetime) -> None:
    """Let go of a draft; what was sent before stays as it is."""
    QuoteDraftLine.objects.filter(draft_id=draft.pk).delete()
    QuoteDraft.objects.filter(pk=draft.pk).delete()
    _record("quote.drafted", "sales_quotedraft", draft.pk, draft.customer_id, now)


# --- what it costs --------------------------------------------------------------------------------------------------------


def priced(draft: QuoteDraft, *, today: date) -> Priced:
    """What a draft would say if it were sent on a day; raises QuoteRefused that names what cannot be offered."""
    held = list(QuoteDraftLine.objects.filter(draft_id=draft.pk).order_by("position"))
    if not held:
        raise QuoteRefused(_("There is nothing in it."))
    on_offer = {(o.product.pk, o.months): o for o in offers(today=today) if kinds.is_made(o.product.kind)}
    lines = [_free(line) if line.product_id is None else _offered(line, on_offer, today) for line in held]
    quote_additions.find(lines, on_offer, draft.customer_id, today)
    wanted = [
        Wanted(x["product_id"] or 0, "", "", x["months"], x["net_cents"], vat_code=x["vat_code"])
        for x in lines
    ]
    taxes, codes = taxes_for(draft.customer_id, wanted, today), codes_of(wanted, today)
    sums = billing_rules.taxed((x["net_cents"], taxes.of(code)) for x, code in zip(lines, codes, strict=True))
    lines = [x | vat_columns(taxes, code) for x, code in zip(lines, codes, strict=True)]
    differs = any(line["product_id"] is None or line["discount_basis_points"] for line in lines)
    return Priced(tuple(lines), sums, differs)


def _free(line: QuoteDraftLine) -> dict[str, Any]:
    net = line.cents - Discount(line.discount_basis_points).of(line.cents)
    return _words(line, line.description, (Step(1, net),), setup_cents=0)


def _offered(line: QuoteDraftLine, on_offer: dict[tuple[int, int], Offer], today: date) -> dict[str, Any]:
    offer = on_offer.get((line.product_id or 0, line.months))
    if offer is None:
        raise QuoteRefused(_("Line %(n)d is not for sale (any more) for this term.") % {"n": line.position})
    label = _label(line, offer.product, today)
    if line.quantity > offer.product.most:
        raise QuoteRefused(
            _("Line %(n)d: of this, %(most)d at a time is the most.")
            % {"n": line.position, "most": offer.product.most}
        )
    discount = (
        Discount(line.discount_basis_points, None, not line.discount_once)
        if line.discount_basis_points
        else None
    )
    chosen = offer.chosen(dict(zip(line.choice_ids, line.choice_counts, strict=True)))
    if chosen is None:
        raise QuoteRefused(
            _("Line %(n)d: what was chosen with it cannot be had so (any more).") % {"n": line.position}
        )
    costs = offer.quotation(chosen=chosen, quantity=line.quantity, discount=discount)
    return _words(line, offer.product.name, costs.steps, setup_cents=costs.setup_cents) | {
        "label": label, "details": choice_words((each.choice, n) for each, n in chosen)[:300],
        "choice_ids": [each.choice.pk for each, _n in chosen], "choice_counts": [n for _each, n in chosen],
    }  # fmt: skip


def _label(line: QuoteDraftLine, product: Product, today: date) -> str:
    """For what it is, as it is kept; raises QuoteRefused where that is missing, or the product cannot be had for it."""
    n = {"n": line.position}
    if product.kind == Product.Kind.DOMAIN and not notices([product.pk], today=today):
        raise QuoteRefused(
            _(
                "Line %(n)d: what the registry gets has not been written down yet, so that it cannot be ordered."
            )
            % n
        )
    try:
        if product.kind == Product.Kind.DOMAIN:
            return domain_names.registrable(
                line.label, extension=product.extension, takes_idn=product.takes_idn
            )
        if product.kind == Product.Kind.HOSTING:
            return domain_names.domain_name(line.label)
    except domain_names.NoName as wrong:
        raise QuoteRefused(_("Line %(n)d: %(wrong)s") % (n | {"wrong": str(wrong)})) from None
    except ValueError:
        raise QuoteRefused(_("Line %(n)d needs a domain name, such as example.nl.") % n) from None
    if product.kind not in (Product.Kind.WORK, Product.Kind.ADDON) and not line.label.strip():
        raise QuoteRefused(_("Line %(n)d: say what it is for.") % n)
    return line.label.strip()


def _words(
    line: QuoteDraftLine, description: str, steps: Sequence[Step], *, setup_cents: int
) -> dict[str, Any]:
    """The columns of a line of the quote."""
    return {
        "product_id": line.product_id, "description": description, "label": line.label, "months": line.months,
        "net_cents": setup_cents + steps[0].cents, "setup_cents": setup_cents,
        "steps_from": [s.from_term for s in steps], "steps_cents": [s.cents for s in steps],
        "discount_basis_points": line.discount_basis_points, "discount_once": line.discount_once, "quantity": line.quantity,
        "vat_code": line.vat_code,
    }  # fmt: skip


# --- sending, withdrawing -------------------------------------------------------------------------------------------------


@transaction.atomic
def send(*, draft: QuoteDraft, seen: datetime, today: date, now: datetime) -> Quote:
    """
    Send a draft: it becomes a quote with its number, or the next version of one, and the customer gets a mail with a link.

    The draft is gone. Raises QuoteRefused for what cannot be offered, when somebody changed it after `seen`, and when the version
    before it was accepted at this very moment.
    """
    held = QuoteDraft.objects.select_for_update().filter(pk=draft.pk).first()
    if held is None or held.changed_at != seen:
        raise QuoteRefused(
            _("A colleague changed or sent this quote while you were at it. Open it again, and look first.")
        )
    if held.valid_until < today:
        raise QuoteRefused(_("A quote is valid until a day from today on, at most a year."))
    what = priced(held, today=today)
    pairs = [(x["product_id"], x["label"]) for x in what.lines if x["product_id"]]
    if in_use := names.in_use(pairs):
        raise QuoteRefused(names.sentence(in_use))
    if not what.sums.total_cents and not held.on_account:
        raise QuoteRefused(
            _("There is nothing to pay for it at once: let it be invoiced once it is accepted.")
        )
    number, version = _number_and_version(held, today, now)
    said = {name: getattr(held, name) for name in Words.__dataclass_fields__}
    if not Seller.objects.filter(**parties.seller_now()).exists():
        Seller.objects.create(**parties.seller_now())
    quote = Quote.objects.create(
        customer_id=held.customer_id, number=number, version=version, made_by=Quote.By.STAFF, made_at=now,
        key=f"draft:{held.pk}", net_cents=what.sums.net_cents, vat_cents=what.sums.vat_cents,
        total_cents=what.sums.total_cents, **said, **parties.as_now(held.customer_id, now),
    )  # fmt: skip
    made = dict[int, QuoteLine]()
    for later in (False, True):  # additions name the row of what they belong to
        rows = {
            at: QuoteLine(
                quote=quote, customer_id=held.customer_id, position=at + 1, **line | {"parent": made.get(line.get("parent", -1))}
            )
            for at, line in enumerate(what.lines) if ("parent" in line) is later
        }  # fmt: skip
        QuoteLine.objects.bulk_create(rows.values())
        made |= rows
    QuoteDraftLine.objects.filter(draft_id=held.pk).delete()
    held.delete()
    _record(
        "quote.sent",
        "sales_quote",
        quote.pk,
        quote.customer_id,
        now,
        changed=["prices"] if what.differs else [],
    )
    messaging.enqueue("sales.quote_sent", key=f"quote:{quote.pk}:sent", customer_id=quote.customer_id,
                      about_id=quote.pk, now=now)  # fmt: skip
    return quote


def _number_and_version(draft: QuoteDraft, today: date, now: datetime) -> tuple[str, int]:
    """A new number; or that of the version before, which is over from this moment on."""
    if draft.replaces_id is None:
        return rules.quote_number(today, next_number(f"quote:{today.year}")), 1
    before = Quote.objects.select_for_update().get(pk=draft.replaces_id)
    if before.state == Quote.State.ACCEPTED:
        raise QuoteRefused(_("This quote was accepted, so that there is no other version of it any more."))
    if before.state == Quote.State.OPEN:
        Quote.objects.filter(pk=before.pk).update(state=Quote.State.REPLACED, closed_at=now)
        _record("quote.replaced", "sales_quote", before.pk, before.customer_id, now)
    return before.number, before.version + 1


def withdraw(*, quote: Quote, now: datetime) -> None:
    """Withdraw a quote that is open; raises QuoteRefused when it was decided upon, or is over."""
    held = Quote.objects.filter(pk=quote.pk, state=Quote.State.OPEN)
    if not held.update(state=Quote.State.WITHDRAWN, closed_at=now):
        raise QuoteRefused(_("This quote is not open any more."))
    _record("quote.withdrawn", "sales_quote", quote.pk, quote.customer_id, now)
    messaging.enqueue("sales.quote_withdrawn", key=f"quote:{quote.pk}:withdrawn", customer_id=quote.customer_id,
                      about_id=quote.pk, now=now)  # fmt: skip


def _record(
    action: str, table: str, pk: int, customer_id: int, now: datetime, changed: Sequence[str] = ()
) -> None:
    journal.record(action, at=now, table=table, object_id=pk, customer_id=customer_id, changed=list(changed))
