"""Rules that count from a day on, in the office: added for a later day, withdrawn before they begin, never changed after."""

import itertools
import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client

from hospes.billing import dated
from hospes.billing.issuing import book_year
from hospes.billing.models import BookYear, OssThreshold, VatRate
from hospes.billing.queries import vat_basis_points
from hospes.billing.tax.queries import oss_threshold
from hospes.catalogue.models import CatalogueChange
from hospes.kernel import clock
from hospes.kernel.acting import JOB, SYSTEM, Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from tests.accounts import people as accounts
from tests.office import people
from tests.office.conftest import AsRole
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office")]

PAGE = "/aanbod/regels/"
DAY = timedelta(days=1)


@pytest.fixture
def keeper(as_role: AsRole) -> Client:
    return as_role("administrator")


def rate(on: date, **words: str) -> dict[str, str]:
    usual = {"country": "NL", "code": "standard", "percent": "22", "valid_from": on.isoformat()}
    return {"do": "rate"} | {f"rate-{name}": value for name, value in (usual | words).items()}


def years(on: date, longer: str = "shorter") -> dict[str, str]:
    return {"do": "years", "years-first_day": on.isoformat(), "years-longer": longer}


def all_of(model: Any, **which: Any) -> list[Any]:
    with as_owner():
        return list(model.objects.filter(**which).order_by("pk"))


def test_a_rate_counts_from_its_day_on_and_the_history_has_who_added_it(keeper: Client) -> None:
    today = clock.today()
    first = today + 30 * DAY
    assert keeper.post(PAGE, rate(first, percent="22,5"))["Location"] == PAGE
    with as_owner():
        found = [vat_basis_points(country="NL", today=day) for day in (today, first - DAY, first)]
    assert found == [2100, 2100, 2250]
    [change] = all_of(CatalogueChange, what="vat_rate")
    assert (change.how, change.name, change.became) == ("made", "NL standard", f"2250|{first}")
    assert change.was.startswith("2100|")
    assert change.by_id is not None
    [entry] = all_of(JournalEntry, action="rule.added")
    assert (entry.object_table, entry.actor_id) == ("billing_vatrate", change.by_id)
    page = people.text(keeper.get(PAGE))
    assert "22,5 %" in page
    assert keeper.post(PAGE, rate(first, percent="23")).status_code == 422  # that day has one


@pytest.mark.parametrize(
    "words",
    [
        {"percent": "0"},
        {"code": "zero"},
        {"percent": "51"},
        {"country": "US"},
        {"percent": "veel"},
        {"code": "x"},
    ],
)
def test_what_makes_no_sense_is_said(keeper: Client, words: dict[str, str]) -> None:
    before = len(all_of(VatRate))
    assert keeper.post(PAGE, rate(clock.today() + 9 * DAY, **words)).status_code == 422
    assert len(all_of(VatRate)) == before


@pytest.mark.parametrize("days", [-1, 0])
def test_a_day_that_has_begun_keeps_its_rules(keeper: Client, days: int) -> None:
    on = clock.today() + days * DAY
    assert keeper.post(PAGE, rate(on)).status_code == 422
    form = {"do": "threshold", "threshold-cents": "12.000", "threshold-valid_from": on.isoformat()}
    assert keeper.post(PAGE, form).status_code == 422
    assert keeper.post(PAGE, years(on)).status_code == 422
    [held] = all_of(OssThreshold)
    keeper.post(f"{PAGE}drempels/{held.pk}/intrekken/")
    for each in all_of(VatRate, country="NL"):
        keeper.post(f"{PAGE}tarieven/{each.pk}/intrekken/")
    assert len(all_of(OssThreshold)) == 1
    assert len(all_of(VatRate, country="NL")) == 3
    assert all_of(CatalogueChange) == []


def test_a_rate_and_a_threshold_are_withdrawn_before_they_begin(keeper: Client) -> None:
    first = clock.today() + DAY
    keeper.post(PAGE, rate(first))
    form = {"do": "threshold", "threshold-cents": "12.000", "threshold-valid_from": first.isoformat()}
    assert keeper.post(PAGE, form).status_code == 302
    with as_owner():
        assert (oss_threshold(clock.today()), oss_threshold(first)) == (1_000_000, 1_200_000)
    [one] = all_of(VatRate, valid_from=first)
    [other] = all_of(OssThreshold, valid_from=first)
    keeper.post(f"{PAGE}tarieven/{one.pk}/intrekken/")
    keeper.post(f"{PAGE}drempels/{other.pk}/intrekken/")
    assert all_of(VatRate, valid_from=first) == all_of(OssThreshold, valid_from=first) == []
    assert [(c.what, c.how) for c in all_of(CatalogueChange)] == [
        ("vat_rate", "made"), ("oss_threshold", "made"), ("vat_rate", "withdrawn"), ("oss_threshold", "withdrawn"),
    ]  # fmt: skip
    assert len(all_of(JournalEntry, action="rule.withdrawn")) == 2


