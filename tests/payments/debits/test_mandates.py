"""A mandate: signed after a successful order only, with its proof, by the customer alone; it ends by them, the bank, us, or by itself."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from hospes.billing.models import Invoice
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging.models import Message
from hospes.messaging.rendering import render
from hospes.payments.debits import mandates, services
from hospes.payments.debits.models import Mandate, MandateAccount
from hospes.payments.debits.services import MandateRefused
from tests.payments.debits import desk
from tests.payments.debits.desk import IBAN, IP, at, day
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.make.people import holder_of
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]


def stored() -> tuple[int, int]:
    with as_owner():
        return Mandate.objects.count(), MandateAccount.objects.count()


# --- P13 ---


@pytest.mark.promise("P13")
def test_no_account_number_is_stored_before_a_successful_order() -> None:
    customer = make.customer()
    make.order(customer=customer)
    make.invoice(customer=customer)
    with pytest.raises(MandateRefused, match=r"Automatische incasso kan|Direct debit is possible"):
        desk.sign(customer)
    assert stored() == (0, 0)


@pytest.mark.promise("P13")
def test_what_was_written_off_was_not_paid() -> None:
    customer = make.customer()
    invoice = make.invoice(customer=customer)
    with as_owner():
        Invoice.objects.filter(pk=invoice.pk).update(paid_cents=500, paid_at=NOW, paid_with="written_off")
    with pytest.raises(MandateRefused):
        desk.sign(customer)
    assert stored() == (0, 0)


@pytest.mark.promise("P13")
@pytest.mark.parametrize("who", ["owner", "own", "all"])
def test_the_database_holds_that_whoever_writes(who: str) -> None:
    customer, person = make.customer(), make.person()
    make.order(customer=customer)
    make.payment(order=make.order(customer=customer), state="failed")
    words = {
        "customer_id": customer.pk, "reference": "M1-1", "creditor_id": "x", "creditor_name": "x", "creditor_address": "x", "holder": "x",
        "account": "NL•• •••• •••• 6789", "signed_by_id": person.pk, "signed_at": NOW, "signed_on": TODAY, "language": "nl",
        "text_version": "x", "text_sha256": "x",
    }  # fmt: skip
    if who == "owner":
        with (
            pytest.raises(IntegrityError, match="only after an order was paid"),
            transaction.atomic(),
            as_owner(),
        ):
            Mandate.objects.create(**words)
    elif who == "own":
        actor = Actor.person(holder_of(customer).pk, ip=IP)
        with (
            pytest.raises(IntegrityError, match="only after an order was paid"),
            acting(Purpose.BILLING, actor=actor, customer=customer.pk),
        ):
            Mandate.objects.create(**words)
    else:
        with pytest.raises(Refused), acting(Purpose.BILLING, actor=JOB):
            Mandate.objects.create(**words)
    assert stored() == (0, 0)


@pytest.mark.promise("P13")
def test_an_account_number_stands_beside_its_own_mandate_only() -> None:
    customer, other = desk.paying_customer(), desk.paying_customer()
    mandate = desk.sign(customer)
    with pytest.raises(IntegrityError), transaction.atomic(), as_owner():
        MandateAccount.objects.filter(mandate=mandate).update(iban=desk.OTHER_IBAN)
    desk.withdraw(customer, now=NOW)
    with as_owner():
        new = make.mandate(customer=other)
        MandateAccount.objects.filter(mandate=new).delete()
    with pytest.raises(IntegrityError, match="is that of its mandate"), transaction.atomic(), as_owner():
        MandateAccount.objects.create(mandate=new, customer=customer, iban=IBAN)


@pytest.mark.promise("P13")
def test_who_is_not_billing_reads_no_account_number_and_the_customers_own_session_neither() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    for purpose in (Purpose.CONTRACT, Purpose.SUPPORT, Purpose.SECURITY, Purpose.MESSAGES):
        with pytest.raises(Refused), acting(purpose, actor=JOB):
            list(MandateAccount.objects.all())
    with (
        pytest.raises(Refused),
        acting(Purpose.BILLING, actor=Actor.person(holder_of(customer).pk), customer=customer.pk),
    ):
        list(MandateAccount.objects.all())
    with acting(Purpose.BILLING, actor=JOB):
        assert [each.iban for each in MandateAccount.objects.all()] == [IBAN]


@pytest.mark.promise("P13")
def test_the_number_stands_in_no_log_job_journal_or_mail(caplog: Any, capsys: Any) -> None:
    caplog.set_level("DEBUG")
    customer = desk.paying_customer()
    desk.sign(customer)
    desk.invoice(customer)
    desk.days(TODAY, date(2026, 3, 12))
    batch = desk.batches()[0]
    desk.submit(batch, date(2026, 3, 12))
    day(date(2026, 3, 17))
    desk.returned(desk.debits()[0], "AC04", date(2026, 3, 18))
    desk.day(date(2026, 3, 18))
    from tests.payments.till import jobs

    with as_owner():
        told = [str(row) for row in JournalEntry.objects.values_list()] + [
            str(row) for row in Message.objects.values_list()
        ]
        messages = list(Message.objects.filter(kind__startswith="debits."))
    with acting(Purpose.MESSAGES, actor=JOB):
        letters = [render(message, now=at(date(2026, 3, 18))) for message in messages]
    said = " ".join(
        [
            caplog.text,
            *capsys.readouterr(),
            str(jobs()),
            *told,
            *(f"{x.subject} {x.text} {x.html}" for x in letters),
        ]
    )
    assert len(letters) >= 4
    assert [part for part in (IBAN, IBAN[4:], IBAN[-8:]) if part in said] == []
    assert "6789" in said


# --- signing ---


def test_what_was_signed_is_kept_with_its_proof() -> None:
    customer = desk.paying_customer()
    mandate = desk.sign(customer)
    assert (mandate.reference, mandate.account, mandate.ip, mandate.signed_on) == (
        f"M{customer.number}-1", "NL•• •••• •••• 6789", IP, TODAY,
    )  # fmt: skip
    assert mandate.signed_by_id == holder_of(customer).pk
    assert mandates.is_as_signed(mandate, IBAN)
    assert not mandates.is_as_signed(mandate, desk.OTHER_IBAN)
    text = mandates.text_of(mandate, IBAN)
    assert all(
        part in text for part in (mandate.reference, IBAN, "B. Dronkel", "NL04ZZZ172726320000", "2026-03-02")
    )
    with as_owner():
        assert (
            JournalEntry.objects.filter(
                action="mandate.signed", customer_id=customer.pk, actor_kind="person"
            ).count()
            == 1
        )


@pytest.mark.parametrize(
    "iban",
    ["", "NL02ABNA0123456788", "x", "US64SVBKUS6S3300958879", "BR1800360305000010009795493C1", IBAN[:-1]],
)
def test_what_is_no_account_number_of_sepa_is_refused(iban: str) -> None:
    customer = desk.paying_customer()
    with pytest.raises(MandateRefused) as refused:
        desk.sign(customer, iban=iban)
    assert refused.value.field == "iban"
    assert stored() == (0, 0)


@pytest.mark.parametrize("holder", ["", "  ", "12345", "\U0001f600", "\x07"])
def test_a_holder_whom_no_bank_can_read_is_refused(holder: str) -> None:
    customer = desk.paying_customer()
    with pytest.raises(MandateRefused) as refused:
        desk.sign(customer, holder=holder)
    assert (refused.value.field, stored()) == ("holder", (0, 0))


def test_there_is_one_mandate_at_a_time() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    with pytest.raises(MandateRefused):
        desk.sign(customer, iban=desk.OTHER_IBAN)
    assert stored() == (1, 1)
    desk.withdraw(customer, now=NOW)
    assert desk.sign(customer, iban=desk.OTHER_IBAN).reference == f"M{customer.number}-2"


def test_nothing_is_offered_without_a_creditor_identifier(settings: Any) -> None:
    from hospes.config.debits import DirectDebitRules

    customer = desk.paying_customer()
    desk.sign(customer)
    desk.invoice(customer)
    settings.HOSPES_DIRECT_DEBIT = DirectDebitRules()
    assert day(TODAY) == {}
    desk.withdraw(customer, now=NOW)
    with pytest.raises(MandateRefused):
        desk.sign(customer)


@pytest.mark.parametrize(
    ("column", "value"),
    [("holder", "y"), ("signed_on", date(2026, 3, 1)), ("ip", None), ("text_sha256", "y")],
)
def test_what_was_signed_stays(column: str, value: Any) -> None:
    desk.sign(desk.paying_customer())
    with pytest.raises(IntegrityError, match="what was signed stays"), transaction.atomic(), as_owner():
        Mandate.objects.update(**{column: value})


def test_a_mandate_whose_account_was_tampered_with_is_not_used() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    desk.invoice(customer)
    day(TODAY)
    with as_owner():
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("UPDATE debits_mandateaccount SET iban = %s", [desk.OTHER_IBAN])
            cursor.execute("SET session_replication_role = origin")
    assert day(date(2026, 3, 12)) == {}
    assert desk.states() == ["announced"]


# --- other customers, and what a session may not ---


def test_a_customer_sees_and_ends_their_own_mandate_only() -> None:
    mine, theirs = desk.paying_customer(), desk.paying_customer()
    desk.sign(mine)
    other = desk.sign(theirs)
    with acting(Purpose.BILLING, actor=Actor.person(holder_of(mine).pk, ip=IP), customer=mine.pk):
        assert [each.customer_id for each in Mandate.objects.all()] == [mine.pk]
        assert not services.end(mandate_id=other.pk, why="withdrawn", now=NOW)
        assert not Mandate.objects.filter(customer_id=theirs.pk).update(state="ended")
    with as_owner():
        assert Mandate.objects.get(pk=other.pk).state == "active"


@pytest.mark.parametrize("words", [{"ended_why": "bank"}, {"ended_why": "withdrawn", "state": "active"}])
def test_a_customers_session_withdraws_and_does_nothing_else(words: dict[str, Any]) -> None:
    customer = desk.paying_customer()
    mandate = desk.sign(customer)
    values = {"state": "ended", "ended_at": NOW} | words
    actor = Actor.person(holder_of(customer).pk, ip=IP)
    with pytest.raises(IntegrityError), acting(Purpose.BILLING, actor=actor, customer=customer.pk):
        Mandate.objects.filter(pk=mandate.pk).update(**values)
    with pytest.raises(Refused), acting(Purpose.BILLING, actor=actor, customer=customer.pk):
        Mandate.objects.filter(pk=mandate.pk).update(last_used_on=TODAY)


def test_a_mandate_that_ended_never_comes_back() -> None:
    customer = desk.paying_customer()
    desk.sign(customer)
    desk.withdraw(customer, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic(), as_owner():
        Mandate.objects.update(state="active", ended_at=None, ended_why="")


# --- lapse ---


def test_a_mandate_lapses_when_nothing_was_collected_for_36_months() -> None:
    customer = desk.paying_customer()
    mandate = desk.sign(customer)
    last = date(2029, 3, 1)
    assert day(last) == {}
    desk.invoice(customer, on=last - timedelta(days=1), days=14)
    assert day(last) == {}  # it would be collected after the mandate lapses
    assert day(date(2029, 3, 2)) == {"lapsed": 1}
    with as_owner():
        mandate.refresh_from_db()
    assert (mandate.state, mandate.ended_why) == ("ended", "lapsed")
    assert desk.mails()[-1] == "mandate_ended"


def test_what_was_collected_keeps_a_mandate_alive() -> None:
    customer = desk.paying_customer()
    mandate = desk.sign(customer)
    desk.invoice(customer)
    desk.days(TODAY, date(2026, 3, 12))
    desk.submit(desk.batches()[0], date(2026, 3, 12))
    day(date(2026, 3, 17))
    assert "lapsed" not in day(date(2029, 3, 15))
    assert day(date(2029, 3, 16))["lapsed"] == 1
    with as_owner():
        mandate.refresh_from_db()
    assert mandate.state == "ended"


@pytest.mark.parametrize(
    ("on", "said", "state"),
    [  # the file of a Tuesday collects on Thursday 1 March; that of Wednesday on the first day on which the mandate is over
        (date(2029, 2, 27), {"filed": 1}, "batched"),
        (date(2029, 2, 28), {}, "withdrawn"),
    ],
)
def test_no_file_collects_with_a_mandate_that_is_over_by_then(
    on: date, said: dict[str, int], state: str
) -> None:
    customer = desk.paying_customer()
    mandate = desk.sign(customer)
    desk.invoice(customer, on=date(2029, 2, 12), days=14)
    assert day(date(2029, 2, 12)) == {"announced": 1}  # for Monday 26 February
    assert day(on) == said
    assert desk.states() == [state]
    assert day(date(2029, 3, 2)) == {}  # what is in a file keeps its mandate
    with as_owner():
        mandate.refresh_from_db()
    assert (mandate.state, mandate.ended_why) == (("active", "") if said else ("ended", "lapsed"))
    told = desk.mails()[1:]
    assert told == (["moved"] if said else ["called_off", "mandate_ended"])
