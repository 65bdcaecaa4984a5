"""Row policies decide about whom: one's own rows, those who consent, those whose data may still be used."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from hospes.kernel.acting import JOB, SYSTEM, Actor, acting
from hospes.kernel.datamap import Mapped, mapped_tables
from hospes.kernel.models import Consent, Restriction
from hospes.kernel.purposes import Basis, Grantee, Own, Purpose
from hospes.kernel.refusals import Refused
from tests.support import everything, make, oracle
from tests.support.everything import Life
from tests.support.rights import as_owner

pytestmark = [pytest.mark.database, pytest.mark.django_db]

_HALTABLE = [purpose for purpose in Purpose if purpose.declared.can_be_halted]
_CONSENTED = [purpose for purpose in Purpose if purpose.declared.basis == Basis.CONSENT]
#: What the policies of other tables read cannot hang on those policies itself.
_ABOUT_CHOICES = {"kernel_consent", "kernel_restriction"}


@pytest.fixture
def two() -> tuple[Life, Life]:
    return everything.life(), everything.life()


def _readable_by(purpose: Grantee) -> list[tuple[Mapped, str]]:
    """The tables with personal data of which a purpose or twin reads something, with a column that it may read: the key."""
    found = []
    for mapped in mapped_tables():
        if mapped.entry.about_somebody:
            allowed = [n for n, c in mapped.entry.columns.items() if oracle.may(purpose, "SELECT", mapped, c)]
            first = _key(mapped)
            if allowed:
                assert first in allowed, f"{purpose} reads {mapped.table}, but not its key"
                found.append((mapped, oracle.database_name(mapped, first)))
    return found


def _key(mapped: Mapped) -> str:
    assert mapped.model is not None
    return mapped.model._meta.pk.name


def _seen(mapped: Mapped, column: str) -> set[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{column}" FROM {mapped.table}')
        return {value for (value,) in cursor.fetchall()}


def _rows_where(mapped: Mapped, column: str, **scopes: Any) -> set[Any]:
    """What the table really has for these scopes (all of it without any), seen as the owner."""
    owned = [f'"{key}" = %s' for key, scope in mapped.entry.key.items() if scope in scopes]
    values = [scopes[scope] for scope in mapped.entry.key.values() if scope in scopes]
    condition = " OR ".join(owned) if scopes else "true"
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f'SELECT "{column}" FROM {mapped.table} WHERE {condition or "false"}', values)
        return {value for (value,) in cursor.fetchall()}


# --- one's own rows, and no others ---


@pytest.mark.parametrize("scope", ["customer", "person", "cart"])
def test_a_twin_sees_exactly_the_rows_of_the_one_it_acts_about(two: tuple[Life, Life], scope: str) -> None:
    mine = two[0].scopes[scope]
    tables = 0
    for purpose in Purpose:
        for mapped, column in _readable_by(purpose.own):
            expected = _rows_where(mapped, column, **{scope: mine})
            with acting(purpose, actor=SYSTEM, **{scope: mine}):
                assert _seen(mapped, column) == expected, f"{purpose.own.role} on {mapped.table}"
            assert expected < _rows_where(mapped, column)
            tables += bool(expected)
    assert tables > 1


def test_without_a_scope_a_twin_sees_nothing_and_a_purpose_all(two: tuple[Life, Life]) -> None:
    for purpose in Purpose:
        for mapped, column in _readable_by(purpose.own):
            with _in_role(purpose.own.role):
                assert _seen(mapped, column) == set(), f"{purpose.own.role} on {mapped.table}"
        for mapped, column in _readable_by(purpose):
            with acting(purpose, actor=SYSTEM):
                assert _seen(mapped, column) == _rows_where(mapped, column)


@pytest.mark.parametrize("forged", ["0", "-1", "9223372036854775807"])
def test_a_scope_of_nobody_shows_nothing(two: tuple[Life, Life], forged: str) -> None:
    with _in_role(Purpose.BILLING.own.role, **{"hospes.customer": forged}), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM billing_invoice")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("forged", ["x", "1 OR true", "9223372036854775808", "1,2"])
def test_a_scope_that_is_no_number_is_an_error(two: tuple[Life, Life], forged: str) -> None:
    with (
        _in_role(Purpose.BILLING.own.role, **{"hospes.customer": forged}),
        pytest.raises(DatabaseError),
        transaction.atomic(),
    ):
        connection.cursor().execute("SELECT count(*) FROM billing_invoice")


class _in_role:  # noqa: N801  # reads as a phrase
    """Have just the role, and only these settings, as somebody would who does not go by acting()."""

    def __init__(self, role: str, **settings: str) -> None:
        self.role, self.settings, self.atomic = role, settings, transaction.atomic()

    def __enter__(self) -> None:
        self.atomic.__enter__()
        with connection.cursor() as cursor:
            for name, value in {"role": self.role, **self.settings}.items():
                cursor.execute("SELECT set_config(%s, %s, true)", [name, value])

    def __exit__(self, *error: Any) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(*error)


def _own_writers(right: str) -> Iterator[tuple[Purpose, Mapped, str]]:
    """Twins with a right on a table, and a column of that table that the right is about."""
    for purpose in Purpose:
        for mapped in mapped_tables():
            if mapped.entry.about_somebody:
                for name, column in mapped.entry.columns.items():
                    if oracle.may(purpose.own, right, mapped, column):
                        yield purpose, mapped, oracle.database_name(mapped, name)
                        if right != "UPDATE":
                            break


def test_a_twin_changes_no_row_of_another(two: tuple[Life, Life]) -> None:
    me, other = two
    tried = 0
    for purpose, mapped, column in _own_writers("UPDATE"):
        key = oracle.database_name(mapped, _key(mapped))
        mine = _rows_where(mapped, key, **me.scopes)
        with acting(purpose, actor=SYSTEM, **me.scopes), connection.cursor() as cursor:
            # One statement over everything, and one that aims at the other's row.
            if _reads(purpose, mapped, column):
                cursor.execute(f'UPDATE {mapped.table} SET "{column}" = "{column}"')
                assert cursor.rowcount == len(mine)
            for theirs in _rows_where(mapped, key, **other.scopes):
                cursor.execute(f'UPDATE {mapped.table} SET "{column}" = NULL WHERE "{key}" = %s', [theirs])
                assert cursor.rowcount == 0
                tried += 1
    assert tried > 10


def _reads(purpose: Purpose, mapped: Mapped, column: str) -> bool:
    return any(
        oracle.may(purpose.own, "SELECT", mapped, said)
        for name, said in mapped.entry.columns.items()
        if oracle.database_name(mapped, name) == column
    )


def test_a_twin_deletes_no_row_of_another(two: tuple[Life, Life]) -> None:
    me, other = two
    found = list(_own_writers("DELETE"))
    assert found
    for purpose, mapped, _ in found:
        key = oracle.database_name(mapped, _key(mapped))
        theirs = _rows_where(mapped, key, **other.scopes)
        with _in_role(purpose.own.role, **_settings(me)), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {mapped.table} WHERE true")
            assert cursor.rowcount > 0  # its own
            assert theirs
            assert theirs == _rows_where(mapped, key, **other.scopes)
        with acting(purpose, actor=SYSTEM, **me.scopes), connection.cursor() as cursor:
            for pk in theirs:
                cursor.execute(f'DELETE FROM {mapped.table} WHERE "{key}" = %s', [pk])
                assert cursor.rowcount == 0


def _settings(life: Life) -> dict[str, str]:
    return {f"hospes.{name}": str(value) for name, value in life.scopes.items()}


#: What a twin writes here has to agree with what was sold and quoted, for whomever.
GUARDED = {
    "debits_mandate",
    "debits_mandateaccount",
    "services_move",
    "sales_quote",
    "sales_quoteline",
    "sales_order",
    "payments_payment",
    "payments_paymentshare",
}


def test_a_twin_makes_no_row_for_another(two: tuple[Life, Life]) -> None:
    """The policy speaks before the constraints do: a row of one's own gets as far as those."""
    me, other = two
    tried = 0
    for purpose, mapped, _ in _own_writers("INSERT"):
        for whose, expected in ((other, (Refused, IntegrityError)), (me, IntegrityError)):
            keys = {key: whose.scopes[scope] for key, scope in mapped.entry.key.items()}
            names, places = ", ".join(f'"{key}"' for key in keys), ", ".join(["%s"] * len(keys))
            statement = f"INSERT INTO {mapped.table} ({names}) VALUES ({places})"
            with (
                acting(purpose, actor=SYSTEM, **me.scopes),
                pytest.raises(expected) as caught,
                transaction.atomic(),
            ):
                connection.cursor().execute(statement, list(keys.values()))
            if whose is other and isinstance(caught.value, IntegrityError):
                assert mapped.table in GUARDED, mapped.table  # its trigger speaks before the policy
            elif whose is other:
                assert "row-level security" in str(caught.value), f"{purpose.own.role} on {mapped.table}"
                assert mapped.table in str(caught.value)
            tried += 1
    assert tried > 10


