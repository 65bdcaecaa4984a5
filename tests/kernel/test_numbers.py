"""Numbers of a series are unique and without gaps, also when many ask at once and some think better of it."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import pytest
from django.db import connection, connections, transaction

from hospes.kernel.acting import SYSTEM, Actor, acting
from hospes.kernel.models import NumberSeries
from hospes.kernel.numbers import next_number
from hospes.kernel.purposes import Grantee, Own, Purpose
from hospes.kernel.refusals import Refused
from tests.support import oracle
from tests.support.rights import as_owner

pytestmark = pytest.mark.database

#: Of each series who takes its numbers, and nobody else; of a series that does not exist, nobody.
MAKERS: dict[str, set[Grantee]] = {
    "invoice:2026": {Purpose.BILLING},
    "quote:2026": {Purpose.CONTRACT, Purpose.CONTRACT.own},
    "order:2026": {Purpose.CONTRACT, Purpose.CONTRACT.own},
    "customer": {Purpose.ACCESS},
    "invoice:26": set(),
    "another": set(),
}


@pytest.mark.django_db
def test_a_series_counts_from_one_and_each_by_itself() -> None:
    with acting(Purpose.BILLING, actor=SYSTEM):
        assert [next_number("invoice:2026") for _ in range(3)] == [1, 2, 3]
        assert next_number("invoice:2025") == 1
        assert next_number("invoice:2026") == 4


@pytest.mark.django_db
def test_a_number_that_was_not_used_is_given_out_again() -> None:
    with acting(Purpose.BILLING, actor=SYSTEM):
        assert next_number("invoice:2026") == 1
    with acting(Purpose.BILLING, actor=SYSTEM):
        assert next_number("invoice:2026") == 2
        transaction.set_rollback(True)
    with acting(Purpose.BILLING, actor=SYSTEM):
        assert next_number("invoice:2026") == 2


@pytest.mark.django_db
def test_outside_of_acting_nobody_takes_a_number() -> None:
    with pytest.raises(RuntimeError, match=r"inside acting\(\)"):
        next_number("invoice:2026")


@pytest.mark.django_db
@pytest.mark.parametrize("grantee", oracle.everybody(), ids=lambda grantee: grantee.role)
def test_a_purpose_takes_numbers_of_what_it_makes_and_none_sets_them_back(grantee: Grantee) -> None:
    purpose = grantee.purpose if isinstance(grantee, Own) else grantee
    customer = 1 if isinstance(grantee, Own) else None
    with acting(purpose, actor=SYSTEM, customer=customer):
        for series, makers in MAKERS.items():
            if grantee in makers:
                assert next_number(series) == 1
            else:
                with pytest.raises(Refused, match="takes no number"), transaction.atomic():
                    next_number(series)
        for statement in (
            "UPDATE kernel_numberseries SET next = 1",
            "DELETE FROM kernel_numberseries",
            "INSERT INTO kernel_numberseries (name, next) VALUES ('quote', 7)",
        ):
            with pytest.raises(Refused), transaction.atomic():
                connection.cursor().execute(statement)


@pytest.mark.django_db(transaction=True)
def test_no_gap_and_no_number_twice_under_twenty_at_once() -> None:
    workers, rounds = 20, 6
    start = Barrier(workers)

    def take(seed: int) -> list[int]:
        kept, luck = [], Random(seed)  # noqa: S311
        try:
            start.wait(30)
            for _ in range(rounds):
                with acting(Purpose.BILLING, actor=Actor.person(seed)):
                    number = next_number("invoice:2026")
                    if luck.random() < 0.4:
                        transaction.set_rollback(True)
                    else:
                        kept.append(number)
        finally:
            connections.close_all()
        return kept

    with ThreadPoolExecutor(workers) as pool:
        per_worker = list(pool.map(take, range(1, workers + 1)))
    taken = sorted(number for kept in per_worker for number in kept)
    assert taken == list(range(1, len(taken) + 1))
    assert workers < len(taken) < workers * rounds  # some were kept, some were given back
    assert all(kept == sorted(kept) for kept in per_worker)
    with as_owner():
        assert NumberSeries.objects.get(name="invoice:2026").next == len(taken) + 1
