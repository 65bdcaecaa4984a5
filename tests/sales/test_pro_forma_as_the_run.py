"""The pro-forma of what is invoiced next says what the run then invoices: steps, numbers, options, raises and planned changes."""

from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hospes.billing.models import InvoiceLine
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.sales import pro_forma
from hospes.sales.models import QuoteLine
from hospes.services.models import Content, Raise, RaisedService, RaiseNotice, Service
from hospes.services.rules import renewal
from tests.billing.run import due
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

_CENTS = st.integers(1, 99_999)
_SERVICE = st.fixed_dictionaries({
    "months": st.sampled_from([1, 3, 12]), "term": st.integers(1, 5), "quantity": st.integers(1, 4), "sold": st.integers(1, 4),
    "steps": st.lists(st.tuples(st.integers(2, 6), _CENTS), max_size=2, unique_by=lambda step: step[0]), "first": _CENTS,
    "change": st.sampled_from(["", "", "raise", "raise", "number", "package", "price", "raise and number", "moved"]),
    "options": st.booleans(), "vat": st.sampled_from(["standard", "reduced", "zero"]),
})  # fmt: skip


class _Undone(Exception):
    pass


@given(services=st.lists(_SERVICE, min_size=1, max_size=3), language=st.sampled_from(["nl", "en"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_pro_forma_is_what_the_run_invoices(services: Any, language: str) -> None:
    make.vat_rates()
    with suppress(_Undone), as_owner(), transaction.atomic():
        customer = make.customer(holder=make.person(language=language))
        made = [_service(customer, each) for each in services]
        with acting(Purpose.BILLING, actor=JOB):
            terms = pro_forma.next_terms(customer.pk, today=TODAY)
            taxes = pro_forma.taxes_of_terms(customer.pk, terms, today=TODAY)
            document = pro_forma.of_terms(customer.pk, terms, taxes, language=language, today=TODAY)
        told = [
            (
                x.details,
                x.net_cents,
                x.period_from,
                x.period_to,
                x.quantity,
                x.unit_price_cents,
                x.vat_category,
                x.vat_percent * 100,
            )
            for x in document.lines
        ]
        due.run(TODAY)
        [invoice] = due.invoices()
        lines = InvoiceLine.objects.filter(invoice=invoice).order_by("position")
        assert told == [
            (x.details, x.net_cents, x.period_from, x.period_until, x.quantity, x.unit_cents, x.vat_category, x.vat_basis_points)
            for x in lines
        ]  # fmt: skip
        assert (document.net_cents, document.vat_cents) == (invoice.net_cents, invoice.vat_cents)
        assert len(lines) == len(made)
        raise _Undone


def _service(customer: Any, each: dict[str, Any]) -> Service:
    """One that renews in ten days: its next term is one more than the `term`-th."""
    renews = TODAY + timedelta(days=10)
    start = renewal(renews, -each["months"] * each["term"])
    sold = each["sold"]
    steps = [(1, each["first"] * sold), *sorted((n, cents * sold) for n, cents in each["steps"])]
    product = make.product(prices={each["months"]: steps[-1][1] // sold})
    make.vat_of(product, each["vat"])
    quote = make.quote(customer=make.customer() if each["change"] == "moved" else customer, product=product)
    QuoteLine.objects.filter(quote=quote).update(
        quantity=sold, months=each["months"], steps_from=[n for n, _ in steps], steps_cents=[c for _, c in steps],
        net_cents=steps[0][1], setup_cents=0,
    )  # fmt: skip
    service = make.service(
        customer=customer, product=product, months=each["months"], started_on=start, run_months=each["months"] * each["term"],
        quantity=each["quantity"], price_cents=steps[-1][1] // sold, origin=f"quote_line:{quote.lines.get().pk}",
    )  # fmt: skip
    if each["options"]:
        Content.objects.filter(service=service).update(
            choice_ids=[1], choice_counts=[2], details="Ruimte: 2 × 10 GB"
        )
    _changed(service, each["change"], service.price_cents)
    return service


def _changed(service: Service, change: str, cents: int) -> None:
    if change in ("number", "raise and number"):
        due.becomes(service, on=service.renews_on - timedelta(days=20), quantity=service.quantity + 2)
    if change.startswith("raise"):
        plan = Raise.objects.create(product=service.product, months=service.months, from_on=TODAY, announce_on=TODAY - timedelta(days=60),
                                    basis_points=1000, planned_at=NOW, key=f"r{service.pk}")  # fmt: skip
        notice = RaiseNotice.objects.create(customer=service.customer, made_at=NOW, delivered_at=NOW)
        row = RaisedService.objects.create(plan=plan, service=service, customer=service.customer, old_cents=cents,
                                           new_cents=cents + 100, notice=notice, state="announced", takes_effect_on=service.renews_on)  # fmt: skip
        quantity = Content.objects.get(service=service, until_on=None).quantity
        due.becomes(service, on=service.renews_on, price_cents=cents + 100, quantity=quantity, raised=row)
    if change == "package":
        due.becomes(
            service,
            on=service.renews_on,
            product=make.product(prices={service.months: 4321}),
            price_cents=4321,
        )
    if change == "price":
        due.becomes(
            service,
            on=date(2020, 1, 1) if service.started_on < date(2020, 1, 1) else service.renews_on,
            price_cents=cents + 7,
        )
