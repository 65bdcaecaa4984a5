"""From "send this" to the mail server: once asked for, once sent, whatever happens in between."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from django.db import connections, transaction

from hospes.customers.models import Customer, Membership
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.outside import NotOnTheMap
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging import jobs, rendering, services
from hospes.messaging.models import Message
from hospes.messaging.recipients import NobodyToReach
from hospes.messaging.rendering import Rendered, UnknownKind
from hospes.messaging.services import GIVE_UP_AFTER, NotDelivered
from simulators import MailCatcher
from tests.support import make
from tests.support.make import NOW
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

LATER = NOW + timedelta(minutes=5)


def note(message: Message) -> Rendered:
    """A message that says what it is about, and no more."""
    return Rendered(f"About {message.about_id}", "mail/base", {}, [("a.txt", b"attached", "text/plain")])


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    """Two kinds of messages of the tests' own."""
    before = dict(rendering._renderers)
    rendering.register("test.note", note)
    rendering.register("billing.test", note)
    yield
    rendering._renderers.clear()
    rendering._renderers.update(before)


def enqueue(
    key: str = "test:1", kind: str = "test.note", purpose: Purpose = Purpose.CONTRACT, **words: Any
) -> Message:
    with acting(purpose, actor=JOB):
        services.enqueue(kind, key=key, now=NOW, **words)
    with as_owner():
        return Message.objects.get(key=key)


def deliver(message: Message, now: datetime = LATER) -> Message:
    services.deliver(message_id=message.pk, now=now)
    return again(message)


def again(message: Message) -> Message:
    with as_owner():
        return Message.objects.get(pk=message.pk)


def jobs_waiting() -> list[tuple[Any, ...]]:
    with as_owner(), connections["default"].cursor() as cursor:
        cursor.execute("SELECT task_name, args::text, lock FROM procrastinate_jobs ORDER BY id")
        return list(cursor.fetchall())


# --- asking for a message ---------------------------------------------------------------------------------------------


def test_a_message_is_a_row_and_a_job_with_its_id() -> None:
    person = make.person()
    message = enqueue(person_id=person.pk, about_id=7)
    assert (message.kind, message.person_id, message.customer_id, message.about_id) == (
        "test.note",
        person.pk,
        None,
        7,
    )
    assert (message.state, message.created_at, message.sent_at, message.address) == ("waiting", NOW, None, "")
    assert jobs_waiting() == [
        ("messaging.jobs.deliver", f'{{"message_id": {message.pk}}}', f"message:{message.pk}")
    ]


def test_the_same_key_again_does_nothing() -> None:
    first, second = make.person(), make.person()
    message = enqueue(person_id=first.pk)
    assert enqueue(person_id=second.pk).person_id == first.pk
    assert len(jobs_waiting()) == 1
    assert again(message).pk == message.pk


def test_the_same_key_from_another_purpose_does_nothing() -> None:
    person = make.person()
    enqueue(person_id=person.pk, purpose=Purpose.CONTRACT)
    enqueue(person_id=person.pk, purpose=Purpose.BILLING)
    enqueue(person_id=person.pk, purpose=Purpose.SECURITY)
    assert len(jobs_waiting()) == 1


def test_a_transaction_that_fails_sends_nothing() -> None:
    person = make.person()
    with suppress(ZeroDivisionError), acting(Purpose.CONTRACT, actor=JOB):
        services.enqueue("test.note", key="test:1", person_id=person.pk, now=NOW)
        1 / 0  # noqa: B018
    with as_owner():
        assert not Message.objects.exists()
    assert jobs_waiting() == []


@pytest.mark.login("portal")
def test_a_customer_can_have_messages_sent_to_themself_only() -> None:
    mine, other = make.customer(), make.customer()
    holder = make.holder_of(mine)
    with acting(Purpose.CONTRACT, actor=Actor.person(holder.pk), customer=mine.pk):
        services.enqueue("test.note", key="a", person_id=holder.pk, customer_id=mine.pk, now=NOW)
        services.enqueue("test.note", key="a", person_id=holder.pk, customer_id=mine.pk, now=NOW)
        with pytest.raises(Refused), transaction.atomic():
            services.enqueue("test.note", key="b", customer_id=other.pk, now=NOW)
    with acting(Purpose.ACCESS, actor=Actor.person(holder.pk), person=holder.pk):
        services.enqueue("test.note", key="c", person_id=holder.pk, now=NOW)
    with as_owner():
        assert sorted(Message.objects.values_list("key", flat=True)) == ["a", "c"]


