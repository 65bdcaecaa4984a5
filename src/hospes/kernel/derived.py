"""Grants and row policies, as they follow from the data map; nothing here touches a database."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hospes.kernel.datamap import Mapped, mapped_tables
from hospes.kernel.logins import LOGINS
from hospes.kernel.purposes import Basis, Grantee, Own, Purpose

#: The tables that row policies themselves look into.
_POLICY_SOURCES = ("kernel_consent", "kernel_restriction")

#: Whether the use of a customer's or person's data for a purpose was halted. With its owner's rights: a twin that acts
#: about a customer cannot see the restriction of a person whose row that is too.
IS_HALTED = """
CREATE OR REPLACE FUNCTION hospes_is_halted(purpose text, customer bigint, person bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT FROM kernel_restriction r
                  WHERE r.purpose = $1 AND r.lifted_at IS NULL AND (r.customer_id = $2 OR r.person_id = $3))
$$
"""

#: What staff act for when they see what has failed, and have it tried again.
_AT_THE_WORK_LIST = frozenset({Purpose.CONTRACT, Purpose.BILLING, Purpose.SUPPORT, Purpose.SECURITY})

#: Functions with their owner's rights that roles may call: signature and who; None is everybody.
FUNCTIONS: dict[str, frozenset[Grantee] | None] = {
    "hospes_next_number(text)": None,
    "hospes_scope(bigint,bigint,timestamp with time zone)": None,
    "hospes_kept(text)": frozenset({Purpose.RETENTION}),
    "hospes_now()": frozenset({Purpose.RETENTION}),
    "hospes_from_here(bigint,inet,text)": None,
    "hospes_people(bigint,bigint,timestamp with time zone)": None,
    "hospes_is_halted(text,bigint,bigint)": frozenset(p.own for p in Purpose if p.declared.can_be_halted),
    "journal_forget(bigint[],text)": frozenset({Purpose.RETENTION}),
    "procrastinate_defer_jobs_v1(procrastinate_job_to_defer_v1[])": None,
    "hospes_failed_jobs(text[],boolean,bigint,integer)": _AT_THE_WORK_LIST,
    "hospes_try_job_again(bigint)": _AT_THE_WORK_LIST,
    "accounts_take_turn(timestamp with time zone,text[],double precision[],double precision[],double precision[],"
    "double precision[],double precision[],double precision[],double precision)": None,
    "accounts_give_back(timestamp with time zone,text[],double precision[],timestamp with time zone[],text,"
    "timestamp with time zone)": None,
    "accounts_is_good(text,timestamp with time zone)": None,
}


def declare_function(signature: str, callers: Iterable[Grantee]) -> None:
    """Put a function of a subject with its owner's rights on the map: who may call it, and nobody else; none: triggers only."""
    FUNCTIONS[signature] = frozenset(callers)


def grantees() -> list[Grantee]:
    """Every purpose and its twin."""
    return [g for purpose in Purpose for g in (purpose, purpose.own)]


def roles() -> list[str]:
    """The names of all database roles of this installation: of the purposes, their twins, and the logins."""
    return [grantee.role for grantee in grantees()] + [login.role for login in LOGINS.values()]


@dataclass(frozen=True)
class Grant:
    """A right of a role on a table, for one column or (column "") for the whole table."""

    table: str
    role: str
    right: str
    column: str = ""


@dataclass(frozen=True)
class Policy:
    """A row policy; `rule` is used both for seeing and for writing."""

    table: str
    name: str
    role: str
    rule: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.role}|{self.rule}".encode()).hexdigest()


def derived_grants() -> set[Grant]:
    """All grants that follow from the map."""
    return {grant for mapped in mapped_tables() for grant in _grants_on(mapped)}


def _grants_on(mapped: Mapped) -> Iterator[Grant]:
    entry, table = mapped.entry, mapped.table
    if entry.machinery is not None:
        users = [LOGINS[name].role for name in entry.machinery.logins] + [
            g.role for g in entry.machinery.purposes
        ]
        for role in users:
            yield from (Grant(table, role, right) for right in ("SELECT", "INSERT", "UPDATE", "DELETE"))
            yield from (
                Grant(name, role, right)
                for name in entry.machinery.sequences
                for right in ("SELECT", "USAGE")
            )
        return
    if not entry.about_somebody:
        yield from (Grant(table, role, "SELECT") for role in roles())
        for right, who in (("INSERT", entry.creates), ("DELETE", entry.deletes)):
            yield from (Grant(table, grantee.role, right) for grantee in who)
        yield from _updates(mapped)
        return
    yield from (Grant(table, grantee.role, "INSERT") for grantee in entry.creates)
    yield from (Grant(table, grantee.role, "DELETE") for grantee in entry.deletes)
    for name, column in mapped.columns():
        readers = (g for g in grantees() if mapped.may_read(column, g))
        yield from (Grant(table, grantee.role, "SELECT", name) for grantee in readers)
        yield from (Grant(table, grantee.role, "UPDATE", name) for grantee in mapped.writers(column))