def test_a_twin_gives_no_row_away(two: tuple[Life, Life]) -> None:
    me, other = two
    tried = 0
    for purpose, mapped, column in _own_writers("UPDATE"):
        if set(mapped.entry.key) == {column}:
            theirs = other.scopes[mapped.entry.key[column]]
            with acting(purpose, actor=SYSTEM, **me.scopes), pytest.raises(Refused), transaction.atomic():
                connection.cursor().execute(f'UPDATE {mapped.table} SET "{column}" = %s', [theirs])
            tried += 1
    assert tried


# --- consent ---


@pytest.mark.parametrize("purpose", _CONSENTED)
def test_a_purpose_that_rests_on_consent_sees_those_who_gave_it(
    purpose: Purpose, two: tuple[Life, Life]
) -> None:
    willing, unwilling = two
    with as_owner():
        Consent.objects.filter(person_id=unwilling.person.pk, purpose=purpose.value).update(
            withdrawn_at=make.NOW
        )
    for mapped, column in _readable_by(purpose):
        if mapped.table in _ABOUT_CHOICES:
            continue
        with acting(purpose, actor=JOB):
            assert _seen(mapped, column) == _rows_where(mapped, column, person=willing.person.pk)
    for mapped, column in _readable_by(purpose.own):
        if mapped.table not in _ABOUT_CHOICES:
            with acting(purpose, actor=JOB, person=unwilling.person.pk):
                assert _seen(mapped, column) == set()


