"""
Charges of services (what changes, endings and withdrawals cost or give back) become invoices and credit notes, exactly once.

Acts within the purpose of billing. See docs/decisions (charges) for what becomes of which.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from hospes.billing import rules
from hospes.billing.crediting import CreditRefused, credit
from hospes.billing.issuing import Draft, DraftLine, issue
from hospes.billing.models import Invoice, InvoiceLine, InvoiceTax, StuckCharge
from hospes.billing.queries import payment_days
from hospes.billing.rules import RateUnknown
from hospes.billing.tax.queries import TaxUnknown, taxes_of
from hospes.catalogue.queries import vat_codes
from hospes.kernel import journal
from hospes.services.models import Charge, Service
from hospes.services.rules import months_of, renewal

journal.register({
    "charge.stuck": gettext_lazy("Amount could not be settled"),
    "charge.by_hand": gettext_lazy("Amount dealt with by hand"),
})  # fmt: skip

_REASON = StuckCharge.Reason
#: What is looked at again without anybody saying so: the customer's VAT, or the rate, may be known by now.
_BY_ITSELF = (_REASON.VAT_UNKNOWN, _REASON.NO_RATE)


class NothingStuck(Exception):
    """There is no such amount that waits (any more)."""


@dataclass
class _Part:
    """A charge and what is left of it, in cents without VAT with its sign."""

    charge: Charge
    cents: int


@transaction.atomic
def settle(*, customer_id: int, today: date, now: datetime) -> Counter[str]:
    """
    Put all that waits for a customer on invoices and credit notes; counts "settled" and "stuck" charges.

    Charges that came together (of one change) are settled together. Two at once wait for each other, and what was settled is not
    looked at again: so each is on one document, ever. What no document can be made of is noted for the office.
    """
    waiting = (
        Charge.objects.select_for_update().filter(customer_id=customer_id, settled_at=None).order_by("pk")
    )
    tally = Counter[str]()
    held = list(waiting)
    stuck = {
        each.charge_id: each
        for each in StuckCharge.objects.filter(charge_id__in=[c.pk for c in held], over_at=None)
    }
    parts = [_Part(c, stuck[c.pk].cents if c.pk in stuck else c.cents) for c in held]
    for _origin, group in groupby(sorted(parts, key=_change_of), key=_change_of):
        together = list(group)
        left = _settled(together, today, now)
        for part in together:
            rest, reason = left.get(part.charge.pk, (0, ""))
            tally["stuck" if reason else "settled"] += 1
            _note(part, rest, reason, stuck.get(part.charge.pk), now)
    return tally


def _change_of(part: _Part) -> tuple[int, str]:
    """What the charges of one change have in common."""
    return part.charge.service_id, part.charge.origin.rpartition(":")[0]


def _settled(parts: Sequence[_Part], today: date, now: datetime) -> dict[int, tuple[int, str]]:
    """Make the documents of charges that belong together; what is left of each that could not be, with the reason."""
    everything = {part.charge.pk: part.cents for part in parts}
    try:
        with transaction.atomic():
            return _documents(parts, today, now)
    except TaxUnknown:
        reason = _REASON.VAT_UNKNOWN
    except RateUnknown:
        reason = _REASON.NO_RATE
    except (CreditRefused, IntegrityError):
        reason = _REASON.REFUSED
    return {pk: (cents, str(reason)) for pk, cents in everything.items()}


def _documents(parts: Sequence[_Part], today: date, now: datetime) -> dict[int, tuple[int, str]]:
    plus, minus = [p for p in parts if p.cents > 0], [p for p in parts if p.cents < 0]
    total = sum(part.cents for part in parts)
    service = Service.objects.get(pk=parts[0].charge.service_id)
    lines = [line for part in minus[:1] for line in _covering(service, part.charge)]
    if not plus:
        return _credit_all(minus, -total, lines, service, today, now)
    taxes = taxes_of(parts[0].charge.customer_id, net_cents=max(total, 0), today=today)
    codes = vat_codes({part.charge.product_id for part in parts}, today=today)
    by_part = {part.charge.pk: taxes.of(codes[part.charge.product_id]) for part in parts}
    # What is given back has the VAT of what was paid with; where nothing is known of that, that of what it was.
    given_back = [_tax(line) for line in lines] or [by_part[part.charge.pk] for part in minus]
    is_same = len({tax.key for tax in [*(by_part[part.charge.pk] for part in plus), *given_back]}) == 1
    if total >= 0 and is_same:
        one = by_part[plus[0].charge.pk]
        _invoice([(part, one) for part in [*plus, *minus]], service, today, now)
        return {}
    if is_same:
        return _credit_all(minus, -total, lines, service, today, now)
    _invoice([(part, by_part[part.charge.pk]) for part in plus], service, today, now)
    return _credit_all(minus, -sum(part.cents for part in minus), lines, service, today, now)


# --- invoices -------------------------------------------------------------------------------------------------------------


def _invoice(
    parts: Sequence[tuple[_Part, rules.Tax]], service: Service, today: date, now: datetime
) -> Invoice:
    charge = parts[0][0].charge
    lines = [
        DraftLine(
            _words(part.charge), service.label, part.cents, tax.basis_points, part.charge.period_from, part.charge.period_until,
            vat_category=tax.category, vat_country=tax.country, vat_reason=tax.reason, kind="change", service_id=service.pk,
        )
        for part, tax in parts
    ]  # fmt: skip
    draft = Draft(
        customer_id=charge.customer_id, origin=f"charge:{charge.pk}", quote_number="", lines=lines,
        due_on=rules.due_on(today, payment_days(charge.customer_id)),
    )  # fmt: skip
    return issue(draft, today=today, now=now)


def _words(charge: Charge) -> str:
    text = charge.description if charge.quantity == 1 else f"{charge.quantity} × {charge.description}"
    return text[:200]


# --- credit notes ---------------------------------------------------------------------------------------------------------


def _covering(service: Service, charge: Charge) -> list[InvoiceLine]:
    """
    The lines of invoices that a service's time was paid with, the newest first; also what has no period, of what was withdrawn
    from or dropped.

    What was invoiced before the service was made is found by its origin. Its first term can have begun later than that says.
    """
    of_it = Q(service_id=service.pk) | Q(sold_as=service.origin) & ~Q(sold_as="")
    overlaps = Q(period_until__gte=charge.period_from, period_from__lte=charge.period_until)
    overlaps |= Q(pk__in=_delivered_later(service, charge))
    if charge.kind in (Charge.Kind.WITHDRAWN, Charge.Kind.DROPPED):
        overlaps |= Q(period_from=None)
    found = InvoiceLine.objects.with_related("invoice").filter(
        of_it, overlaps, customer_id=charge.customer_id, credits_line=None, net_cents__gt=0
    )
    # What has no period (setting up) comes last: time is given back first.
    return sorted(
        found,
        key=lambda x: (x.period_from is not None, x.invoice.issued_on, x.invoice_id, x.position),
        reverse=True,
    )


def _delivered_later(service: Service, charge: Charge) -> list[int]:
    """Of the lines that a service was sold with those whose time, counted from when there was a service, is that of a charge."""
    sold = InvoiceLine.objects.filter(
        ~Q(sold_as=""), sold_as=service.origin, customer_id=charge.customer_id, credits_line=None,
        period_from__lt=service.anchor_on,
    )  # fmt: skip
    found = []
    for pk, first, last in sold.values_list("pk", "period_from", "period_until"):
        if first is None or last is None:
            continue
        over = renewal(service.anchor_on, months_of(first, last))
        if service.anchor_on <= charge.period_until and charge.period_from < over:
            found.append(pk)
    return found


def _credit_all(
    minus: Sequence[_Part],
    cents: int,
    lines: Sequence[InvoiceLine],
    service: Service,
    today: date,
    now: datetime,
) -> dict[int, tuple[int, str]]:
    """Give back so many cents over the lines; what does not fit is left of the charges, the last one first."""
    # Who credits the same invoices meanwhile waits for this, or this for them: what is left is read after that.
    held = sorted({line.invoice_id for line in lines})
    list(Invoice.objects.select_for_update().filter(pk__in=held).order_by("pk").values_list("pk", flat=True))
    fresh = {x.pk: x for x in InvoiceLine.objects.filter(pk__in=[line.pk for line in lines])}
    rooms = [rules.Room(x.pk, x.invoice_id, _tax(x), fresh[x.pk].creditable_cents) for x in lines]
    by_rate = _left_by_rate(held)
    allotted, rest = rules.allot(cents, rooms, by_rate)
    is_everything = rules.allot(cents + 1, rooms, by_rate)[1] > rest  # not a cent more could be given back
    charge = minus[0].charge
    for invoice_id, amounts in allotted.items():
        credit(
            invoice_id=invoice_id, reason=_reason_to_read(invoice_id, charge, service), lines=amounts,
            key=f"charge:{charge.pk}:{invoice_id}:{abs(minus[0].cents)}", today=today, now=now,
            # Where nothing is kept there is no revenue of the days before, either.
            period=None if is_everything else (charge.period_from, charge.period_until),
        )  # fmt: skip
    reason = str(_REASON.TOO_LITTLE if lines else _REASON.NO_LINE)
    left = {}
    for part in reversed(minus):
        if rest:
            share = min(rest, -part.cents)
            left[part.charge.pk] = (-share, reason)
            rest -= share
    return left


def _left_by_rate(invoice_ids: Sequence[int]) -> dict[tuple[int, tuple[str, str, int]], int]:
    """What can still be given back of each rate on invoices: what it came to, less what credit notes gave back."""
    left = Counter[tuple[int, tuple[str, str, int]]]()
    taxes = InvoiceTax.objects.with_related("invoice").filter(
        Q(invoice_id__in=invoice_ids) | Q(invoice__credits_id__in=invoice_ids)
    )
    for tax in taxes:
        key = tax.vat_category, tax.vat_country, tax.vat_basis_points
        sign = 1 if tax.invoice.credits_id is None else -1
        left[(tax.invoice.credits_id or tax.invoice_id, key)] += sign * tax.net_cents
    return left


def _reason_to_read(invoice_id: int, charge: Charge, service: Service) -> str:
    language = Invoice.objects.values_list("language", flat=True).get(pk=invoice_id)
    with override(language):
        return _reason(charge, service)[:200]


def _reason(charge: Charge, service: Service) -> str:
    """Why it is given back, for the customer, in the active language."""
    words = {"label": service.label, "day": _day(charge.period_from), "last": _day(charge.period_until)}
    if charge.kind == Charge.Kind.WITHDRAWN:
        return _("You withdrew from the contract for %(label)s.") % words
    if charge.kind == Charge.Kind.DROPPED:
        return _("%(label)s could not be delivered: all that was invoiced for it comes back.") % words
    if charge.kind == Charge.Kind.ENDED:
        return (
            _("%(label)s ended on %(day)s: what was paid for the time after it, until %(last)s, comes back.")
            % words
        )
    return (
        _("%(label)s was changed on %(day)s: what was paid for the time until %(last)s is set off.") % words
    )


def _day(day: date) -> str:
    return str(formats.date_format(day, "j F Y"))


def _tax(line: InvoiceLine) -> rules.Tax:
    return rules.Tax(line.vat_basis_points, line.vat_category, line.vat_country, line.vat_reason)


# --- what is left ---------------------------------------------------------------------------------------------------------


def _note(part: _Part, rest: int, reason: str, known: StuckCharge | None, now: datetime) -> None:
    if not reason:
        Charge.objects.filter(pk=part.charge.pk).update(settled_at=now)
        if known is not None:
            StuckCharge.objects.filter(pk=known.pk).update(over_at=now, cents=0)
    elif known is None:
        made = StuckCharge.objects.create(
            charge_id=part.charge.pk,
            customer_id=part.charge.customer_id,
            cents=rest,
            reason=reason,
            since=now,
        )
        journal.record("charge.stuck", at=now, table="billing_stuckcharge", object_id=made.pk,
                       customer_id=made.customer_id)  # fmt: skip
    elif (known.cents, known.reason) != (rest, reason):
        StuckCharge.objects.filter(pk=known.pk).update(cents=rest, reason=reason)


@transaction.atomic
def by_hand(*, stuck_id: int, note: str, now: datetime) -> None:
    """
    Say that a colleague dealt with an amount in another way, and how; raises NothingStuck when it does not wait (any more).
    """
    charges = Charge.objects.select_for_update().filter(stuck__pk=stuck_id, settled_at=None)
    held = charges.first()
    if held is None or not note.strip():
        raise NothingStuck
    Charge.objects.filter(pk=held.pk).update(settled_at=now)
    StuckCharge.objects.filter(pk=stuck_id).update(over_at=now, note=note.strip()[:200])
    journal.record("charge.by_hand", at=now, table="billing_stuckcharge", object_id=stuck_id, customer_id=held.customer_id,
                   changed=["over_at"])  # fmt: skip


def waiting_customers(*, after: int = 0, limit: int = 500) -> list[int]:
    """Customers with charges to be settled, in order of their id; those that only wait for the office are left out."""
    for_office = Q(stuck__over_at=None, stuck__isnull=False) & ~Q(stuck__reason__in=_BY_ITSELF)
    found = Charge.objects.filter(settled_at=None, customer_id__gt=after).exclude(for_office)
    return list(found.order_by("customer_id").values_list("customer_id", flat=True).distinct()[:limit])
