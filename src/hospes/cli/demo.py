"""The demo: an operator with generated customers who ordered and paid in the past year, and staff in every role."""

import json
import secrets as tokens
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.db import transaction

from hospes.accounts import services as accounts
from hospes.accounts.staff import services as staff
from hospes.cli import demo_bank, demo_reconciling
from hospes.cli.demo_catalogue import PACKAGES, stock_catalogue
from hospes.cli.demo_names import MadeUp, made_up
from hospes.cli.demo_orders import lines_of
from hospes.customers.models import Customer, Person
from hospes.customers.services import Details, open_customer
from hospes.kernel import clock
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from hospes.payments import services as payments
from hospes.payments.debits import services as debits
from hospes.payments.models import Payment
from hospes.payments.providers import Charge
from hospes.sales import agreements, registries
from hospes.sales import jobs as sales_jobs
from hospes.sales import services as sales

CUSTOMERS = 24

STAFF = [
    ("billing_clerk", "billing clerk", 9001), ("support_agent", "support agent", 9002),
    ("privacy_officer", "privacy officer", 9003), ("administrator", "administrator", 9004), ("technician", "technician", 9005),
]  # fmt: skip


#: An account number made up, that no bank has given out.
DEMO_IBAN = "NL91ABNA0417164300"


def fill(path: Path) -> bool:
    """Fill an empty installation and write the logins to the path; False when it was filled before."""
    if path.exists():
        return False
    if Person.objects.exists():
        raise RuntimeError("this database has people in it that no demo made: it is left alone")
    now = clock.now()
    with transaction.atomic():  # ended in the middle it leaves nothing behind, and can be begun again
        stock_catalogue()
        logins = [_customer_login(now)] + [
            _staff_login(role, title, number, now) for role, title, number in STAFF
        ]
        for number in range(2, CUSTOMERS):
            sign_up(made_up(number), now=now - timedelta(days=370), business=number % 2 == 0, password=None)
        _year_of_orders(now)
        demo_bank.fill(now, demo_reconciling.fill(now))
    path.write_text(json.dumps({"logins": logins}, indent=2))
    path.chmod(0o600)
    return True


def sign_up(who: MadeUp, *, now: datetime, business: bool, password: str | None) -> tuple[Person, Customer]:
    """A person with a confirmed address, and their first customer."""
    with acting(Purpose.ACCESS, actor=SYSTEM):
        person = accounts.make_person(email=who.email, password=password, given_name=who.given_name,
                                      family_name=who.family_name, phone=who.phone, now=now)  # fmt: skip
        return person, open_customer(
            person_id=person.pk, details=details(who, person.name, business=business), now=now
        )


def details(who: MadeUp, name: str, *, business: bool) -> Details:
    """What a generated person tells about themself, or about their company."""
    return Details(
        kind="business" if business else "private", name=who.trade_name if business else name, street=who.street,
        postcode=who.postcode, town=who.town, country="NL", invoice_email=who.email,
        kvk_number=who.kvk_number if business else "",
    )  # fmt: skip


def _customer_login(now: datetime) -> dict[str, str]:
    who, password = made_up(1), tokens.token_urlsafe(9)
    person, _ = sign_up(who, now=now - timedelta(days=380), business=False, password=password)
    with acting(Purpose.ACCESS, actor=SYSTEM):
        open_customer(
            person_id=person.pk,
            details=details(who, person.name, business=True),
            now=now - timedelta(days=370),
        )
    return _login(
        "customer",
        settings.HOSPES_PORTAL_URL,
        who.email,
        password,
        f"{person.name}: private, and {who.trade_name}",
    )


def _staff_login(role: str, title: str, number: int, now: datetime) -> dict[str, str]:
    who, password = made_up(number), tokens.token_urlsafe(9)
    secret = b32encode(tokens.token_bytes(20)).decode()
    with acting(Purpose.ACCESS, actor=SYSTEM):
        colleague = staff.hire(email=who.email, password=password, given_name=who.given_name, family_name=who.family_name,
                               roles=[role], now=now)  # fmt: skip
        accounts.preset_second_step(person_id=colleague.pk, secret=secret, now=now)
    login = _login(
        title, settings.HOSPES_OFFICE_URL, who.email, password, f"second step: .venv/bin/hospes code {role}"
    )
    return login | {"role": role, "totp": secret}


