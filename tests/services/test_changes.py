"""Upgrades, downgrades, numbers, cancelling and taking back: as it was shown, or not at all; to the cent (P22)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from hospes.catalogue.models import Product
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from hospes.messaging.models import Message
from hospes.services import changes, endings, requests, sweeps
from hospes.services.models import By, Charge, Content, Request, Service, ServiceChange
from hospes.services.queries import entitled_at, planned
from hospes.services.services import Asked
from tests.services.test_life_cycle import again
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("worker"), pytest.mark.promise("P22")]

DAY = timedelta(days=1)
CUSTOMER = Asked(By.CUSTOMER)
STAFF = Asked(By.STAFF, note="as agreed on the phone")


@pytest.fixture
def large() -> Product:
    return make.product(prices={1: 1500, 12: 14600}, most=10)


def ask(
    service: Service,
    *,
    kind: str,
    when: str = "now",
    asked: Asked = CUSTOMER,
    at: datetime = NOW,
    **words: Any,
) -> Request:
    """Ask, with what the page would show, unless it is said otherwise."""
    today = at.date()
    with acting(Purpose.CONTRACT, actor=JOB):
        held = again(service)
        if kind == "change":
            want = changes.wanted(
                held, product_id=words.pop("product", held.product).pk, quantity=words.pop("quantity", held.quantity),
                months=words.pop("months", held.months), today=today,
            )  # fmt: skip
            shown = requests.change_words(changes.propose(held, want, at_once=when == "now", today=today))
        elif kind == "cancel":
            ways = endings.ways_to_end(held, today=today)
            on = {"soonest": ways.soonest, "term_end": ways.at_term_end, "now": today}[when]
            shown = {"kind": kind, "when": when, "on": on, "cents": -endings.given_back(held, on)}
        else:
            shown = {"kind": kind, "when": when, "on": today}
        return requests.ask(held, shown | words, asked=asked, key=f"test:{at}:{kind}:{held.pk}", now=at)


def carried_out(request: Request, *, now: datetime = NOW + timedelta(minutes=1)) -> str:
    with acting(Purpose.CONTRACT, actor=JOB):
        return requests.carry_out(request_id=request.pk, now=now).value


def refusal(request: Request) -> str:
    with as_owner():
        return Request.objects.get(pk=request.pk).refusal


def charges(service: Service) -> list[tuple[str, int, date, date]]:
    with as_owner():
        rows = Charge.objects.filter(service=service).order_by("pk")
        return [(c.kind, c.cents, c.period_from, c.period_until) for c in rows]


def reasons(service: Service) -> list[tuple[str, str]]:
    with as_owner():
        rows = ServiceChange.objects.filter(service=service).order_by("pk")
        return [(c.reason, c.by) for c in rows][1:]


def mails() -> list[str]:
    with as_owner():
        return list(Message.objects.order_by("pk").values_list("kind", flat=True))


def a_year(**words: Any) -> Service:
    """Of 365 days from 2 March 2026 on, for 73 euro: 20 cents a day."""
    return make.service(price_cents=7300, **words)


# --- changing at once ---


def test_an_upgrade_at_once_is_charged_for_the_rest_of_the_term(large: Product) -> None:
    service = a_year()
    at = NOW + 100 * DAY
    asked = ask(service, kind="change", product=large, at=at)
    assert (asked.cents, asked.on) == (265 * 40 - 265 * 20, TODAY + 100 * DAY)
    assert carried_out(asked, now=at) == "done"
    until = date(2027, 3, 1)
    assert charges(service) == [("unused", -5300, asked.on, until), ("new", 10600, asked.on, until)]
    held = again(service)
    assert (held.product_id, held.price_cents, held.renews_on, held.state) == (
        large.pk,
        14600,
        date(2027, 3, 2),
        "active",
    )
    assert reasons(service) == [("changed", "customer")]
    assert mails() == ["services.change"]
    with acting(Purpose.CONTRACT, actor=JOB):
        then = [
            entitled_at(service.customer_id, moment=at + n * DAY, day=at.date() + n * DAY)[0].product.pk
            for n in (-1, 0)
        ]
    assert then == [service.product_id, large.pk]


def test_carried_out_twice_it_is_charged_once(large: Product) -> None:
    service = a_year()
    asked = ask(service, kind="change", product=large)
    assert [carried_out(asked), carried_out(asked)] == ["done", "done"]
    assert len(charges(service)) == 2
    assert ask(service, kind="change", quantity=2).pk == asked.pk  # the same form


def test_more_of_the_same_keeps_the_price_that_was_agreed() -> None:
    service = a_year()
    asked = ask(service, kind="change", quantity=3)
    assert (asked.price_cents, asked.cents) == (7300, 14600)
    assert carried_out(asked) == "done"
    assert (again(service).quantity, again(service).price_cents, again(service).term_cents) == (
        3,
        7300,
        21900,
    )


def test_what_changed_since_it_was_shown_is_refused_and_costs_nothing(large: Product) -> None:
    service = a_year()
    for words in ({"cents": 1}, {"on": TODAY + DAY}, {"price_cents": 1}):
        asked = ask(
            service, kind="change", product=large, **words, at=NOW + len(mails()) * timedelta(seconds=1)
        )
        assert carried_out(asked) == "refused"
        assert refusal(asked) == "changed_meanwhile"
    assert charges(service) == []
    assert again(service).product_id == service.product_id
    assert mails() == ["services.not_done"] * 3


def test_it_counts_for_the_day_on_which_it_was_asked(large: Product) -> None:
    service = a_year()
    asked = ask(service, kind="change", product=large)
    assert carried_out(asked, now=NOW + 3 * DAY) == "done"
    assert charges(service)[1][2] == TODAY


def test_a_customer_has_no_money_back_by_a_downgrade_and_staff_can_give_it() -> None:
    service, small = a_year(quantity=2), make.product(prices={12: 3650})
    asked = ask(service, kind="change", product=small)
    assert asked.cents < 0
    assert (carried_out(asked), refusal(asked)) == ("refused", "only_at_term_end")
    asked = ask(service, kind="change", product=small, asked=STAFF, at=NOW + DAY)
    assert carried_out(asked, now=NOW + DAY) == "done"
    assert sum(cents for _, cents, _, _ in charges(service)) == asked.cents
    assert reasons(service) == [("changed", "staff")]


@pytest.mark.parametrize(
    ("words", "code"),
    [({}, "no_change"), ({"quantity": 0}, "not_offered"), ({"quantity": 11}, "not_offered"), ({"months": 24}, "not_offered"),
     ({"months": 1}, "only_at_term_end")],
)  # fmt: skip
def test_what_cannot_be_is_not_proposed(words: dict[str, Any], code: str) -> None:
    service = a_year()
    with pytest.raises(changes.ChangeRefused) as refused:
        ask(service, kind="change", **words)
    assert refused.value.code == code


def test_no_more_can_be_had_than_the_package_allows_but_what_is_held_stays_possible() -> None:
    service, alone = a_year(quantity=12), make.product(prices={12: 7500}, most=1)
    assert (
        ask(service, kind="change", quantity=11).quantity == 11
    )  # above the most of today, below what is held
    with pytest.raises(changes.ChangeRefused) as refused:
        ask(a_year(), kind="change", product=alone, quantity=2)
    assert refused.value.code == "not_offered"


@pytest.mark.parametrize("state", ["pending", "suspended", "cancelled", "terminated", "refused"])
def test_only_what_runs_and_goes_on_is_changed(state: str, large: Product) -> None:
    with pytest.raises(changes.ChangeRefused):
        ask(a_year(state=state), kind="change", product=large)


# --- changing at the end of the term ---


def test_a_downgrade_begins_with_the_next_term_and_can_be_taken_back(large: Product) -> None:
    service = a_year()
    assert carried_out(ask(service, kind="change", product=large, when="term_end")) == "done"
    with acting(Purpose.CONTRACT, actor=JOB):
        plan = planned(service.pk)
    assert plan is not None
    assert (plan.product_id, plan.from_on, plan.price_cents) == (large.pk, date(2027, 3, 2), 14600)
    assert again(service).product_id == service.product_id
    assert charges(service) == []
    assert carried_out(ask(service, kind="unplan", at=NOW + DAY), now=NOW + DAY) == "done"
    with acting(Purpose.CONTRACT, actor=JOB):
        assert planned(service.pk) is None
        assert sweeps.begin_what_was_planned(today=date(2027, 3, 2), now=NOW + 365 * DAY) == {}
        assert [
            e.product.pk
            for e in entitled_at(service.customer_id, moment=NOW + 400 * DAY, day=TODAY + 400 * DAY)
        ] == [service.product_id]
    assert [reason for reason, _ in reasons(service)] == ["change_planned", "plan_undone"]


def test_a_planned_change_begins_on_its_day_and_the_next_term_has_its_price(large: Product) -> None:
    service = a_year()
    carried_out(ask(service, kind="change", product=large, months=1, when="term_end"))
    renewal_day = date(2027, 3, 2)
    with acting(Purpose.CONTRACT, actor=JOB):  # the run comes some days before
        held = Service.objects.select_for_update().get(pk=service.pk)
        assert endings.renew(held, now=NOW + 355 * DAY) == (renewal_day, date(2027, 4, 2), 1500)
    assert sweeps.begin_what_was_planned(today=renewal_day - DAY, now=NOW) == {}
    assert sweeps.begin_what_was_planned(today=renewal_day, now=NOW + 365 * DAY) == {"done": 1}
    held = again(service)
    assert (held.product_id, held.months, held.price_cents, held.renews_on) == (
        large.pk,
        1,
        1500,
        date(2027, 4, 2),
    )
    assert held.bound_until == date(2027, 4, 2)  # a term that the customer chose
    with acting(Purpose.CONTRACT, actor=JOB):
        held = Service.objects.select_for_update().get(pk=service.pk)
        endings.renew(held, now=NOW + 380 * DAY)
    assert (again(service).renews_on, again(service).bound_until) == (date(2027, 5, 2), date(2027, 4, 2))


def test_another_plan_replaces_the_first(large: Product) -> None:
    service = a_year()
    carried_out(ask(service, kind="change", product=large, when="term_end"))
    carried_out(ask(service, kind="change", quantity=4, when="term_end", at=NOW + DAY), now=NOW + DAY)
    with acting(Purpose.CONTRACT, actor=JOB):
        plan = planned(service.pk)
    assert plan is not None
    assert (plan.product_id, plan.quantity) == (service.product_id, 4)
    assert [reason for reason, _ in reasons(service)] == ["change_planned", "plan_replaced", "change_planned"]
    with as_owner():
        in_force = [
            c for c in Content.objects.filter(service=service) if c.until_on is None or c.until_on > c.from_on
        ]
    assert [(c.from_on, c.until_on) for c in sorted(in_force, key=lambda c: c.from_on)] == [
        (TODAY, plan.from_on), (plan.from_on, None)
    ]  # fmt: skip


# --- cancelling ---


def test_a_consumer_cancels_at_the_end_of_the_first_term_and_takes_it_back() -> None:
    service = a_year(customer=make.customer(kind="private"))
    asked = ask(service, kind="cancel", when="soonest")
    assert (asked.on, asked.cents) == (date(2027, 3, 2), 0)
    assert carried_out(asked) == "done"
    assert (again(service).state, again(service).ends_on) == ("cancelled", date(2027, 3, 2))
    assert carried_out(ask(service, kind="undo", at=NOW + DAY), now=NOW + DAY) == "done"
    assert (again(service).state, again(service).ends_on) == ("active", None)
    assert sweeps.end_what_is_due(today=date(2030, 1, 1), now=NOW) == {}
    assert mails() == ["services.cancel", "services.undo"]


def test_notice_on_31_january_after_a_silent_renewal_ends_on_28_february_and_is_paid_back() -> None:
    """Wet van Dam, told as a story: a year from 1 November 2025, renewed on 1 November 2026 for 73 euro."""
    service = make.service(
        customer=make.customer(kind="private"), price_cents=7300, started_on=date(2025, 11, 1), run_months=24
    )
    at = datetime(2027, 1, 31, 12, tzinfo=NOW.tzinfo)
    asked = ask(service, kind="cancel", when="soonest", at=at)
    back = 7300 - 119 * 20
    assert (asked.on, asked.cents) == (date(2027, 2, 28), -back)
    assert carried_out(asked, now=at) == "done"
    assert charges(service) == []  # it runs until then, and can be taken back
    assert sweeps.end_what_is_due(today=date(2027, 2, 27), now=at) == {}
    assert sweeps.end_what_is_due(today=date(2027, 3, 1), now=at + 29 * DAY) == {"done": 1}
    assert sweeps.end_what_is_due(today=date(2027, 3, 1), now=at + 29 * DAY) == {}
    assert (again(service).state, again(service).ended_on) == ("terminated", date(2027, 2, 28))
    assert charges(service) == [("ended", -back, date(2027, 2, 28), date(2027, 10, 31))]
    assert mails() == ["services.cancel", "services.ended"]


def test_a_consumer_ends_a_term_of_two_years_after_one_and_has_the_rest_back() -> None:
    """Art. 6:237 k: 731 days from 2 March 2026 on for 146.20 euro, which is 20 cents a day."""
    service = make.service(customer=make.customer(kind="private"), price_cents=14620, months=24)
    assert service.term.days == 731
    asked = ask(service, kind="cancel", when="soonest", at=NOW + 100 * DAY)
    assert (asked.on, asked.cents) == (date(2027, 3, 2), -366 * 20)
    at = NOW + 400 * DAY  # 6 April 2027
    asked = ask(service, kind="cancel", when="soonest", at=at)
    assert (asked.on, asked.cents) == (date(2027, 5, 6), -301 * 20)
    assert carried_out(asked, now=at) == "done"
    assert sweeps.end_what_is_due(today=date(2027, 5, 6), now=at + 30 * DAY) == {"done": 1}
    assert charges(service) == [("ended", -301 * 20, date(2027, 5, 6), date(2028, 3, 1))]


def test_a_company_is_held_to_a_term_of_two_years() -> None:
    service = make.service(customer=make.customer(kind="business"), price_cents=14620, months=24)
    asked = ask(service, kind="cancel", when="soonest", at=NOW + 400 * DAY)
    assert (asked.on, asked.cents) == (date(2028, 3, 2), 0)


def test_a_company_ends_with_its_term_and_has_nothing_back() -> None:
    service = make.service(
        customer=make.customer(kind="business"), price_cents=7300, started_on=date(2025, 11, 1), run_months=24
    )
    asked = ask(service, kind="cancel", when="soonest", at=datetime(2027, 1, 31, 12, tzinfo=NOW.tzinfo))
    assert (asked.on, asked.cents) == (date(2027, 11, 1), 0)


def test_only_staff_end_it_at_once() -> None:
    service = a_year()
    asked = ask(service, kind="cancel", when="now")
    assert (carried_out(asked), refusal(asked)) == ("refused", "only_at_term_end")
    asked = ask(service, kind="cancel", when="now", asked=STAFF, at=NOW + DAY)
    assert carried_out(asked, now=NOW + DAY) == "done"
    assert sweeps.end_what_is_due(today=TODAY + DAY, now=NOW + DAY) == {"done": 1}
    assert charges(service) == [("ended", -7280, TODAY + DAY, date(2027, 3, 1))]
    with as_owner():
        assert (
            ServiceChange.objects.filter(service=service, reason="cancelled").get().note
            == "as agreed on the phone"
        )


def test_cancelling_takes_back_what_was_planned_and_nothing_can_be_planned_after_it(large: Product) -> None:
    service = a_year()
    carried_out(ask(service, kind="change", product=large, when="term_end"))
    carried_out(ask(service, kind="cancel", when="soonest", at=NOW + DAY), now=NOW + DAY)
    with acting(Purpose.CONTRACT, actor=JOB):
        assert planned(service.pk) is None
    with pytest.raises(changes.ChangeRefused, match=r"opgezegd|cancelled"):
        ask(service, kind="change", product=large, when="term_end", at=NOW + 2 * DAY)


@pytest.mark.parametrize("kind", ["undo", "unplan"])
def test_nothing_to_take_back_is_said(kind: str) -> None:
    asked = ask(a_year(), kind=kind)
    assert carried_out(asked) == "refused"
    assert refusal(asked) in ("not_cancelled", "nothing_planned")


def test_what_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    due = [make.service(state="cancelled", ends_on=TODAY) for _ in range(3)]
    real = endings.end_due

    def sometimes(*, service_id: int, **words: Any) -> bool:
        if service_id == due[1].pk:
            raise RuntimeError
        return real(service_id=service_id, **words)

    monkeypatch.setattr(endings, "end_due", sometimes)
    assert sweeps.end_what_is_due(today=TODAY, now=NOW, page_size=2) == {"done": 2, "failed": 1}
    assert [again(s).state for s in due] == ["terminated", "cancelled", "terminated"]


# --- rights ---


@pytest.mark.login("portal")
@pytest.mark.promise("P30")
def test_a_customers_own_session_asks_and_does_nothing_itself(large: Product) -> None:
    holder = make.person()
    service = a_year(customer=make.customer(holder=holder))
    other = a_year()

    def as_customer(verb: Callable[[], object]) -> None:
        with acting(
            Purpose.CONTRACT, actor=Actor.person(holder.pk), customer=service.customer_id, person=holder.pk
        ):
            verb()

    words = {"kind": "undo", "when": "now", "on": TODAY}
    as_customer(lambda: requests.ask(service, words, asked=Asked(By.CUSTOMER, holder.pk), key="one", now=NOW))
    with pytest.raises(Refused):
        as_customer(lambda: requests.ask(other, words, asked=CUSTOMER, key="two", now=NOW))
    for verb in (
        lambda: Request.objects.filter(key="one").update(state="done", done_at=NOW),
        lambda: Service.objects.filter(pk=service.pk).update(ends_on=TODAY),
        lambda: Charge.objects.create(
            service=service, customer=service.customer, kind="ended", product=large, quantity=1, cents=-100, period_from=TODAY,
            period_until=TODAY, description="x", origin="x", created_at=NOW,
        ),
        lambda: Content.objects.filter(service=service).update(price_cents=1),
    ):  # fmt: skip
        with pytest.raises(Refused):
            as_customer(verb)
