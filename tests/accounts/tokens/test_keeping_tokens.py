"""Where a token was used from is seen, once a day for each address; and what is over goes, with that."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from hospes.accounts import sweeps
from hospes.accounts.models import ApiToken
from hospes.accounts.origins import history
from hospes.accounts.tokens import services
from hospes.accounts.tokens.services import authenticate
from hospes.customers.models import Customer, Person
from hospes.kernel import clock
from hospes.kernel.acting import JOB, Actor, acting
from hospes.kernel.models import JournalEntry
from hospes.kernel.purposes import Purpose
from tests.accounts.tokens.test_tokens import IP, made, noted
from tests.support import make
from tests.support.ageing import the_database_believes
from tests.support.rights import as_owner

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P11")]

KEPT, TICK = timedelta(days=30), timedelta(microseconds=1)


def cleared(at: datetime) -> int:
    """How many rows the sweep deletes at a moment, by the database's clock as well."""
    with the_database_believes(at):
        return sweeps.clear_where_from(now=at, page_size=1)


def names() -> set[str]:
    with as_owner():
        return set(ApiToken.objects.values_list("name", flat=True))


def end(person: Person, now: datetime) -> None:
    with as_owner():
        newest = ApiToken.objects.latest("pk").pk
    with acting(Purpose.ACCESS, actor=Actor.person(person.pk)):
        assert services.end(person_id=person.pk, token_id=newest, now=now)


def test_what_ended_or_expired_goes_after_as_long_as_the_map_says_with_its_last_use(person: Person) -> None:
    now = clock.now()
    lasting, expiring = (
        made(person, days=90, now=now, name="lasting"),
        made(person, days=30, now=now, name="expiring"),
    )
    ended = made(person, days=365, now=now, name="ended")
    for token in (lasting, expiring, ended):
        authenticate(token, IP, now)
    end(person, now + timedelta(days=5))
    assert cleared(now + timedelta(days=5) + KEPT - TICK) == 0
    assert cleared(now + timedelta(days=5) + KEPT) == 1
    assert names() == {"lasting", "expiring"}  # where they were used from last goes with them
    assert cleared(now + timedelta(days=30) + KEPT - TICK) == 0
    assert cleared(now + timedelta(days=30) + KEPT) == 1
    assert names() == {"lasting"}


def test_nothing_is_kept_longer_by_saying_that_it_is_over_later(person: Person) -> None:
    made(person, days=30)
    for words in ({"over_at": clock.now() + timedelta(days=40)}, {"ended_at": clock.now()}):
        with pytest.raises(IntegrityError, match="token_is_over"), as_owner(), transaction.atomic():
            ApiToken.objects.update(**words)


def test_the_database_lets_nobody_clear_them_sooner(person: Person) -> None:
    made(person)
    with pytest.raises(ProgrammingError, match="a row is kept for"), acting(Purpose.RETENTION, actor=JOB):
        ApiToken.objects.all().delete()
    assert names() == {"Boekhouding"}


# --- what is seen of it ---------------------------------------------------------------------------------------------------


def test_use_is_noted_once_a_day_for_each_address(person: Person) -> None:
    token, morning = made(person), clock.now().replace(hour=8)
    for hours, ip in ((0, IP), (1, IP), (2, "192.0.2.8"), (3, IP), (4, "192.0.2.8")):
        authenticate(token, ip, morning + timedelta(hours=hours))
    assert noted("account.token_used") == 2
    authenticate(token, IP, morning + timedelta(days=1))
    assert noted("account.token_used") == 3
    with as_owner():
        seen = JournalEntry.objects.filter(action="account.token_used").order_by("pk")
        assert [(entry.ip, entry.person_id) for entry in seen] == [
            (IP, person.pk), ("192.0.2.8", person.pk), (IP, person.pk),
        ]  # fmt: skip


def listed(
    customer: Customer, viewer: int, *, sees_all: bool, kind: str = ""
) -> list[tuple[str, str, str | None]]:
    """What the page lists for somebody: action, by whom, from where."""
    with acting(Purpose.ACCESS, actor=Actor.person(viewer)):
        of = history.members(customer.pk, viewer=viewer, sees_all=sees_all, now=clock.now())
    about = customer.pk if sees_all else None
    with acting(Purpose.SECURITY, actor=Actor.person(viewer), customer=about, person=viewer):
        found = history.events(customer.pk, of, sees_all=sees_all, kind=kind, limit=20)
    return [(each.action, each.by_whom, each.ip) for each in found if "token" in each.action]


def test_made_used_refused_and_ended_are_listed_for_its_person_and_who_manages_the_access(
    person: Person,
) -> None:
    holder = make.person()
    customer = make.customer(holder=holder)
    long_ago = clock.now() - timedelta(days=1)
    make.membership(person=person, customer=customer, role="technical", since=long_ago)
    token = made(person, networks=("192.0.2.0/24",))
    authenticate(token, IP, clock.now())
    authenticate(token, "198.51.100.9", clock.now())
    end(person, clock.now())
    program = "een programma met een toegangssleutel"
    own = listed(customer, person.pk, sees_all=False)
    assert own == [
        ("account.token_ended", "u", None),
        ("account.token_refused", program, "198.51.100.9"),
        ("account.token_used", program, IP),
        ("account.token_made", "u", None),
    ]
    assert [action for action, _by, _ip in listed(customer, holder.pk, sees_all=True)] == [
        row[0] for row in own
    ]
    assert [row[0] for row in listed(customer, person.pk, sees_all=False, kind="login")] == [
        "account.token_used"
    ]
    assert [row[0] for row in listed(customer, person.pk, sees_all=False, kind="failed")] == [
        "account.token_refused"
    ]
    stranger = make.person()
    other = make.customer(holder=stranger)
    assert listed(other, stranger.pk, sees_all=True) == []
