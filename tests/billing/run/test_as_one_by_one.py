"""A run does for many what `renew` and `issue` do for one: over generated services both come to the very same."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hospes.billing import services as billing
from hospes.billing.models import Invoice, InvoiceLine, InvoiceSettings, InvoiceTax, LocationEvidence
from hospes.billing.queries import payment_days, wishes
from hospes.billing.services import Draft, DraftLine
from hospes.billing.tax.queries import TaxUnknown, taxes_of
from hospes.catalogue.queries import vat_code
from hospes.catalogue.rules import term_cents
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.sales.models import QuoteLine
from hospes.services import endings
from hospes.services.models import Content, Service
from hospes.services.rules import renewal
from tests.billing.run import due
from tests.billing.run.due import NOW, TODAY
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

_SERVICES = st.lists(
    st.fixed_dictionaries({
        "months": st.sampled_from([1, 3, 12]), "ahead": st.integers(-20, 20), "quantity": st.integers(1, 4),
        "price_cents": st.sampled_from([0, 1, 495, 1250, 7500, 99999]), "anchored": st.integers(1, 31),
        "state": st.sampled_from(["active", "active", "active", "suspended", "cancelled", "pending"]),
        "ends": st.integers(-5, 30), "planned": st.none() | st.sampled_from([(1, 1, 333), (12, 2, 4999), (6, 1, 0)]),
        "steps": st.none() | st.lists(st.tuples(st.integers(2, 5), st.integers(1, 2000)), min_size=1, max_size=2,
                                      unique_by=lambda step: step[0]),
        "sold": st.integers(1, 3), "term": st.integers(1, 4),
        "vat": st.sampled_from(["", "", "standard", "reduced", "reduced", "zero", "reduced later"]),
    }),
    max_size=3,
)  # fmt: skip
_CUSTOMERS = st.lists(
    st.tuples(
        st.sampled_from([("private", "NL"), ("business", "NL"), ("business", "US"), ("private", "DE"), ("private", "CH")]),
        st.sampled_from(["nl", "en"]), st.sampled_from(["customer", "service"]), st.none() | st.integers(0, 60), _SERVICES,
    ),
    min_size=1, max_size=4,
)  # fmt: skip


class _Undone(Exception):
    pass


@given(world=_CUSTOMERS, size=st.sampled_from([1, 2, 2000]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_run_comes_to_what_one_after_another_comes_to(world: Any, size: int) -> None:
    make.vat_rates()
    found = []
    with suppress(_Undone), as_owner(), transaction.atomic():
        _people(world)
        for way in (lambda: due.run(size=size), _one_by_one):
            found.append(_undone(way))
        raise _Undone
    assert found[0] == found[1]


def _undone(way: Callable[[], object]) -> Any:
    """What there is after one way, which is undone."""
    found = None
    with suppress(_Undone), transaction.atomic():
        way()
        found = _what_there_is()
        raise _Undone
    return found


def _people(world: Any) -> None:
    for (kind, country), language, collect, term, services in world:
        customer = make.customer(kind=kind, country=country, holder=make.person(language=language))
        if country == "CH":
            LocationEvidence.objects.create(customer=customer, kind="ip", country="CH", seen_at=NOW)
        InvoiceSettings.objects.create(
            customer=customer, collect=collect, term_days=term, reference="r" if term else ""
        )
        for each in services:
            _service(customer, each)


def _service(customer: Any, each: dict[str, Any]) -> None:
    renews = TODAY + timedelta(days=each["ahead"])
    start = due.back(renews.replace(day=min(renews.day, 28)), each["months"])
    start = start.replace(day=min(each["anchored"], 28 if start.month == 2 else 30))
    ends = {"ends_on": TODAY + timedelta(days=each["ends"])} if each["state"] == "cancelled" else {}
    words: dict[str, Any] = {"started_on": start, "anchor_on": start, "price_cents": each["price_cents"]}
    if each["steps"]:
        words = _introduced(customer, each, renewal(start, each["months"]))
    made = due.service(
        customer, months=each["months"], state=each["state"], quantity=each["quantity"], **words, **ends
    )
    if each["vat"]:
        code, _, later = each["vat"].partition(" ")
        make.vat_of(made.product, code, since=TODAY + due.DAY if later else TODAY)
    if each["planned"]:
        months, quantity, cents = each["planned"]
        due.becomes(made, on=made.renews_on, months=months, quantity=quantity, price_cents=cents)


def _introduced(customer: Any, each: dict[str, Any], renews: date) -> dict[str, Any]:
    """Sold at introductory prices, some terms ago; the last price is that of the service."""
    sold, term = each["sold"], each["term"]
    steps = [(1, 100 * sold), *sorted((n, cents * sold) for n, cents in each["steps"])]
    product = make.product(prices={})
    line = make.quote(customer=customer, product=product).lines.get()
    QuoteLine.objects.filter(pk=line.pk).update(
        quantity=sold, months=each["months"], steps_from=[n for n, _ in steps], steps_cents=[cents for _, cents in steps],
        net_cents=steps[0][1], setup_cents=0,
    )  # fmt: skip
    start = renewal(renews.replace(day=min(renews.day, 28)), -each["months"] * term)
    return {"product": product, "origin": f"quote_line:{line.pk}", "started_on": start, "run_months": each["months"] * term,
            "price_cents": steps[-1][1] // sold, "intro_cents": 100}  # fmt: skip


def _intro(service: Service, content: Content) -> int | None:
    """What one costs in the next term while an introduction lasts, by the rules of the catalogue."""
    if not service.origin.startswith("quote_line:"):
        return None
    line = QuoteLine.objects.get(pk=int(service.origin.removeprefix("quote_line:")))
    nth, last = service.run_months // line.months + 1, line.steps[-1]
    as_sold = (line.product_id, line.months, last.cents // line.quantity)
    if nth >= last.from_term or (content.product_id, content.months, content.price_cents) != as_sold:
        return None
    return term_cents(line.steps, nth) // line.quantity


def _one_by_one() -> None:
    """As long as something is due: every customer in turn, one term of each of its services, by the verbs for one."""
    while True:
        horizon = TODAY + timedelta(days=14)
        with as_owner():
            held = Service.objects.filter(
                renews_on__lte=horizon, state__in=["active", "suspended", "cancelled"]
            )
            due_now = [
                each
                for each in held.order_by("customer_id")
                if each.ends_on is None or each.ends_on > each.renews_on
            ]
        by_customer = defaultdict(list)
        for each in due_now:
            by_customer[each.customer_id].append(each)
        went_on = [_customer(pk, services) for pk, services in by_customer.items()]
        if not any(went_on):
            return


def _customer(customer_id: int, services: list[Service]) -> bool:
    services.sort(key=lambda each: (each.renews_on, each.pk))
    priced, intros = dict[int, Content](), dict[int, int | None]()
    for each in services:
        held = Content.objects.filter(service=each, from_on__lte=each.renews_on).exclude(
            until_on__lte=each.renews_on
        )
        priced[each.pk] = held.get()
        with as_owner():
            intros[each.pk] = _intro(each, priced[each.pk])
    net = sum(
        content.term_cents if intros[pk] is None else (intros[pk] or 0) * content.quantity
        for pk, content in priced.items()
    )
    with acting(Purpose.BILLING, actor=JOB):
        try:
            taxes = taxes_of(customer_id, net_cents=net, today=TODAY)
        except TaxUnknown:
            return False
    lines = []
    for each in services:
        with acting(Purpose.CONTRACT, actor=JOB):
            begins, ends, cents = endings.renew(each, now=NOW, intro_cents=intros[each.pk])
        content = priced[each.pk]
        lines.append((each, content, begins, ends, cents))
    with acting(Purpose.BILLING, actor=JOB):
        groups = (
            [lines]
            if wishes(customer_id).collect == "customer"
            else [[one] for one in sorted(lines, key=lambda x: x[0].pk)]
        )
        for group in groups:
            if sum(one[4] for one in group):
                _issue(customer_id, group, taxes)
    return True


def _issue(customer_id: int, group: Any, taxes: Any) -> None:
    from hospes.customers.queries import addressee

    person = addressee(customer_id, now=NOW)
    language = person.language if person else "nl"
    lines = [
        DraftLine(getattr(content.product, f"name_{language}"), each.label, cents, tax.basis_points, begins,
                  ends - timedelta(days=1), tax.category, tax.country, tax.reason, "term", each.pk, content.quantity)
        for each, content, begins, ends, cents in group
        for tax in [taxes.of(vat_code(content.product_id, today=TODAY))]
    ]  # fmt: skip
    origin = f"term:{group[0][0].pk}:{group[0][2]}"
    due_on = TODAY + timedelta(days=payment_days(customer_id))
    billing.issue(Draft(customer_id, origin, "", lines, due_on), today=TODAY, now=NOW)


_NOT = {"id", "invoice_id", "seller_id"}


def _what_there_is() -> Any:
    with as_owner():
        invoices = {each["id"]: each for each in Invoice.objects.values()}
        by_origin = {
            each["origin"]: {k: v for k, v in each.items() if k not in _NOT} for each in invoices.values()
        }
        parts = [
            sorted(
                (invoices[row["invoice_id"]]["number"], sorted((k, str(v)) for k, v in row.items() if k not in _NOT))
                 for row in model.objects.values()
            )
            for model in (InvoiceLine, InvoiceTax)
        ]  # fmt: skip
        services = list(Service.objects.order_by("pk").values())
        notes = sorted(
            Service.objects.values_list("pk", "changes__reason", "changes__was", "changes__became").order_by()
        )
        due.assert_books_are_right()
    return by_origin, parts, services, [tuple(map(str, each)) for each in notes]
