"""Which kind of VAT rate a product has: from a day on, never of the past, by who keeps the catalogue, and the same in SQL."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hospes.catalogue import queries, services
from hospes.catalogue.models import CatalogueChange, Product, ProductVat
from hospes.catalogue.services import CatalogueRefused
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from tests.accounts import people
from tests.support import make
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.login("office"), pytest.mark.database]

DAY = timedelta(days=1)


def keeper() -> Actor:
    return Actor.staff(people.colleague("administrator").pk)


def let_begin(product: Product, code: str, since: date, *, actor: Actor | None = None) -> ProductVat:
    with acting(Purpose.CONTRACT, actor=actor or keeper()):
        return services.set_vat(product_id=product.pk, code=code, valid_from=since, today=TODAY, now=NOW)


def code_on(product: Product, day: date) -> str:
    return queries.vat_code(product.pk, today=day)


def test_without_a_word_it_is_the_standard_rate_and_another_one_counts_from_its_day_on() -> None:
    product = make.product()
    let_begin(product, "reduced", TODAY + 2 * DAY)
    let_begin(product, "standard", TODAY + 4 * DAY)
    said = [code_on(product, TODAY + n * DAY) for n in range(6)]
    assert said == ["standard", "standard", "reduced", "reduced", "standard", "standard"]
    assert code_on(make.product(), TODAY + 2 * DAY) == "standard"
    [found] = queries.offers(today=TODAY + 2 * DAY)[:1]
    assert (found.product, found.vat_code) == (product, "reduced")


def test_a_product_is_made_with_its_kind() -> None:
    with acting(Purpose.CONTRACT, actor=keeper()):
        words: dict[str, Any] = {"slug": "boek", "kind": "work", "group": make.group(), "name_nl": "Boek", "name_en": "Book",
                                 "summary_nl": "b", "summary_en": "b", "unit_nl": "boek", "unit_en": "book"}  # fmt: skip
        made = services.make_product(now=NOW, vat_code="reduced", **words)
        other = services.make_product(now=NOW, vat_code="standard", **words | {"slug": "boek-2"})
    assert (code_on(made, TODAY), code_on(other, TODAY)) == ("reduced", "standard")
    with as_owner():
        assert ProductVat.objects.count() == 1


def test_what_has_passed_is_refused_and_so_is_what_changes_nothing() -> None:
    product = make.product()
    with pytest.raises(CatalogueRefused, match=r"today at the earliest|vandaag"):
        let_begin(product, "reduced", TODAY - DAY)
    with pytest.raises(CatalogueRefused):
        let_begin(product, "standard", TODAY)
    let_begin(product, "reduced", TODAY + DAY)
    for code in ("reduced", "zero"):
        with pytest.raises(CatalogueRefused):
            let_begin(product, code, TODAY + DAY)
    with as_owner():
        assert [str(each) for each in ProductVat.objects.values_list("code", flat=True)] == ["reduced"]


def test_what_did_not_begin_before_today_is_withdrawn_and_all_of_it_is_in_the_history() -> None:
    product, actor = make.product(), keeper()
    begun, coming = make.vat_of(product, "reduced"), let_begin(product, "zero", TODAY, actor=actor)
    with acting(Purpose.CONTRACT, actor=actor):
        services.withdraw_vat(vat=coming, today=TODAY, now=NOW)
        for each in (begun, coming):
            with pytest.raises(CatalogueRefused):
                services.withdraw_vat(vat=each, today=TODAY, now=NOW)
    assert code_on(product, TODAY) == "reduced"
    with as_owner():
        told = list(
            CatalogueChange.objects.filter(what="product_vat")
            .order_by("pk")
            .values_list("how", "was", "became", "by_id")
        )
    assert told == [
        ("made", "reduced|2025-01-01", f"zero|{TODAY}", actor.id), ("withdrawn", f"zero|{TODAY}", "", actor.id),
    ]  # fmt: skip


@pytest.mark.parametrize("role", ["billing_clerk", "support_agent"])
def test_nobody_else_does_it(role: str) -> None:
    with pytest.raises(Refused):
        let_begin(make.product(), "reduced", TODAY, actor=Actor.staff(people.colleague(role).pk))


def test_a_row_stays_what_it_is_and_is_of_a_kind_that_exists() -> None:
    product = make.product()
    held = let_begin(product, "reduced", TODAY)
    with pytest.raises(Refused), acting(Purpose.CONTRACT, actor=keeper()):
        ProductVat.objects.filter(pk=held.pk).update(code="zero")
    with pytest.raises(Refused), acting(Purpose.CONTRACT, actor=JOB):
        ProductVat.objects.filter(pk=held.pk).delete()
    with (
        pytest.raises(IntegrityError, match="product_has_a_known_vat_code"),
        as_owner(),
        transaction.atomic(),
    ):
        make.vat_of(product, "high", since=TODAY + DAY)


class _Undone(Exception):
    pass


@given(
    rows=st.lists(
        st.tuples(st.integers(-3, 3), st.sampled_from(["standard", "reduced", "zero"]), st.booleans()), max_size=6,
        unique_by=lambda row: (row[0], row[2]),
    ),
    ahead=st.integers(-4, 4),
)  # fmt: skip
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_says_the_same(rows: list[tuple[int, str, bool]], ahead: int) -> None:
    try:
        with as_owner(), transaction.atomic():
            product = make.product(prices={})
            kept = {n: code for n, code, is_withdrawn in rows if not is_withdrawn}
            for n, code, is_withdrawn in rows:
                ProductVat.objects.create(
                    product=product, code=code, valid_from=TODAY + n * DAY, withdrawn_at=NOW if is_withdrawn else None
                )  # fmt: skip
            day = TODAY + ahead * DAY
            begun = [n for n in kept if n <= ahead]
            with connection.cursor() as cursor:
                cursor.execute("SELECT catalogue_vat_code(%s, %s)", [product.pk, day])
                [said] = cursor.fetchone()
            assert said == code_on(product, day) == (kept[max(begun)] if begun else "standard")
            raise _Undone
    except _Undone:
        pass