@pytest.mark.login("portal")
def test_a_key_that_somebody_else_has_is_no_error() -> None:
    """Nobody should learn of another's message by an error, and nothing is sent twice."""
    mine, other = make.customer(), make.customer()
    make.message(customer=other, key="taken")
    with acting(Purpose.CONTRACT, actor=Actor.person(make.holder_of(mine).pk), customer=mine.pk):
        services.enqueue("test.note", key="taken", customer_id=mine.pk, now=NOW)
    assert jobs_waiting() == []


@pytest.mark.parametrize("purpose", [Purpose.ACCESS, Purpose.CONTRACT, Purpose.BILLING, Purpose.SECURITY])
def test_who_has_messages_sent_does_not_read_them(purpose: Purpose) -> None:
    make.message(key="one")
    with acting(purpose, actor=JOB):
        assert list(Message.objects.values_list("key", flat=True)) == ["one"]
        for column in ("kind", "address", "person", "customer", "about_id", "state", "sent_at"):
            with pytest.raises(Refused, match=column), transaction.atomic():
                list(Message.objects.values_list(column, flat=True))


def test_a_kind_that_nobody_registered_is_refused_at_once() -> None:
    with acting(Purpose.CONTRACT, actor=JOB), pytest.raises(UnknownKind, match=r"test\.unheard_of"):
        services.enqueue("test.unheard_of", key="a", person_id=1, now=NOW)


def test_outside_of_acting_nothing_is_sent() -> None:
    with pytest.raises(RuntimeError, match="acting"):
        services.enqueue("test.note", key="a", person_id=1, now=NOW)


def test_a_kind_has_one_renderer() -> None:
    rendering.register("test.note", note)  # the same again, when a module is imported twice
    with pytest.raises(ValueError, match=r"test\.note"):
        rendering.register("test.note", lambda message: note(message))


# --- delivering -------------------------------------------------------------------------------------------------------


@pytest.mark.promise("P04")
def test_a_message_is_sent_and_noted(catcher: MailCatcher) -> None:
    person = make.person(given_name="Zoë", family_name="d'Orléans, dr.", email="zoe@example.com")
    message = deliver(enqueue(person_id=person.pk, about_id=7))
    assert (message.state, message.sent_at, message.address) == ("sent", LATER, "zoe@example.com")
    (letter,) = catcher.letters()
    assert (letter.subject, letter.recipients) == ("About 7", ("zoe@example.com",))
    assert str(letter.message["To"].addresses[0].display_name) == "Zoë d'Orléans, dr."
    assert str(letter.message["From"]) == "Jixaw websolutions <info@jixawwebsolutions.nl>"
    assert parsedate_to_datetime(letter.message["Date"]) == LATER
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert letter.message["List-Unsubscribe"] is None
    assert [(part.filename, part.content_type, part.content) for part in letter.parts] == [
        ("a.txt", "text/plain", b"attached")
    ]


def test_again_sends_nothing_more(catcher: MailCatcher) -> None:
    message = deliver(enqueue(person_id=make.person().pk))
    assert deliver(message, now=LATER + timedelta(hours=1)).sent_at == LATER
    assert len(catcher.letters()) == 1


def test_the_job_does_it(catcher: MailCatcher) -> None:
    message = enqueue(person_id=make.person().pk)
    with clock.moved_to(LATER):
        jobs.deliver.run(message_id=message.pk)
    assert again(message).state == "sent"
    assert len(catcher.letters()) == 1


@pytest.mark.promise("P01")
def test_a_message_to_a_customer_goes_to_its_holder(catcher: MailCatcher) -> None:
    holder, colleague = make.person(), make.person()
    customer = make.customer(holder=holder, kind="business", invoice_email="boeken@example.com")
    make.membership(person=colleague, customer=customer, role="billing")
    assert deliver(enqueue(customer_id=customer.pk)).address == holder.email
    (letter,) = catcher.letters()
    assert letter.message["To"].addresses[0].display_name == holder.name


