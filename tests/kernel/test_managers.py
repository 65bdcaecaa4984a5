"""Ordinary ORM code works within a purpose: it asks only for what that purpose may read."""

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from hospes.billing.models import Document, Invoice, InvoiceLine
from hospes.customers.models import Customer, Membership, Person
from hospes.kernel import datamap
from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.managers import visible
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.sales.models import Order, Quote
from tests.support import make
from tests.support.rights import as_owner

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_columns_that_may_not_be_read_are_put_off() -> None:
    invoice = make.invoice()
    with acting(Purpose.MESSAGES, actor=SYSTEM):
        found = Invoice.objects.get(pk=invoice.pk)
        assert found.number == invoice.number
        assert "buyer_street" in found.get_deferred_fields()
        with pytest.raises(Refused, match=r"billing_invoice\(buyer_street\)"), transaction.atomic():
            found.buyer_street  # noqa: B018  # reads it
    with acting(Purpose.BILLING, actor=SYSTEM):
        found = Invoice.objects.get(pk=invoice.pk)
        assert found.get_deferred_fields() == set()
        assert found.buyer_street == invoice.buyer_street


def test_every_way_to_get_rows_is_bound() -> None:
    make.invoice()
    with acting(Purpose.MESSAGES, actor=SYSTEM):
        ways = [
            Invoice.objects.first(),
            Invoice.objects.all()[0],
            Invoice.objects.filter(total_cents__gt=0).order_by("pk").last(),
            Invoice._base_manager.get(),
            next(Invoice.objects.iterator()),
            Invoice.objects.in_bulk().popitem()[1],
        ]
        assert all(way is not None and "buyer_street" in way.get_deferred_fields() for way in ways)
        assert Invoice.objects.exists()
        assert Invoice.objects.count() == 1


def test_locking_a_row_works_where_it_may_be_changed() -> None:
    invoice = make.invoice()
    with acting(Purpose.BILLING, actor=SYSTEM):
        assert Invoice.objects.select_for_update().get(pk=invoice.pk).number == invoice.number
    with acting(Purpose.MESSAGES, actor=SYSTEM), pytest.raises(Refused), transaction.atomic():
        Invoice.objects.select_for_update().get(pk=invoice.pk)


def test_values_ask_for_all_columns_and_are_refused_readable_values_are_not() -> None:
    invoice = make.invoice()
    with acting(Purpose.MESSAGES, actor=SYSTEM):
        with pytest.raises(Refused), transaction.atomic():
            list(Invoice.objects.values())
        (row,) = Invoice.objects.readable_values()
        assert set(row) == {
            Invoice._meta.get_field(name).attname for name in datamap.readable(Invoice, Purpose.MESSAGES)
        } or set(row) == set(datamap.readable(Invoice, Purpose.MESSAGES))
        assert "buyer_street" not in row
        assert row["number"] == invoice.number


def test_a_join_asks_of_both_sides_only_for_what_may_be_read() -> None:
    quote = make.quote()
    with acting(Purpose.BILLING, actor=SYSTEM), CaptureQueriesContext(connection) as queries:
        found = Quote.objects.with_related("customer").get(pk=quote.pk)
        assert found.customer.name == quote.customer.name
        assert found.customer.street == quote.customer.street
    assert len([q for q in queries.captured_queries if "sales_quote" in q["sql"]]) == 1
    order = make.order()
    with acting(Purpose.SUPPORT, actor=SYSTEM):
        with pytest.raises(Refused), transaction.atomic():
            Order.objects.select_related("customer").get(pk=order.pk)
        found_order = Order.objects.with_related("customer").get(pk=order.pk)
        assert found_order.customer.name == order.customer.name
        assert "kvk_number" in found_order.customer.get_deferred_fields()


def test_a_join_keeps_what_was_put_off_on_this_side() -> None:
    document = make.invoice(with_document=True).document
    with acting(Purpose.MESSAGES, actor=SYSTEM):
        found = Document.objects.with_related("invoice").get(pk=document.pk)
        assert found.invoice.number == document.invoice.number
        assert "buyer_street" in found.invoice.get_deferred_fields()


