"""E-invoices over Peppol: for who asked for them, sent once whatever happens, and what became of them is known."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction
from pypdf import PdfReader

from hospes.billing import jobs, payments
from hospes.billing.documents import Customization, invoice_xml
from hospes.billing.documents.pdf import invoice_pdf
from hospes.billing.drafts import document_of
from hospes.billing.einvoices import addresses, queries, services
from hospes.billing.models import Invoice
from hospes.billing.models.einvoices import EInvoice, EInvoiceAddress, reason_words
from hospes.billing.providers.peppol import AccessPoint, AccessPointUnavailable, Fate
from hospes.customers.models import Customer
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.messaging.models import Message
from simulators import PeppolAccessPoint
from tests.billing.books import draft, issue
from tests.billing.providers.worlds import TOKEN, RestWorld
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

State = EInvoiceAddress.State
BUYER = "0106:87654321"
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def world(settings: Any, tmp_path: Path) -> Iterator[RestWorld]:
    settings.MEDIA_ROOT = tmp_path
    with PeppolAccessPoint(token=TOKEN) as sim:
        settings.HOSPES_PEPPOL = {"access_point": "rest", "url": sim.url, "token": TOKEN}
        yield RestWorld(sim)


def customer(participant: str = BUYER, **words: Any) -> Customer:
    """A business that gets e-invoices."""
    made = make.customer(kind="business")
    address(made, participant, **words)
    return made


def address(buyer: Customer, participant: str = BUYER, **words: Any) -> None:
    with as_owner():
        EInvoiceAddress.objects.create(
            **({"customer": buyer, "participant": participant, "since": NOW, "state": "reachable"} | words)
        )


def mails() -> list[tuple[str, str]]:
    with as_owner():
        return list(Message.objects.order_by("pk").values_list("kind", "key"))


def invoice_with_file(buyer: Customer, origin: str = "order:1") -> Invoice:
    invoice = issue(draft(buyer, origin=origin))
    jobs.make_document.run(invoice_id=invoice.pk)
    return invoice


def hand_over(invoice: Invoice, world: RestWorld) -> EInvoice:
    services.hand_over(invoice_id=invoice.pk, point=world.point, now=LATER)
    return einvoice(invoice)


def einvoice(invoice: Invoice) -> EInvoice:
    with as_owner():
        return EInvoice.objects.get(invoice=invoice)


def sending_jobs() -> list[str]:
    with as_owner(), connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT args::text FROM procrastinate_jobs WHERE task_name = 'billing.einvoices.jobs.send'"
        )
        return [row[0] for row in cursor.fetchall()]


def look_until_settled(invoice: Invoice, world: RestWorld) -> EInvoice:
    for minutes in range(1, 200):
        services.look_up(point=world.point, now=LATER + timedelta(minutes=minutes))
        if (found := einvoice(invoice)).state != "taken":
            return found
    return found


class Choosy:
    """An access point that never answers about some addresses and documents: it has trouble with these alone."""

    def __init__(self, point: AccessPoint, silent: set[str]) -> None:
        self._point, self._silent = point, silent

    def reaches(self, participant: str, *, patient: bool = False) -> bool:
        self._look(participant)
        return self._point.reaches(participant, patient=patient)

    def send(self, document: bytes, *, sender: str, recipient: str, key: str) -> str:
        return self._point.send(document, sender=sender, recipient=recipient, key=key)

    def fate(self, reference: str) -> Fate:
        self._look(reference)
        return self._point.fate(reference)

    def _look(self, name: str) -> None:
        if name in self._silent:
            raise AccessPointUnavailable("the access point answered 500")


def test_who_did_not_ask_for_it_gets_none(world: RestWorld) -> None:
    invoice_with_file(make.customer(kind="business"))
    with as_owner():
        assert not EInvoice.objects.exists()
    assert sending_jobs() == []


def test_an_invoice_is_planned_with_its_file_and_sent_once(world: RestWorld) -> None:
    invoice = invoice_with_file(customer())
    planned = einvoice(invoice)
    assert (planned.state, planned.participant, planned.reference) == ("waiting", BUYER, "")
    assert sending_jobs() == [f'{{"invoice_id": {invoice.pk}}}']
    taken = hand_over(invoice, world)
    assert (taken.state, taken.taken_at, taken.ask_at) == ("taken", LATER, LATER + services.FIRST_LOOK)
    hand_over(invoice, world)
    [(recipient, xml)] = world.delivered()
    assert recipient == BUYER
    with acting(Purpose.BILLING, actor=JOB):
        doc = services.addressed(document_of(Invoice.objects.get(pk=invoice.pk)), planned)
    assert xml == invoice_xml(doc) == invoice_xml(doc, Customization.PEPPOL)
    settled = look_until_settled(invoice, world)
    assert (settled.state, settled.ask_at) == ("delivered", None)


@pytest.mark.parametrize("cents", [100, 9075])
def test_what_is_sent_is_what_is_in_the_file_whatever_was_paid_meanwhile(
    world: RestWorld, tmp_path: Path, cents: int
) -> None:
    invoice = invoice_with_file(customer())
    with acting(Purpose.BILLING, actor=JOB):
        payments.take_payment(invoice_id=invoice.pk, cents=cents, paid_at=LATER, paid_with="ideal", now=LATER)
    hand_over(invoice, world)
    [(_recipient, xml)] = world.delivered()
    [file] = tmp_path.rglob("*.pdf")
    [inside] = [data for found in PdfReader(file).attachments.values() for data in found]
    assert xml == inside
    with acting(Purpose.BILLING, actor=JOB):  # and it can be made again of the books, byte for byte
        doc = services.addressed(document_of(Invoice.objects.get(pk=invoice.pk)), einvoice(invoice))
    assert invoice_pdf(doc, invoice_xml(doc)) == file.read_bytes()


def test_the_job_of_an_invoice_hands_it_over(world: RestWorld) -> None:
    from hospes.billing.einvoices.jobs import send, sweep

    invoice = invoice_with_file(customer())
    send.run(invoice_id=invoice.pk)
    assert einvoice(invoice).state == "taken"
    sweep.run(timestamp=0)
    assert len(world.delivered()) == 1


def test_an_address_that_changes_later_does_not_change_what_is_on_its_way(world: RestWorld) -> None:
    buyer = customer()
    invoice = invoice_with_file(buyer)
    with as_owner():
        EInvoiceAddress.objects.update(ended_at=NOW)
        address(buyer, "0106:11111111")
    jobs.make_document.run(invoice_id=invoice.pk)
    assert hand_over(invoice, world).participant == BUYER


def test_an_invoice_from_before_the_wish_is_not_sent(world: RestWorld) -> None:
    buyer = make.customer(kind="business")
    invoice = invoice_with_file(buyer)
    address(buyer)
    jobs.make_document.run(invoice_id=invoice.pk)
    with as_owner():
        assert not EInvoice.objects.exists()


def test_a_try_that_broke_off_is_repeated_and_sent_once(world: RestWorld) -> None:
    invoice = invoice_with_file(customer())
    world.hang_up(before=False)
    with pytest.raises(AccessPointUnavailable):
        services.hand_over(invoice_id=invoice.pk, point=world.point, now=LATER)
    assert einvoice(invoice).state == "waiting"
    assert hand_over(invoice, world).state == "taken"
    assert len(world.delivered()) == 1


def test_what_is_refused_says_why_and_is_in_the_journal(world: RestWorld) -> None:
    world.absent(BUYER)
    refused = hand_over(invoice_with_file(customer()), world)
    assert (refused.state, refused.reason, refused.settled_at) == ("failed", "unknown_participant", LATER)
    with as_owner():
        assert JournalEntry.objects.filter(action="einvoice.failed", object_id=refused.pk).count() == 1


def test_a_receiver_who_does_not_want_it_is_known_later(world: RestWorld) -> None:
    world.unwilling(BUYER, "receiver_refused")
    invoice = invoice_with_file(customer())
    assert hand_over(invoice, world).state == "taken"
    settled = look_until_settled(invoice, world)
    assert (settled.state, settled.reason) == ("failed", "receiver_refused")
    assert reason_words(settled.reason)


def test_a_sweep_stops_at_an_access_point_that_is_down_and_goes_on_later(world: RestWorld) -> None:
    buyer = customer()
    world.late(3600)
    for number in range(5):
        hand_over(invoice_with_file(buyer, f"order:{number}"), world)
    due = LATER + services.FIRST_LOOK
    assert services.look_up(point=world.point, now=LATER) == {}
    world.outage(3)
    assert services.look_up(point=world.point, now=due) == {"failed": 3}
    assert services.look_up(point=world.point, now=due) == {"under_way": 2}
    later = due + services.FIRST_LOOK
    assert services.look_up(point=world.point, now=later) == {"under_way": 5}
    assert services.look_up(point=world.point, now=later + services.LAST_LOOK) == {"under_way": 5}
    assert services.look_up(point=world.point, now=later + 9 * services.LAST_LOOK) == {}


def test_an_e_invoice_that_is_never_answered_keeps_no_other_from_being_looked_up(world: RestWorld) -> None:
    buyer = customer()
    stuck, other = (hand_over(invoice_with_file(buyer, f"order:{n}"), world) for n in range(2))
    point = Choosy(world.point, {stuck.reference})
    due = LATER + services.FIRST_LOOK
    asked = services.look_up(point=point, now=due)
    assert (asked["failed"], asked.total()) == (1, 2)
    old = LATER + 2 * services.LAST_LOOK
    services.look_up(point=point, now=old)
    with as_owner():
        assert EInvoice.objects.get(pk=stuck.pk).ask_at == old + services.NO_ANSWER
        assert EInvoice.objects.get(pk=other.pk).ask_at is None
    assert services.look_up(point=world.point, now=old + services.NO_ANSWER).total() == 1


# --- by mail or not ---


@pytest.mark.parametrize("with_mail", [True, False])
def test_the_mail_goes_besides_as_the_customer_wants(world: RestWorld, with_mail: bool) -> None:
    invoice = invoice_with_file(customer(with_mail=with_mail))
    mailed = [("billing.invoice", f"invoice:{invoice.pk}")]
    assert mails() == (mailed if with_mail else [])
    hand_over(invoice, world)
    assert look_until_settled(invoice, world).state == "delivered"
    services.mail_late(now=LATER + timedelta(days=30))
    assert mails() == (mailed if with_mail else [])


@pytest.mark.parametrize("reason", ["unknown_participant", "receiver_refused"])
def test_what_does_not_arrive_is_mailed_after_all(world: RestWorld, reason: str) -> None:
    buyer = customer(with_mail=False)
    if reason == "unknown_participant":
        world.absent(BUYER)
    else:
        world.unwilling(BUYER, reason)
    invoice = invoice_with_file(buyer)
    hand_over(invoice, world)
    assert look_until_settled(invoice, world).reason == reason
    assert mails() == [("billing.invoice", f"invoice:{invoice.pk}")]
    with as_owner():
        state = EInvoiceAddress.objects.get().state
    # Where nobody is at the address, what comes after goes by mail at once.
    assert state == ("unknown" if reason == "unknown_participant" else "reachable")
    later = invoice_with_file(buyer, "order:2")
    is_planned = reason == "receiver_refused"
    with as_owner():
        assert EInvoice.objects.filter(invoice=later).exists() == is_planned
    assert len(mails()) == (1 if is_planned else 2)


def test_what_the_access_point_does_not_take_for_a_day_is_mailed_once_it_has_its_file(
    world: RestWorld,
) -> None:
    buyer = customer(with_mail=False)
    first, second = invoice_with_file(buyer), issue(draft(buyer, origin="order:2"))
    with acting(Purpose.BILLING, actor=JOB):
        services.plan(second, now=NOW - timedelta(days=1))
    started = einvoice(first).planned_at
    services.mail_late(now=started + services.MAIL_AFTER - timedelta(seconds=1))
    assert mails() == []
    services.mail_late(now=started + services.MAIL_AFTER)
    services.mail_late(now=started + services.MAIL_AFTER)
    assert mails() == [("billing.invoice", f"invoice:{first.pk}")]
    jobs.make_document.run(invoice_id=second.pk)
    services.mail_late(now=started)
    assert mails()[1:] == [("billing.invoice", f"invoice:{second.pk}")]
    assert hand_over(first, world).state == "taken"  # and it is still sent


@pytest.mark.parametrize("state", ["unchecked", "unknown"])
def test_for_an_address_that_is_not_known_to_receive_none_are_made(world: RestWorld, state: str) -> None:
    invoice = invoice_with_file(customer(state=state, with_mail=False))
    with as_owner():
        assert not EInvoice.objects.exists()
    assert mails() == [("billing.invoice", f"invoice:{invoice.pk}")]


# --- addresses ---


@pytest.mark.login("portal")
def test_a_customer_asks_for_them_changes_the_address_and_stops() -> None:
    buyer = make.customer(kind="business")
    person = make.holder_of(buyer)

    def want(participant: str, now: datetime, **words: Any) -> None:
        addresses.want(
            **(
                {"customer_id": buyer.pk, "participant": participant, "now": now, "state": State.REACHABLE}
                | words
            )
        )

    for what in (
        lambda: want(BUYER, NOW),
        lambda: want(BUYER, LATER),
        lambda: want(BUYER, LATER, state=State.UNCHECKED),  # what was known stays known
        lambda: want(BUYER, LATER, with_mail=False),
        lambda: want("0106:11111111", LATER, state=State.UNCHECKED),
        lambda: addresses.want_no_more(customer_id=buyer.pk, now=LATER),
    ):
        with acting(Purpose.BILLING, actor=Actor.person(person.pk), customer=buyer.pk):
            what()
    with as_owner():
        kept = EInvoiceAddress.objects.order_by("pk").values_list(
            "participant", "since", "ended_at", "state", "with_mail"
        )
        assert list(kept) == [
            (BUYER, NOW, LATER, "reachable", False), ("0106:11111111", LATER, LATER, "unchecked", True),
        ]  # fmt: skip
        noted = JournalEntry.objects.filter(action__startswith="einvoice.").order_by("pk")
        assert list(noted.values_list("action", flat=True)) == ["einvoice.wanted"] * 3 + ["einvoice.unwanted"]


@pytest.mark.login("portal")
def test_nobody_asks_for_e_invoices_of_another_customer() -> None:
    buyer, other = make.customer(kind="business"), customer()
    person = make.holder_of(buyer)
    with (
        pytest.raises(DatabaseError),
        acting(Purpose.BILLING, actor=Actor.person(person.pk), customer=buyer.pk),
    ):
        addresses.want(customer_id=other.pk, participant="0106:11111111", state=State.REACHABLE, now=NOW)
    with acting(Purpose.BILLING, actor=Actor.person(person.pk), customer=buyer.pk):
        addresses.want_no_more(customer_id=other.pk, now=NOW)
        assert queries.address(other.pk) is None
    with as_owner():
        assert EInvoiceAddress.objects.get().ended_at is None


def test_an_address_that_could_not_be_looked_up_is_looked_up_later(world: RestWorld) -> None:
    buyers = [customer(f"0106:1111111{n}", state="unchecked") for n in range(5)]
    world.absent("0106:11111111")
    world.outage()
    assert addresses.state_of(BUYER, point=world.point) == State.UNCHECKED
    world.outage(3)
    assert addresses.check(point=world.point, now=LATER) == {"unchecked": 3}
    assert addresses.check(point=world.point, now=LATER) == {"reachable": 4, "unknown": 1}
    with as_owner():
        found = EInvoiceAddress.objects.order_by("pk").values_list("customer_id", "state")
        said = ["reachable", "unknown", "reachable", "reachable", "reachable"]
        assert list(found) == list(zip([x.pk for x in buyers], said, strict=True))
        assert JournalEntry.objects.filter(action="einvoice.unknown", customer_id=buyers[1].pk).count() == 1
    assert addresses.check(point=world.point, now=LATER) == {}


def test_addresses_that_are_never_answered_keep_no_other_from_being_looked_up(world: RestWorld) -> None:
    names = [f"0106:1111111{n}" for n in range(5)]
    for name in names:
        customer(name, state="unchecked")
    point = Choosy(world.point, set(names[:3]))
    assert addresses.check(point=point, now=LATER) == {"unchecked": 3}
    # Who was not asked for has the next turn, and who was is asked for again after that.
    again = LATER + timedelta(minutes=5)
    assert addresses.check(point=point, now=again) == {"reachable": 2, "unchecked": 3}
    assert addresses.check(point=world.point, now=again) == {"reachable": 3}


def test_the_database_takes_no_address_without_a_scheme_and_no_second_one() -> None:
    buyer = customer()
    for participant in ("87654321", "0106:11111111"):
        with as_owner(), pytest.raises(IntegrityError), transaction.atomic():
            EInvoiceAddress.objects.create(customer=buyer, participant=participant, since=NOW)