@pytest.mark.parametrize("longer", ["shorter", "longer"])
def test_book_years_begin_on_another_day(keeper: Client, longer: str) -> None:
    this, first = clock.today().year, date(clock.today().year + 1, 7, 1)
    assert keeper.post(PAGE, years(date(this + 1, 7, 2))).status_code == 422
    assert keeper.post(PAGE, years(date(this + 2, 1, 1))).status_code == 422  # one begins then already
    assert keeper.post(PAGE, years(first, longer)).status_code == 302
    with as_owner():
        named = [book_year(day) for day in (date(this, 12, 31), date(this + 1, 1, 1), first - DAY, first)]
        held = list(BookYear.objects.filter(ends_on__gte=clock.today()).order_by("begins_on"))
    assert named == (
        [this, this + 1, this + 1, this + 2] if longer == "shorter" else [this, this, this, this + 1]
    )
    assert all(after.begins_on == before.ends_on + DAY for before, after in itertools.pairwise(held))
    assert [year.year for year in held] == list(range(this, this + len(held)))
    assert held[-1].ends_on.year >= 2099 - 1
    page = people.text(keeper.get(PAGE))
    assert str(this + 1) in page
    assert [c.what for c in all_of(CatalogueChange)] == ["book_years"] * 2


def test_a_book_year_stays_under_two_years_however_often_it_goes_on(keeper: Client) -> None:
    this = clock.today().year
    assert keeper.post(PAGE, years(date(this + 1, 12, 1), "longer")).status_code == 302
    held = all_of(BookYear, year__gte=this)
    for day in (date(this + 2, 1, 1), date(this + 2, 11, 1)):
        assert keeper.post(PAGE, years(day, "longer")).status_code == 422
    assert [(y.begins_on, y.ends_on) for y in all_of(BookYear, year__gte=this)] == [
        (y.begins_on, y.ends_on) for y in held
    ]
    assert keeper.post(PAGE, years(date(this + 2, 7, 1))).status_code == 302  # a shorter one after it


@pytest.mark.django_db(transaction=True)
def test_two_who_change_the_book_years_at_once_do_so_one_after_the_other() -> None:
    admin, today, said = accounts.colleague("administrator"), clock.today(), list[str]()
    ready = threading.Barrier(2)

    def click(month: int) -> None:
        try:
            ready.wait()
            with acting(Purpose.CONTRACT, actor=Actor.staff(admin.pk)):
                dated.book_years_from(
                    first_day=date(today.year + 1, month, 1), longer=False, today=today, now=clock.now()
                )
            said.append("done")
        except dated.RuleRefused:
            said.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click, args=[month]) for month in (4, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 2
    assert "done" in said
    held = sorted(all_of(BookYear, ends_on__gte=today), key=lambda year: year.begins_on)
    assert all(after.begins_on == before.ends_on + DAY for before, after in itertools.pairwise(held))


@pytest.mark.parametrize("model", [VatRate, OssThreshold])
def test_what_was_withdrawn_is_not_withdrawn_again(model: Any) -> None:
    admin, today = accounts.colleague("administrator"), clock.today()
    with acting(Purpose.CONTRACT, actor=Actor.staff(admin.pk)):
        words: dict[str, Any] = {"valid_from": today + DAY, "today": today, "now": clock.now()}
        made = (
            dated.add_rate(country="NL", code="standard", basis_points=2200, **words)
            if model is VatRate
            else dated.add_threshold(cents=1_200_000, **words)
        )
        other = model.objects.get(pk=made.pk)
        dated.withdraw(made, today=today, now=clock.now())
        with pytest.raises(dated.RuleRefused):
            dated.withdraw(other, today=today, now=clock.now())
    assert len(all_of(JournalEntry, action="rule.withdrawn")) == 1


def test_the_year_of_now_can_end_sooner_and_later_but_not_be_gone(keeper: Client) -> None:
    today = clock.today()
    begun = all_of(BookYear, begins_on__lte=today, ends_on__gte=today)[0]
    soon = (today.replace(day=1) + 32 * DAY).replace(day=1)
    if soon <= begun.ends_on:
        assert keeper.post(PAGE, years(soon, "longer")).status_code == 422
        assert keeper.post(PAGE, years(soon)).status_code == 302


@pytest.mark.database
def test_the_database_keeps_what_has_begun_and_asks_for_the_power() -> None:
    today = clock.today()
    clerk, admin = accounts.colleague("billing_clerk"), accounts.colleague("administrator")
    for actor, exception in ((Actor.staff(clerk.pk), Refused), (JOB, Refused), (Actor.staff(admin.pk), IntegrityError), (SYSTEM, IntegrityError)):  # fmt: skip
        with pytest.raises(exception), transaction.atomic(), acting(Purpose.CONTRACT, actor=actor):
            VatRate.objects.create(country="NL", code="standard", basis_points=1, valid_from=today)
        with pytest.raises(exception), transaction.atomic(), acting(Purpose.CONTRACT, actor=actor):
            VatRate.objects.filter(country="NL").delete()
        with pytest.raises(exception), transaction.atomic(), acting(Purpose.CONTRACT, actor=actor):
            BookYear.objects.filter(year=today.year - 1).update(ends_on=today)
        with pytest.raises(exception), transaction.atomic(), acting(Purpose.CONTRACT, actor=actor):
            BookYear.objects.filter(year=today.year).update(ends_on=today - DAY)
    with pytest.raises(Refused), transaction.atomic(), acting(Purpose.CONTRACT, actor=SYSTEM):
        VatRate.objects.filter(country="NL").update(basis_points=1)
    with acting(Purpose.CONTRACT, actor=Actor.staff(admin.pk)):
        dated.add_rate(
            country="NL",
            code="reduced",
            basis_points=1000,
            valid_from=today + DAY,
            today=today,
            now=clock.now(),
        )
    assert [r.basis_points for r in all_of(VatRate, valid_from=today + DAY)] == [1000]


def test_only_who_keeps_the_catalogue_has_the_page(as_role: AsRole) -> None:
    client = as_role("billing_clerk")
    assert [client.get(PAGE).status_code, client.post(PAGE, rate(clock.today() + DAY)).status_code] == [
        404,
        404,
    ]