def _updates(mapped: Mapped) -> Iterator[Grant]:
    """The right to change a table that is about nobody: all of it, or the columns that do not stay what they are."""
    if all(column.writes is None for column in mapped.entry.columns.values()):
        yield from (Grant(mapped.table, grantee.role, "UPDATE") for grantee in mapped.entry.writes)
        return
    for name, column in mapped.columns():
        yield from (Grant(mapped.table, g.role, "UPDATE", name) for g in mapped.writers(column))


def derived_policies() -> list[Policy]:
    """All row policies that follow from the map."""
    return [
        Policy(mapped.table, f"{mapped.table}_{grantee.role}", grantee.role, _rule(mapped, grantee))
        for mapped in mapped_tables()
        if mapped.entry.about_somebody
        for grantee in grantees()
        if _concerned(mapped, grantee)
    ]


def _concerned(mapped: Mapped, grantee: Grantee) -> bool:
    entry = mapped.entry
    return (
        grantee in entry.creates | entry.deletes
        or any(mapped.may_read(column, grantee) for _, column in mapped.columns())
        or any(grantee in mapped.writers(column) for _, column in mapped.columns())
    )


def _rule(mapped: Mapped, grantee: Grantee) -> str:
    purpose = grantee.purpose if isinstance(grantee, Own) else grantee
    parts = []
    if isinstance(grantee, Own):
        # A bare equality on the ownership key: an OR with "nobody named" would make PostgreSQL scan the whole table.
        own = [f"{key} = {_setting(scope)}" for key, scope in mapped.entry.key.items()]
        if mapped.entry.managed and purpose is Purpose.SECURITY:
            own.append(_managed(mapped))
        parts.append(f"({' OR '.join(own)})" if len(own) > 1 else own[0])
    if (
        mapped.table in _POLICY_SOURCES
    ):  # other policies read these two; to read them through themselves never ends
        return " AND ".join(parts) or "true"
    if purpose.declared.basis == Basis.CONSENT:
        parts.append(_consent(mapped, purpose))
    if purpose.declared.can_be_halted:
        keys = {scope: key for key, scope in mapped.entry.key.items() if scope != "cart"}
        if keys and isinstance(grantee, Own):
            # Who restricted the use of their data still sees it themself; staff do not.
            arguments = f"'{purpose.value}', {keys.get('customer', 'NULL')}, {keys.get('person', 'NULL')}"
            own_eyes = "current_setting('hospes.actor_kind', true) IN ('person', 'visitor')"
            parts.append(f"({own_eyes} OR NOT hospes_is_halted({arguments}))")
        else:
            parts += [_not_halted(key, scope, purpose) for scope, key in keys.items()]
    return " AND ".join(parts) or "true"


def _managed(mapped: Mapped) -> str:
    """Rows of the people whose access the acting person manages; of theirs with another customer only that one's are."""
    key = next(key for key, scope in mapped.entry.key.items() if scope == "person")
    rule = f"{key} = ANY (NULLIF(current_setting('hospes.people', true), '')::bigint[])"
    customer = next((key for key, scope in mapped.entry.key.items() if scope == "customer"), None)
    return f"({rule} AND {customer} IS NULL)" if customer else rule


def _setting(scope: str) -> str:
    kind = "uuid" if scope == "cart" else "bigint"
    return f"NULLIF(current_setting('hospes.{scope}', true), '')::{kind}"


def _not_halted(key: str, scope: str, purpose: Purpose) -> str:
    # Becomes a hashed sub-plan, read once: for a purpose that looks at everybody this is far quicker than a function.
    return (
        f"({key} IS NULL OR {key} NOT IN (SELECT r.{scope}_id FROM kernel_restriction r"  # noqa: S608
        f" WHERE r.purpose = '{purpose.value}' AND r.lifted_at IS NULL AND r.{scope}_id IS NOT NULL))"
    )


def _consent(mapped: Mapped, purpose: Purpose) -> str:
    key = next(column for column, scope in mapped.entry.key.items() if scope == "person")
    return (
        f"{key} IN (SELECT c.person_id FROM kernel_consent c"  # noqa: S608
        f" WHERE c.purpose = '{purpose.value}' AND c.withdrawn_at IS NULL)"
    )