def test_foreign_keys_are_followed_with_the_same_care() -> None:
    invoice = make.invoice()
    with acting(Purpose.BILLING, actor=SYSTEM):
        line = InvoiceLine.objects.first()
        assert line is not None
        assert line.invoice.number == invoice.number
        assert list(line.invoice.lines.values_list("pk", flat=True)) == [line.pk]
    with acting(Purpose.MESSAGES, actor=SYSTEM):
        customer = Invoice.objects.get().customer
        assert customer.name == invoice.customer.name
        assert "street" in customer.get_deferred_fields()


def test_a_foreign_key_to_a_hidden_row_has_nobody_behind_it() -> None:
    invoice = make.invoice()
    person = make.holder_of(invoice.customer)
    with acting(Purpose.CONTRACT, actor=Actor.staff(1), customer=invoice.customer_id):
        membership = Membership.objects.get()
        assert membership.person_id == person.pk  # the id is this customer's, the person is somebody's own
        with pytest.raises(ObjectDoesNotExist):
            membership.person  # noqa: B018  # follows it
        assert visible(membership, "person") is None
        assert visible(membership, "customer") == invoice.customer
    with acting(Purpose.SUPPORT, actor=Actor.staff(1)):
        assert visible(Membership.objects.get(), "person") == person


def test_saving_names_what_changed_or_is_refused_for_what_may_not_be_written() -> None:
    invoice = make.invoice()
    with acting(Purpose.BILLING, actor=SYSTEM):
        found = Invoice.objects.get(pk=invoice.pk)
        found.paid_cents = found.total_cents
        with pytest.raises(Refused, match="total_cents"), transaction.atomic():
            found.save()
        found.save(update_fields=["paid_cents"])
    with as_owner():
        assert Invoice.objects.get(pk=invoice.pk).paid_cents == invoice.total_cents


def test_saving_a_row_with_columns_put_off_leaves_those_alone() -> None:
    customer = make.customer(kind="business")
    with acting(Purpose.SUPPORT, actor=SYSTEM):
        found = Customer.objects.get(pk=customer.pk)
        assert "vat_number" in found.get_deferred_fields()
        with pytest.raises(Refused), transaction.atomic():  # support writes nothing here
            found.save()
    person = make.person()
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk)):
        mine = Person.objects.defer("phone").get(pk=person.pk)
        mine.given_name = "Anders"
        mine.save()
    with as_owner():
        again = Person.objects.get(pk=person.pk)
        assert (again.given_name, again.phone) == ("Anders", person.phone)


def test_rows_are_made_without_reading_them() -> None:
    """A purpose that may make a row but read none of it, still makes it: its id comes back where that may be read."""
    from hospes.messaging.models import Message

    person = make.person()
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk), person=person.pk):
        made = Message.objects.create(kind="test.made", person=person, key="test:made", created_at=make.NOW)
        assert made.pk
    with as_owner():
        assert Message.objects.get().kind == "test.made"


def test_outside_of_acting_nothing_is_put_off_so_that_the_refusal_names_everything() -> None:
    assert Person.objects.all().query.deferred_loading == (frozenset(), True)
    with pytest.raises(Refused) as caught:
        Person.objects.get(pk=1)
    assert {"email", "password", "phone"} <= set(caught.value.columns)


def test_a_queryset_asks_for_what_may_be_read_when_it_was_made() -> None:
    """Made in one block and used in another it asks for too much, and is refused; never the other way round."""
    make.invoice()
    with acting(Purpose.BILLING, actor=SYSTEM):
        everything = Invoice.objects.all()
    with acting(Purpose.MESSAGES, actor=SYSTEM):
        with pytest.raises(Refused), transaction.atomic():
            list(everything)
        little = Invoice.objects.all()
    with acting(Purpose.BILLING, actor=SYSTEM):
        assert "buyer_street" in little[0].get_deferred_fields()