def test_the_newsletter_reaches_who_consented_until_they_withdraw() -> None:
    reader, withdrawn, silent = make.person(), make.person(), make.person()
    make.consent(person=reader, purpose=Purpose.NEWSLETTER)
    make.consent(person=withdrawn, purpose=Purpose.NEWSLETTER, withdrawn_at=make.NOW)
    make.consent(person=silent, purpose=Purpose.FEEDBACK)  # of another purpose
    assert _addresses() == {reader.email}
    with acting(Purpose.ACCESS, actor=Actor.person(reader.pk), person=reader.pk):
        Consent.objects.filter(person_id=reader.pk).update(withdrawn_at=make.NOW)
    assert _addresses() == set()
    make.consent(person=reader, purpose=Purpose.NEWSLETTER)  # and gives it again
    assert _addresses() == {reader.email}


def _addresses() -> set[str]:
    with acting(Purpose.NEWSLETTER, actor=JOB), connection.cursor() as cursor:
        cursor.execute("SELECT email FROM customers_person")
        return {email for (email,) in cursor.fetchall()}


# --- restriction and objection ---


@pytest.mark.parametrize("about", ["customer", "person"])
@pytest.mark.parametrize("kind", list(Restriction.Kind))
def test_who_had_processing_halted_is_invisible_to_that_purpose(
    kind: str, about: str, two: tuple[Life, Life]
) -> None:
    for purpose in _HALTABLE:
        with transaction.atomic():
            make.restriction(purpose=purpose, kind=kind, **{about: getattr(two[0], about)})
            for mapped, column in _readable_by(purpose):
                if mapped.table not in _ABOUT_CHOICES:
                    _is_invisible(purpose, mapped, column, about=about, halted=two[0], staff=two[1])
            transaction.set_rollback(True)


