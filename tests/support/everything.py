"""One row in every table with personal data, all about one person and customer; for sweeps over the map."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, models

from hospes.accounts.models import AccessLimit, ApiToken, Phone, PhoneCode, Release
from hospes.billing.ledger import services as ledger
from hospes.billing.models import Invoice, Run, RunProblem, StuckCharge
from hospes.billing.models.einvoices import EInvoiceAddress
from hospes.billing.services import credit
from hospes.catalogue.models import RegistryNotice
from hospes.customers import services as _customers  # noqa: F401  # makes the action known to the journal
from hospes.customers.models import Customer, Person
from hospes.kernel import datamap, journal
from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.purposes import Basis, Purpose
from hospes.payments.bank.models import BankAllocation, BankLine, BankStatement
from hospes.payments.models import Refund
from hospes.sales.models import Order, QuoteDraft, QuoteDraftLine, Withdrawal
from hospes.services.models import Charge, Raise, RaisedService, RaiseNotice, Request, Service
from tests.support import make, names
from tests.support.money import at_the_provider
from tests.support.rights import as_owner


@dataclass(frozen=True)
class Life:
    """Somebody about whom there is something in every table."""

    person: Person
    customer: Customer
    cart: uuid.UUID

    @property
    def scopes(self) -> dict[str, Any]:
        """What acting() wants to hear to act about this one."""
        return {"person": self.person.pk, "customer": self.customer.pk, "cart": self.cart}

    def owns(self, row: models.Model, entry: datamap.Row) -> bool:
        """Say whether a row is this one's, by its ownership keys."""
        return any(
            getattr(row, _attribute(row, key)) == self.scopes[scope] for key, scope in entry.key.items()
        )


def life() -> Life:
    """Make one; consents to everything, and has no restriction in force."""
    person = make.person()
    customer = make.customer(holder=person, kind="business")
    cart = make.cart(person=person, products=[make.product()])
    made = Life(person, customer, cart.pk)
    make.staff(person=person)
    for purpose in Purpose:
        if purpose.declared.basis == Basis.CONSENT:
            make.consent(person=person, purpose=purpose)
    make.restriction(person=person, customer=customer, purpose=Purpose.SUPPORT, lifted_at=make.NOW)
    make.paid_from(payment=make.payment(order=make.order(customer=customer, paid=True), state="paid"))
    invoice = make.invoice(customer=customer, with_document=True)
    held = make.service(customer=customer)
    make.hosting_account(service=held)
    make.message(person=person, customer=customer)
    make.invitation(customer=customer)
    make.address_change(person=person)
    make.contact_address(customer=customer)
    make.promotion_use(customer=customer)
    with as_owner():
        EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
        Authenticator.objects.create(user=person, type="totp", data={"secret": "not sealed"})
        with acting(Purpose.ACCESS, actor=Actor.person(person.pk, ip="192.0.2.1")):
            journal.record("customer.changed", at=make.NOW, customer_id=customer.pk, person_id=person.pk)
        _second_step(made)
        EInvoiceAddress.objects.create(
            customer=customer, participant="0106:87654321", state="reachable", since=make.NOW
        )
        with acting(Purpose.BILLING, actor=SYSTEM):
            ledger.book_invoice(invoice.pk, now=make.NOW)
        RunProblem.objects.create(
            customer=customer, service=held, reason="tax_unknown", first_seen_at=make.NOW,
            run=Run.objects.create(for_date=make.TODAY, started_at=make.NOW),
        )  # fmt: skip
        Withdrawal.objects.create(
            form_id=cart.pk, name="canary", contract="canary", email=person.email, received_at=make.NOW, customer=customer,
            person=person, order=Order.objects.filter(customer=customer).first(),
        )  # fmt: skip
        Request.objects.create(
            service=held, customer=customer, kind="undo", when="now", on=make.TODAY, by="customer", person=person,
            note="because", asked_at=make.NOW, key=names.word(),
        )  # fmt: skip
        _raised(made, held)
        make.debit(mandate=make.mandate(customer=customer), invoice=make.invoice(customer=customer))
        _money(made, invoice, held)
        _bank(made)
        at_the_provider(customer, person)
        texts = ("gets", "public_private", "public_business")
        RegistryNotice.objects.create(
            product=make.product(kind="domain", extension=f".canary{person.pk}"), version="1", valid_from=make.TODAY, registry="canary",
            **{f"{text}_{language}": "canary" for text in texts for language in ("nl", "en")},
        )  # fmt: skip
        AccessLimit.objects.create(customer=made.customer, network="192.0.2.0/24", added_at=make.NOW)
        for mapped in datamap.mapped_tables():
            if mapped.model and mapped.entry.about_somebody:
                _see_to_a_row(mapped.model, mapped.entry, made)
    return made


def _raised(made: Life, held: Service) -> None:
    """A raise that was told of, a service that is offered, and a quote that is being written."""
    plan = Raise.objects.create(
        product=held.product, months=12, basis_points=500, from_on=make.TODAY + timedelta(days=60), announce_on=make.TODAY,
        planned_at=make.NOW, key=names.word(),
    )  # fmt: skip
    notice = RaiseNotice.objects.create(customer=made.customer, made_at=make.NOW)
    RaisedService.objects.create(
        plan=plan,
        service=held,
        customer=made.customer,
        notice=notice,
        state="announced",
        old_cents=1,
        new_cents=2,
    )
    make.move_offer(customer=made.customer, held=held)
    draft = QuoteDraft.objects.create(
        customer=made.customer, author=made.person, valid_until=make.TODAY, made_at=make.NOW, changed_at=make.NOW, intro="because",
        key=names.word(),
    )  # fmt: skip
    QuoteDraftLine.objects.create(draft=draft, customer=made.customer, position=1, description="x")