def test_what_is_about_money_goes_to_the_address_for_invoices(catcher: MailCatcher) -> None:
    customer = make.customer(kind="business", invoice_email="boeken@example.com")
    assert deliver(enqueue(kind="billing.test", customer_id=customer.pk)).address == "boeken@example.com"
    assert catcher.letters()[0].message["To"].addresses[0].display_name == make.holder_of(customer).name


def test_a_message_to_a_person_about_a_customer_goes_to_the_person(catcher: MailCatcher) -> None:
    customer, colleague = make.customer(), make.person()
    assert deliver(enqueue(person_id=colleague.pk, customer_id=customer.pk)).address == colleague.email


def test_a_message_can_go_to_an_address_that_is_to_be_confirmed(catcher: MailCatcher) -> None:
    rendering.register(
        "test.elsewhere", lambda message: Rendered("x", "mail/base", address="new@example.com")
    )
    assert deliver(enqueue(kind="test.elsewhere", person_id=make.person().pk)).address == "new@example.com"
    assert catcher.letters()[0].recipients == ("new@example.com",)


@pytest.mark.promise("P44")
def test_what_the_mail_server_gets_is_on_the_map(
    catcher: MailCatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hospes.kernel.outside import payloads
    from hospes.kernel.recipients import Recipient

    monkeypatch.setitem(payloads, (Recipient.MAIL_SERVER, "message.send"), frozenset({"subject"}))
    message = enqueue(person_id=make.person().pk)
    with pytest.raises(NotOnTheMap, match="address"):
        deliver(message)
    assert catcher.letters() == []


# --- when it does not work --------------------------------------------------------------------------------------------


def failures() -> list[tuple[Any, ...]]:
    with as_owner():
        entries = JournalEntry.objects.filter(action="message.failed")
        return [(e.object_id, e.person_id, e.at, e.changed, e.purpose) for e in entries]


def test_an_address_that_does_not_exist_is_given_up_at_once(catcher: MailCatcher) -> None:
    person = make.person()
    catcher.control.refuse(person.email, 550)
    message = deliver(enqueue(person_id=person.pk))
    assert (message.state, message.sent_at, message.address) == ("failed", None, person.email)
    assert failures() == [(message.pk, person.pk, LATER, ["state"], "messages")]
    catcher.control.accept(person.email)
    assert deliver(message).state == "failed"
    assert catcher.letters() == []


def test_a_mailbox_that_is_busy_is_tried_again(catcher: MailCatcher) -> None:
    person = make.person()
    catcher.control.refuse(person.email, 451, times=1)
    message = enqueue(person_id=person.pk)
    with pytest.raises(NotDelivered, match="451") as caught:
        deliver(message)
    assert person.email not in str(caught.value)
    assert caught.value.__suppress_context__  # the library's error names the address
    assert again(message).state == "waiting"
    assert deliver(message).state == "sent"
    assert len(catcher.letters()) == 1
    assert failures() == []


@pytest.mark.parametrize("trouble", ["outage", "busy", "refuse everybody", "slow", "nobody there"])
def test_trouble_at_the_mail_server_passes(catcher: MailCatcher, trouble: str, settings: Any) -> None:
    message = enqueue(person_id=make.person().pk)
    if trouble == "nobody there":
        settings.EMAIL_PORT = 9
    else:
        {
            "outage": lambda: catcher.control.outage(1), "busy": lambda: catcher.control.rate_limit(1),
            "refuse everybody": lambda: catcher.control.refuse("*", 421, 1), "slow": lambda: catcher.control.slow(3, 1),
        }[trouble]()  # fmt: skip
    with pytest.raises(NotDelivered):
        deliver(message)
    assert again(message).state == "waiting"
    settings.EMAIL_PORT = catcher.smtp_port
    assert deliver(message).state == "sent"


def test_a_server_that_takes_nothing_for_a_day_is_given_up(catcher: MailCatcher) -> None:
    message = enqueue(person_id=make.person().pk)
    catcher.control.outage()
    with pytest.raises(NotDelivered):
        deliver(message, now=NOW + GIVE_UP_AFTER - timedelta(seconds=1))
    assert deliver(message, now=NOW + GIVE_UP_AFTER).state == "failed"
    assert len(failures()) == 1


def test_a_server_that_refuses_us_is_for_the_operator_to_mend(
    catcher: MailCatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise smtplib.SMTPSenderRefused(553, b"not your address", "info@example.com")

    message = enqueue(person_id=make.person().pk)
    with monkeypatch.context() as patched:
        patched.setattr(services, "_hand_over", refuse)
        with pytest.raises(NotDelivered, match="553"):
            deliver(message)
    assert deliver(message).state == "sent"


def test_a_certificate_that_is_wrong_is_no_fault_of_the_message(
    catcher: MailCatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise ssl.SSLCertVerificationError("expired")

    message = enqueue(person_id=make.person().pk)
    with monkeypatch.context() as patched:
        patched.setattr(services, "_hand_over", refuse)
        with pytest.raises(NotDelivered):
            deliver(message)
    assert deliver(message).state == "sent"


def test_a_connection_that_breaks_after_the_mail_was_taken_may_send_it_twice_under_one_id(
    catcher: MailCatcher,
) -> None:
    message = enqueue(person_id=make.person().pk)
    catcher.control.drop(1)
    with pytest.raises(NotDelivered):
        deliver(message)
    assert deliver(message, now=LATER + timedelta(minutes=1)).state == "sent"
    first, second = catcher.letters()
    assert first.message["Message-ID"] == second.message["Message-ID"]


def test_killed_between_the_mail_server_and_the_note_sends_it_twice_under_one_id(
    catcher: MailCatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: Any, **words: Any) -> None:
        raise KeyboardInterrupt

    message = enqueue(person_id=make.person().pk)
    with monkeypatch.context() as patched:
        patched.setattr(services, "_close", die)
        with pytest.raises(KeyboardInterrupt):
            deliver(message)
    assert again(message).state == "waiting"
    assert deliver(message).state == "sent"
    first, second = catcher.letters()
    assert first.message["Message-ID"] == second.message["Message-ID"]


def test_a_goodbye_that_fails_does_not_send_it_again(
    catcher: MailCatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: smtplib.SMTP) -> None:
        self.close()
        raise smtplib.SMTPResponseException(421, b"too late")

    monkeypatch.setattr(smtplib.SMTP, "quit", fail)
    assert deliver(enqueue(person_id=make.person().pk)).state == "sent"
    assert len(catcher.letters()) == 1


def test_messages_have_ids_of_their_own(catcher: MailCatcher) -> None:
    person = make.person()
    for key in ("a", "b"):
        deliver(enqueue(key, person_id=person.pk))
    ids = {str(letter.message["Message-ID"]) for letter in catcher.letters()}
    assert len(ids) == 2
    assert all(name.endswith("@jixawwebsolutions.nl>") for name in ids)


def test_a_customer_without_a_holder_is_nobody_to_reach(catcher: MailCatcher) -> None:
    customer = make.customer()
    with as_owner():  # only one that has ended can be without
        Customer.objects.filter(pk=customer.pk).update(ended_on=NOW.date())
        Membership.objects.filter(customer=customer).update(until=NOW)
    message = deliver(enqueue(customer_id=customer.pk))
    assert (message.state, message.address) == ("failed", "")
    assert catcher.letters() == []


def test_what_is_gone_is_not_told(catcher: MailCatcher) -> None:
    def gone(message: Message) -> Rendered:
        raise NobodyToReach

    rendering.register("test.gone", gone)
    assert deliver(enqueue(kind="test.gone", person_id=make.person().pk)).state == "failed"
    assert catcher.letters() == []


def test_an_address_that_cannot_be_one_is_given_up(catcher: MailCatcher) -> None:
    person = make.person(email="two@at@example.com\n")
    assert deliver(enqueue(person_id=person.pk)).state == "failed"
    assert catcher.letters() == []


@pytest.mark.parametrize(
    "name", ["Eva\nBcc: other@example.com", 'Eva" <other@example.com>', "Eva\r\n.\r\nQUIT", "<b>Eva</b>"]
)
def test_a_name_cannot_put_anything_into_the_mail(catcher: MailCatcher, name: str) -> None:
    person = make.person(given_name=name, family_name="")
    deliver(enqueue(person_id=person.pk))
    (letter,) = catcher.letters()
    assert letter.recipients == (person.email,)
    assert letter.message["Bcc"] is None
    assert [address.addr_spec for address in letter.message["To"].addresses] == [person.email]