def _is_invisible(
    purpose: Purpose, mapped: Mapped, column: str, *, about: str, halted: Life, staff: Life
) -> None:
    hidden = _rows_where(mapped, column, **{about: halted.scopes[about]})
    with acting(purpose, actor=JOB):
        assert _seen(mapped, column) == _rows_where(mapped, column) - hidden, (
            f"{purpose.role} on {mapped.table}"
        )
    if mapped not in [found for found, _ in _readable_by(purpose.own)]:
        return
    for scope in ("customer", "person"):
        # Also where somebody acts about the customer, and it is the person who had it halted, or the other way round.
        one = {scope: halted.scopes[scope]}
        own = _rows_where(mapped, column, **one)
        for actor in (Actor.staff(staff.person.pk), JOB):
            with acting(purpose, actor=actor, **one):
                assert _seen(mapped, column) == own - hidden, (
                    f"{actor.kind} as {purpose.own.role} on {mapped.table}"
                )
        with acting(purpose, actor=Actor.person(halted.person.pk, ip="192.0.2.1"), **one):
            consented = purpose not in _CONSENTED or scope == "person"
            assert _seen(mapped, column) == (own if consented else set())


def test_other_purposes_go_on(two: tuple[Life, Life]) -> None:
    unhaltable = [purpose for purpose in Purpose if purpose not in _HALTABLE]
    for purpose in _HALTABLE:
        make.restriction(purpose=purpose, person=two[0].person, customer=two[0].customer)
        for other in unhaltable:
            for mapped, column in _readable_by(other):
                with acting(other, actor=JOB):
                    assert _seen(mapped, column) == _rows_where(mapped, column)
    with as_owner():
        Restriction.objects.filter(purpose=Purpose.SUPPORT.value).delete()
    for mapped, column in _readable_by(Purpose.SUPPORT):
        with acting(Purpose.SUPPORT, actor=JOB):
            assert _seen(mapped, column) == _rows_where(mapped, column)


def test_a_restriction_that_was_lifted_hides_nothing() -> None:
    customer = make.customer()
    make.service(customer=customer)
    held = make.restriction(purpose=Purpose.SUPPORT, customer=customer)
    with acting(Purpose.SUPPORT, actor=Actor.staff(1)), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM services_service")
        assert cursor.fetchone() == (0,)
    with as_owner():
        Restriction.objects.filter(pk=held.pk).update(lifted_at=make.NOW)
    with acting(Purpose.SUPPORT, actor=Actor.staff(1)), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM services_service")
        assert cursor.fetchone() == (1,)


def test_what_the_law_asks_for_cannot_be_halted() -> None:
    person = make.person()
    for purpose in set(Purpose) - set(_HALTABLE):
        with (
            pytest.raises(IntegrityError, match="restriction_is_of_a_purpose_that_can_be_halted"),
            transaction.atomic(),
        ):
            make.restriction(purpose=purpose, person=person)
    assert Purpose.BILLING not in _HALTABLE
    assert Purpose.RIGHTS not in _HALTABLE


def test_a_twin_bound_to_a_customer_writes_nothing_while_halted() -> None:
    customer = make.customer()
    make.restriction(purpose=Purpose.CONTRACT, customer=customer)
    with acting(Purpose.CONTRACT, actor=Actor.staff(1), customer=customer.pk), connection.cursor() as cursor:
        cursor.execute("UPDATE customers_customer SET town = 'x'")
        assert cursor.rowcount == 0


# --- across two bounds ---


def test_all_scopes_that_are_named_count_together(two: tuple[Life, Life]) -> None:
    """A person's cart and a customer's quotes in one block: each table goes by the keys that it has."""
    me, other = two
    with acting(Purpose.SUPPORT, actor=SYSTEM, customer=me.customer.pk, person=other.person.pk):
        for mapped, column in _readable_by(Purpose.SUPPORT.own):
            seen = _seen(mapped, column)
            scopes = {"customer": me.customer.pk, "person": other.person.pk}
            assert seen == _rows_where(mapped, column, **scopes)


def test_twins_of_one_purpose_differ_only_in_rows_or_read_nothing_of_a_table() -> None:
    for mapped, _, column in oracle.columns():
        for purpose in Purpose:
            if mapped.entry.about_somebody:
                unscoped = oracle.may(purpose, "SELECT", mapped, column)
                scoped = oracle.may(Own(purpose), "SELECT", mapped, column)
                has_twin = mapped.entry.twins is None or purpose in mapped.entry.twins
                assert scoped <= unscoped if column.secret else scoped == (unscoped and has_twin)