def _money(made: Life, invoice: Invoice, service: Service) -> None:
    """A charge that is stuck, and money of a credit note that goes back."""
    charge = Charge.objects.create(
        service=service, customer=made.customer, kind="ended", product=service.product, quantity=1, cents=-100,
        period_from=make.TODAY, period_until=make.TODAY, description="x", origin=f"x:{names.count()}", created_at=make.NOW,
    )  # fmt: skip
    StuckCharge.objects.create(
        charge=charge, customer=made.customer, cents=-100, reason="no_line", since=make.NOW
    )
    Invoice.objects.filter(pk=invoice.pk).update(paid_cents=invoice.total_cents, paid_at=make.NOW)
    with acting(Purpose.BILLING, actor=SYSTEM):
        note = credit(
            invoice_id=invoice.pk, reason="x", key=f"x{names.count()}", today=make.TODAY, now=make.NOW
        )
    Refund.objects.create(credit_note=note, customer=made.customer, cents=1, state="failed", reason="no_payment",
                          idempotency_key=names.word(), due_on=make.TODAY, requested_at=make.NOW)  # fmt: skip


def _bank(made: Life) -> None:
    """A line of a bank statement that is the balance of the customer."""
    statement = BankStatement.objects.create(
        account="NL91ABNA0417164300", opened_on=make.TODAY, opening_cents=0, closed_on=make.TODAY, closing_cents=5,
        digest=uuid.uuid4().hex, imported_at=make.NOW,
    )  # fmt: skip
    line = BankLine.objects.create(
        statement=statement, customer=made.customer, position=1, booked_on=make.TODAY, cents=5, left_cents=5, name="canary",
        other_account="NL20INGB0001234567", remittance="canary",
    )  # fmt: skip
    BankAllocation.objects.create(
        line=line,
        customer=made.customer,
        kind="balance",
        cents=5,
        is_automatic=False,
        note="canary",
        booked_at=make.NOW,
    )


def _second_step(made: Life) -> None:
    """What the database wants to make sense: numbers of phones, codes that run out soon, and waiting times."""
    Phone.objects.create(person=made.person, number="+31612345678", confirmed_at=make.NOW)
    PhoneCode.objects.create(person=made.person, number="+31612345678", use="step", binding=f"b{made.person.pk}", asked_at=make.NOW,
                             expires_at=make.NOW + timedelta(minutes=5), digest=b"d", sealed=b"s")  # fmt: skip
    Release.objects.create(person=made.person, asked_at=make.NOW, due_at=make.NOW + timedelta(days=3),
                           ends_at=make.NOW + timedelta(days=10))  # fmt: skip
    ApiToken.objects.create(person=made.person, name="x", hint="x", digest=uuid.uuid4().bytes, scopes=["orders:read"],
                            made_at=make.NOW, expires_at=make.NOW + timedelta(days=1), over_at=make.NOW + timedelta(days=1))  # fmt: skip


# --- tables that have no factory yet ---


def _see_to_a_row(model: type[models.Model], entry: datamap.Row, made: Life) -> None:
    keys = {key: made.scopes[scope] for key, scope in entry.key.items()}
    if any(model._base_manager.filter(**{key: value}).exists() for key, value in keys.items()):
        return
    fields = [field for field in model._meta.concrete_fields if field.attname not in keys]
    words = {
        field.attname: _value(field)
        for field in fields
        if not (field.null or field.has_default() or _by_itself(field))
    }
    try:
        model._base_manager.create(**words, **keys)
    except IntegrityError as error:
        raise AssertionError(
            f"make a row of {model._meta.label} in tests/support/everything.py: {error}"
        ) from error


def _by_itself(field: "models.Field[Any, Any]") -> bool:
    return (
        isinstance(field, models.AutoField)
        or getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
    )


def _value(field: Any) -> Any:
    if field.is_relation:
        other = field.related_model._base_manager.order_by("-pk").first()
        assert other is not None, f"no row for {field} to point at"
        return other.pk
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.CharField) and (field.max_length or 9) < 4:
        return "NL"  # codes of countries
    for kind, value in _VALUES.items():
        if isinstance(field, kind):
            return value() if callable(value) else value
    raise AssertionError(f"no value for {field}")


_VALUES: "dict[type[models.Field[Any, Any]], Any]" = {
    models.EmailField: names.email,
    models.CharField: lambda: f"x{names.count()}",
    models.TextField: lambda: f"x{names.count()}",
    models.BooleanField: False,
    models.IntegerField: names.count,
    # Each later than the one before: what ends is declared after what begins.
    models.DateTimeField: lambda: make.NOW + timedelta(seconds=names.count()),
    models.DateField: lambda: make.TODAY + timedelta(days=names.count()),
    models.BinaryField: b"x",
    models.UUIDField: uuid.uuid4,
    models.JSONField: dict,
    models.GenericIPAddressField: "192.0.2.1",
    ArrayField: list,
}


def _attribute(row: models.Model, column: str) -> str:
    return next(field.attname for field in row._meta.concrete_fields if field.column == column)