def _login(who: str, address: str, login: str, password: str, note: str) -> dict[str, str]:
    return {"who": who, "address": address, "login": login, "password": password, "note": note}


@dataclass(frozen=True)
class _Plan:
    at: datetime
    customer_id: int
    person_id: int
    label: str
    package: int
    months: int
    everything: bool = False


def _year_of_orders(now: datetime) -> None:
    """Orders of the past year in the order of time, so that numbers and dates go up together; the last one is not paid yet."""
    with acting(Purpose.ACCESS, actor=SYSTEM):
        people = dict(Person.objects.values_list("email", "pk"))
        held = {c.invoice_email + c.kind: c.pk for c in Customer.objects.all()}
    random = Random(1)  # noqa: S311  # the demo is the same each time
    plans = []
    for number in range(1, CUSTOMERS):
        who = made_up(number)
        for turn, kind in enumerate(("private", "business")):
            if (customer_id := held.get(who.email + kind)) is None:
                continue
            for again in range(3 if number == 1 else random.randint(1, 2)):
                at = now - timedelta(days=random.randint(5, 350), minutes=random.randint(0, 900))
                label = who.domain if not turn + again else f"{'abc'[again]}{turn}-{who.domain}"
                months = (
                    1 if at > now - timedelta(days=27) else 12
                )  # a shorter term would have had to be renewed since
                package = random.randrange(3)
                plans.append(
                    _Plan(
                        at,
                        customer_id,
                        people[who.email],
                        label,
                        package,
                        months,
                        number % 5 == 1 and package > 0,
                    )
                )
    for plan in sorted(plans, key=lambda plan: plan.at):
        _order(plan, paid=True)
    for days in (2, 1):  # of these the payment provider knows: they are reconciled
        who = made_up(2 + 2 * days)
        _order(
            _Plan(now - timedelta(days=days), held[who.email + "business"], people[who.email], f"mail-{who.domain}", 0, 12), paid=True
        )  # fmt: skip
    first = made_up(1)
    _order(
        _Plan(
            now - timedelta(hours=2),
            held[first.email + "business"],
            people[first.email],
            f"nieuw-{first.domain}",
            1,
            12,
        ),
        paid=False,
    )
    with acting(
        Purpose.BILLING, actor=SYSTEM, customer=held[first.email + "private"]
    ):  # one who pays by direct debit
        debits.sign(
            customer_id=held[first.email + "private"], person_id=people[first.email], holder="Demo Rekeninghouder",
            iban=DEMO_IBAN, language="nl", ip=None, now=now,
        )  # fmt: skip


def _order(plan: _Plan, *, paid: bool) -> None:
    """One order as the portal places it, at its moment; the money comes from a charge as the provider reports it."""
    today = clock.day_of(plan.at)
    with clock.moved_to(plan.at):
        with acting(Purpose.CONTRACT, actor=SYSTEM, customer=plan.customer_id):
            lines = lines_of(
                str(PACKAGES[plan.package][0]),
                plan.months,
                plan.label,
                today=today,
                everything=plan.everything,
            )
            quote = sales.make_quote(
                customer_id=plan.customer_id, lines=lines, key=f"demo:{plan.label}", today=today, now=plan.at
            )
            order = sales.accept_quote(
                quote_id=quote.pk,
                person_id=plan.person_id,
                ip=None,
                agreed=agreements.of_now("nl"),
                told=[notice.pk for notice in registries.of_quote(quote.pk, today=today)],
                today=today,
                now=plan.at,
            )
        if not paid:
            return
        with acting(Purpose.BILLING, actor=SYSTEM, customer=plan.customer_id):
            payment = Payment.objects.create(
                customer_id=plan.customer_id, order_id=order.pk, cents=order.total_cents, created_at=plan.at,
                idempotency_key=f"{order.number}-1", reference=f"tr_demo{order.pk}",
            )  # fmt: skip
        with acting(Purpose.BILLING, actor=SYSTEM):
            payments.book(_charge(payment, plan), now=plan.at)
        sales_jobs.deliver.run(order_id=order.pk)


def _charge(payment: Payment, plan: _Plan) -> Charge:
    values: dict[str, Any] = {
        "reference": payment.reference, "state": "paid", "cents": payment.cents, "method": "ideal", "checkout_url": None,
        "paid_at": plan.at, "holder": "Demo Rekeninghouder", "account": DEMO_IBAN, "order_key": payment.idempotency_key,
    }  # fmt: skip
    return Charge(**values)
