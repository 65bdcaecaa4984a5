"""The VAT of a customer follows from its grounds by itself; what VIES does not answer is asked again."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction

from hospes.billing import jobs
from hospes.billing.models import LocationEvidence, TaxExemption, TaxSettings, TaxStatus, ViesCheck
from hospes.billing.tax import queries, services
from hospes.customers.models import Customer
from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from simulators import VatNumberCheck
from tests.billing.books import draft, issue, line
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker")]

BELGIAN = {"kind": "business", "country": "BE", "kvk_number": "", "vat_number": "BE0428759497"}


@pytest.fixture
def vies(settings: Any) -> Iterator[VatNumberCheck]:
    with VatNumberCheck() as sim:
        settings.HOSPES_VIES = {"url": f"{sim.url}/taxation_customs/vies/rest-api"}
        yield sim


def why(customer: Customer) -> tuple[str, str, str]:
    with as_owner():
        found = TaxStatus.objects.get(customer=customer, until=None)
    return found.category, found.rate_country, found.why


def check(customer: Customer) -> ViesCheck:
    jobs.check_vat_number.run(customer_id=customer.pk)
    with as_owner():
        latest = ViesCheck.objects.filter(customer=customer).order_by("-pk").first()
    assert latest
    return latest


def change(customer: Customer, **words: Any) -> None:
    with as_owner():
        Customer.objects.filter(pk=customer.pk).update(**words)


def test_a_dutch_customer_has_dutch_vat_from_the_first_moment() -> None:
    assert why(make.customer()) == ("S", "NL", "domestic")
    assert why(make.customer(kind="business")) == ("S", "NL", "domestic")


def test_a_belgian_company_has_dutch_vat_until_vies_confirmed_its_number(vies: VatNumberCheck) -> None:
    customer = make.customer(**BELGIAN)
    assert why(customer) == ("S", "NL", "vies_pending")
    answer = check(customer)
    assert why(customer) == ("AE", "BE", "reverse_charge")
    assert (answer.result, answer.consultation) == ("valid", vies.questions()[0]["identifier"])
    with as_owner():
        status = TaxStatus.objects.get(customer=customer, until=None)
        assert status.vies_check_id == answer.pk
        [entry] = JournalEntry.objects.filter(action="tax.number_checked")
    assert entry.customer_id == customer.pk
    with acting(Purpose.BILLING, actor=SYSTEM, customer=customer.pk):
        assert [each.why for each in queries.history(customer.pk)] == ["reverse_charge", "vies_pending"]
        tax = queries.tax_of(customer.pk, net_cents=100, today=TODAY)
    assert (tax.category, tax.basis_points, tax.country, tax.reason) == ("AE", 0, "BE", "reverse_charge")


def test_another_number_has_to_be_checked_anew(vies: VatNumberCheck) -> None:
    customer = make.customer(**BELGIAN)
    check(customer)
    change(customer, vat_number="BE0417497106")
    assert why(customer) == ("S", "NL", "vies_pending")
    change(customer, vat_number=BELGIAN["vat_number"])
    assert why(customer)[2] == "reverse_charge"
    change(customer, country="DE")
    assert why(customer) == ("", "", "number_elsewhere")


def test_a_number_that_vies_does_not_know_makes_it_no_company_for_vat(vies: VatNumberCheck) -> None:
    vies.control.number("BE0428759497", valid=False)
    customer = make.customer(**BELGIAN)
    check(customer)
    assert why(customer) == ("S", "NL", "consumer_home_rate")


def test_no_answer_is_kept_and_changes_nothing_about_a_new_number(vies: VatNumberCheck) -> None:
    vies.control.unavailable("BE")
    customer = make.customer(**BELGIAN)
    answer = check(customer)
    assert (answer.result, answer.reason, answer.consultation) == ("unanswered", "MS_UNAVAILABLE", "")
    assert why(customer) == ("S", "NL", "vies_pending")


@pytest.mark.parametrize(("days", "category"), [(89, "AE"), (91, "S")])
def test_a_number_that_was_right_stays_so_for_a_while_without_an_answer(days: int, category: str) -> None:
    customer = make.customer(**BELGIAN)
    with acting(Purpose.BILLING, actor=JOB):
        for at, result in ((NOW, "valid"), (NOW + timedelta(days=days), "unanswered")):
            services.note_check(customer_id=customer.pk, number="BE0428759497", result=result, consultation="", reason="", now=at)  # fmt: skip
    assert why(customer)[0] == category


def test_who_has_no_answer_is_asked_again_less_and_less_often() -> None:
    customer = make.customer(**BELGIAN)

    def due(at: Any) -> bool:
        with acting(Purpose.BILLING, actor=JOB):
            return queries.numbers_to_check(now=at, limit=5) == [customer.pk]

    assert due(NOW)
    at = NOW
    for minutes in (1, 2, 4, 8):
        with acting(Purpose.BILLING, actor=JOB):
            services.note_check(customer_id=customer.pk, number="BE0428759497", result="unanswered", consultation="", reason="x", now=at)  # fmt: skip
        assert not due(at + timedelta(minutes=minutes, seconds=-1))
        at += timedelta(minutes=minutes)
        assert due(at)
    with acting(Purpose.BILLING, actor=JOB):
        services.note_check(customer_id=customer.pk, number="BE0428759497", result="valid", consultation="W1", reason="", now=at)  # fmt: skip
    assert not due(at + timedelta(days=29))
    assert due(at + timedelta(days=31))


def test_the_sweep_has_each_number_checked_once(vies: VatNumberCheck) -> None:
    customer, _domestic = make.customer(**BELGIAN), make.customer(kind="business")
    for _ in range(2):
        jobs.sweep_vat_numbers.run(timestamp=0)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT args->>'customer_id' FROM procrastinate_jobs WHERE task_name LIKE '%vat_number'"
        )
        assert cursor.fetchall() == [(str(customer.pk),)]


def test_evidence_of_the_country_is_kept_only_where_it_matters() -> None:
    german, dutch = make.customer(country="DE"), make.customer()
    with acting(Purpose.BILLING, actor=JOB):
        for customer in (german, dutch):
            for country in ("DE", "DE", "", "FR"):
                services.note_place(customer_id=customer.pk, kind="ip", country=country, now=clock.now())
    with as_owner():
        kept = LocationEvidence.objects.order_by("pk").values_list("customer_id", "kind", "country")
        assert list(kept) == [(german.pk, "ip", "DE"), (german.pk, "ip", "FR")]


def test_a_conflict_is_decided_by_a_person_and_says_why() -> None:
    customer = make.customer(country="US")
    assert why(customer) == ("", "", "evidence_missing")
    with acting(Purpose.BILLING, actor=JOB):
        with pytest.raises(queries.TaxUnknown):
            queries.tax_of(customer.pk, net_cents=1, today=TODAY)
        services.note_place(customer_id=customer.pk, kind="ip", country="NL", now=NOW)
    assert why(customer)[2] == "evidence_conflict"
    with acting(Purpose.BILLING, actor=JOB):
        for country, reason in (("FR", "paspoort gezien"), ("US", " ")):
            with pytest.raises(services.DecisionRefused):
                services.decide_place(customer_id=customer.pk, country=country, reason=reason, now=NOW)
        services.decide_place(
            customer_id=customer.pk, country="US", reason="belde vanaf een Amerikaans nummer", now=NOW
        )
    assert why(customer) == ("O", "US", "outside_eu_consumer")


def test_an_exemption_has_a_ground_and_an_end() -> None:
    customer = make.customer(kind="business")
    with acting(Purpose.BILLING, actor=JOB):
        with pytest.raises(services.DecisionRefused):
            services.exempt(customer_id=customer.pk, ground="", today=TODAY, now=NOW)
        services.exempt(
            customer_id=customer.pk,
            ground="Internationale organisatie, verklaring 2026",
            today=TODAY,
            now=NOW,
        )
    assert why(customer) == ("E", "NL", "exempt")
    with acting(Purpose.BILLING, actor=JOB):
        assert services.end_exemption(customer_id=customer.pk, last_day=TODAY, today=TODAY, now=NOW) == 1
    assert why(customer) == ("E", "NL", "exempt")  # today still
    settle(TODAY)
    assert why(customer) == ("E", "NL", "exempt")
    settle(TODAY + timedelta(days=1))
    assert why(customer) == ("S", "NL", "domestic")


def settle(today: date) -> None:
    """What the sweep does on a day."""
    with clock.moved_to(datetime(today.year, today.month, today.day, 3, tzinfo=UTC)):
        jobs.sweep_exemptions.run(timestamp=0)


def statuses(customer: Customer) -> int:
    with as_owner():
        return TaxStatus.objects.filter(customer=customer).count()


def test_an_exemption_begins_and_ends_by_the_day_and_the_sweep_does_each_once() -> None:
    customer, other = make.customer(kind="business"), make.customer()
    first, last = TODAY + timedelta(days=3), TODAY + timedelta(days=5)
    with acting(Purpose.BILLING, actor=JOB):
        services.exempt(customer_id=customer.pk, ground="Verklaring", today=TODAY, now=NOW, first_day=first, last_day=last)  # fmt: skip
        assert [e.valid_from for e in queries.exemptions(customer.pk, today=TODAY)] == [first]
        assert queries.exemptions(customer.pk, today=last + timedelta(days=1)) == []
    for days, category in ((2, "S"), (3, "E"), (4, "E"), (5, "E"), (6, "S"), (7, "S")):
        for _ in range(2):
            settle(TODAY + timedelta(days=days))
        assert (days, why(customer)[0]) == (days, category)
    assert (statuses(customer), statuses(other)) == (3, 1)


def test_the_billing_run_does_not_wait_for_the_sweep() -> None:
    from hospes.billing.run import services as run

    customer = make.customer(kind="business")
    with acting(Purpose.BILLING, actor=JOB):
        services.exempt(customer_id=customer.pk, ground="Verklaring", today=TODAY, now=NOW, last_day=TODAY)
    assert why(customer)[0] == "E"
    tomorrow = TODAY + timedelta(days=1)
    run.run(tomorrow, today=tomorrow, now=NOW + timedelta(days=1), actor=JOB)
    assert why(customer)[0] == "S"


@pytest.mark.parametrize(("first", "last"), [(-1, None), (0, -1), (5, 4)])
def test_what_was_invoiced_keeps_its_vat(first: int, last: int | None) -> None:
    customer = make.customer(kind="business")
    with acting(Purpose.BILLING, actor=JOB):
        with pytest.raises(services.DecisionRefused):
            services.exempt(
                customer_id=customer.pk, ground="Verklaring", today=TODAY, now=NOW, first_day=TODAY + timedelta(days=first),
                last_day=None if last is None else TODAY + timedelta(days=last),
            )  # fmt: skip
        with pytest.raises(services.DecisionRefused):
            services.end_exemption(
                customer_id=customer.pk, last_day=TODAY - timedelta(days=1), today=TODAY, now=NOW
            )


def test_one_exemption_at_a_time_and_an_end_can_come_sooner() -> None:
    customer, today = make.customer(kind="business"), clock.today()
    words: dict[str, Any] = {"customer_id": customer.pk, "ground": "Verklaring", "today": today, "now": NOW}
    with acting(Purpose.BILLING, actor=JOB):
        services.exempt(**words, first_day=today, last_day=today + timedelta(days=9))
        with pytest.raises(services.DecisionRefused):
            services.exempt(**words, first_day=today + timedelta(days=9))
        services.exempt(**words, first_day=today + timedelta(days=10))
        ended: dict[str, Any] = {"customer_id": customer.pk, "today": today, "now": NOW}
        assert services.end_exemption(last_day=today + timedelta(days=12), **ended) == 1
        assert services.end_exemption(last_day=today + timedelta(days=4), **ended) == 2
        with pytest.raises(services.DecisionRefused):  # nothing goes on after it
            services.end_exemption(last_day=today + timedelta(days=4), **ended)
    for days, category in ((4, "E"), (5, "S"), (10, "S")):
        settle(today + timedelta(days=days))
        assert why(customer)[0] == category


def test_an_exemption_that_was_to_begin_is_withdrawn_and_one_that_has_begun_stays() -> None:
    customer, today = make.customer(kind="business"), clock.today()
    words: dict[str, Any] = {"customer_id": customer.pk, "today": today, "now": NOW}
    with acting(Purpose.BILLING, actor=JOB):
        services.exempt(**words, ground="Verkeerde klant", first_day=today + timedelta(days=1))
        assert services.end_exemption(**words, last_day=today) == 1
        assert queries.exemptions(customer.pk, today=today) == []
        services.exempt(**words, ground="Verklaring", first_day=today + timedelta(days=2))
        services.end_exemption(**words, last_day=today + timedelta(days=2))
    settle(today + timedelta(days=1))
    assert why(customer)[0] == "S"
    with as_owner():
        assert [e.ground for e in TaxExemption.objects.filter(customer=customer)] == ["Verklaring"]
        noted = JournalEntry.objects.filter(customer_id=customer.pk, action__startswith="tax.exempt")
        assert list(noted.order_by("pk").values_list("action", flat=True)) == [
            "tax.exempted", "tax.exemption_withdrawn", "tax.exempted", "tax.exemption_ended",
        ]  # fmt: skip
        TaxExemption.objects.filter(customer=customer).update(valid_from=today)
    with pytest.raises(IntegrityError), transaction.atomic(), acting(Purpose.BILLING, actor=JOB):
        TaxExemption.objects.filter(customer=customer).delete()


def test_the_database_holds_that_a_day_has_one_exemption() -> None:
    customer = make.customer(kind="business")
    with as_owner():
        TaxExemption.objects.create(customer=customer, ground="Verklaring", valid_from=TODAY)
        TaxExemption.objects.create(customer=make.customer(), ground="Verklaring", valid_from=TODAY)
        with pytest.raises(IntegrityError), transaction.atomic():
            TaxExemption.objects.create(
                customer=customer, ground="Nog eens", valid_from=TODAY + timedelta(days=9)
            )


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_exemption() -> None:
    customer, said = make.customer(kind="business"), list[str]()
    ready = threading.Barrier(2)

    def click() -> None:
        try:
            ready.wait()
            with acting(Purpose.BILLING, actor=JOB):
                services.exempt(customer_id=customer.pk, ground="Verklaring", today=TODAY, now=NOW)
            said.append("noted")
        except services.DecisionRefused:
            said.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["noted", "refused"]


def test_a_decision_is_about_the_address_of_then() -> None:
    customer = make.customer(country="US")
    with acting(Purpose.BILLING, actor=JOB):
        services.decide_place(customer_id=customer.pk, country="NL", reason="woont hier", now=NOW)
    assert why(customer) == ("S", "NL", "domestic")
    change(customer, country="CA")
    assert why(customer) == ("", "", "evidence_missing")
    with acting(Purpose.BILLING, actor=JOB):
        services.decide_place(customer_id=customer.pk, country="CA", reason="paspoort gezien", now=NOW)
    assert why(customer) == ("O", "CA", "outside_eu_consumer")
    change(customer, country="US")
    assert why(customer) == ("S", "NL", "domestic")  # what was decided about that address


def test_a_company_outside_the_eu_shows_where_it_is() -> None:
    customer = make.customer(kind="business", country="US")
    assert why(customer) == ("", "", "evidence_missing")
    with acting(Purpose.BILLING, actor=JOB):
        services.note_place(customer_id=customer.pk, kind="ip", country="US", now=NOW)
    assert why(customer) == ("O", "US", "outside_eu_company")


def test_a_customers_own_session_has_no_say_in_its_vat() -> None:
    customer = make.customer(country="DE")
    with acting(Purpose.CONTRACT, actor=SYSTEM, customer=customer.pk):
        services.note_place(customer_id=customer.pk, kind="ip", country="DE", now=NOW)
        for kind in ("staff", "bank"):
            with pytest.raises(Refused), transaction.atomic():
                services.note_place(customer_id=customer.pk, kind=kind, country="FR", now=NOW)
        with pytest.raises(Refused), transaction.atomic():
            TaxStatus.objects.filter(customer=customer).update(category="O")
    with as_owner():
        held = TaxStatus.objects.get(customer=customer, until=None)
        held.pk = None
        with pytest.raises(IntegrityError, match="one_tax_status_at_a_time"), transaction.atomic():
            held.save(force_insert=True)


# --- the one-stop shop ---


def _sell(customer: Customer, cents: int, origin: str, today: date = TODAY) -> str:
    """Sell something as whoever invoices does, and say whose VAT it got."""
    with acting(Purpose.BILLING, actor=JOB):
        tax = queries.tax_of(customer.pk, net_cents=cents, today=today)
    what = line(
        cents, tax.basis_points, vat_category=tax.category, vat_country=tax.country, vat_reason=tax.reason
    )
    issue(draft(customer, origin=origin, lines=[what], due_on=today), today=today)
    return f"{tax.country} {tax.basis_points}"


def test_the_sale_that_would_pass_the_threshold_has_the_vat_of_the_consumers_country() -> None:
    german, french = make.customer(country="DE"), make.customer(country="FR")
    for customer, country in ((german, "DE"), (french, "FR")):
        with acting(Purpose.BILLING, actor=JOB):
            services.note_place(customer_id=customer.pk, kind="ip", country=country, now=NOW)
    assert _sell(german, 999_900, "a") == "NL 2100"
    assert _sell(french, 100, "b") == "NL 2100"  # 10,000 euro to the cent: not above it
    with as_owner():
        assert (queries.oss_turnover(2026), TaxSettings.objects.get().oss_since) == (1_000_000, None)
    assert _sell(german, 1, "c") == "DE 1900"
    with as_owner():
        assert TaxSettings.objects.get().oss_since == TODAY
        assert JournalEntry.objects.filter(action="tax.oss_began").count() == 1
    assert _sell(french, 100, "d") == "FR 2000"
    assert why(german) == ("S", "DE", "consumer_oss")
    assert _sell(make.customer(), 100, "e") == "NL 2100"


def test_the_threshold_is_of_a_year_and_of_the_year_before() -> None:
    german = make.customer(country="DE")
    assert _sell(german, 900_000, "a") == "NL 2100"
    assert _sell(german, 900_000, "b", today=date(2027, 1, 1)) == "NL 2100"
    with as_owner():
        assert queries.oss_room(date(2027, 6, 1)) == 100_000
    other = line(1_000_001, 2100, vat_country="NL", vat_reason="consumer_home_rate")
    issue(draft(german, origin="c", lines=[other], due_on=date(2028, 1, 1)), today=date(2028, 1, 1))
    with as_owner():
        assert queries.oss_room(date(2029, 1, 1)) == 0


def test_what_is_given_back_counts_no_more() -> None:
    from hospes.billing import services as billing

    german = make.customer(country="DE")
    _sell(german, 900_000, "a")
    with acting(Purpose.BILLING, actor=JOB):
        from hospes.billing.models import Invoice

        billing.credit(invoice_id=Invoice.objects.get().pk, reason="Herroepen", key="1", today=TODAY, now=NOW)
        assert queries.oss_turnover(2026) == 0
