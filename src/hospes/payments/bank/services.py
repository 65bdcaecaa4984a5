"""
Taking in bank statements: a file as a whole or not at all, each statement once, in order, without a gap. Acts for billing.

Two who bring the same file at the same moment come one after another: the second finds that all of it is there.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import formats
from django.utils.translation import get_language, gettext_lazy

from hospes.billing.documents.notation import euros
from hospes.billing.ledger import services as ledger
from hospes.kernel import journal
from hospes.payments.bank import rules
from hospes.payments.bank.locking import one_at_a_time
from hospes.payments.bank.models import BankLine, BankStatement
from hospes.payments.bank.reading import BadFile, Statement
from hospes.payments.bank.rules import Wrong

journal.register({"bank.taken_in": gettext_lazy("Bank statement taken in")})

#: So many lines are looked at in one go.
_PAGE: Final = 500


@dataclass(frozen=True)
class TakenIn:
    """What came of a file: statements that are new, and known; and the ids of the lines that are new, in their order."""

    new: int
    known: int
    line_ids: tuple[int, ...]


@transaction.atomic
def take_in(statements: Sequence[Statement], *, now: datetime) -> TakenIn:
    """
    Take in the statements of a file (`reading.read`); what their lines are is looked at after that (`sweeps.match`).

    Raises BadFile, with nothing taken, when one of them is not of an account of ours, does not add up, or does not follow on
    what is there.
    """
    for statement in statements:
        _in_order(statement, rules.wrong_in_itself(statement, settings.HOSPES_BANK.accounts))
    one_at_a_time()
    fresh = [each for each in _sorted(statements) if not _is_known(each)]
    fresh = list({digest(each): each for each in fresh}.values())
    for account in dict.fromkeys(each.account for each in fresh):
        _follow([each for each in fresh if each.account == account])
    line_ids: list[int] = []
    for each in fresh:
        line_ids += _stored(each, now)
    return TakenIn(len(fresh), len(statements) - len(fresh), tuple(line_ids))


def digest(statement: Statement) -> str:
    """A print of all that a statement says but for its name: a bank may give the same one out under another."""
    lines = [tuple(str(value) for value in astuple(line)) for line in statement.lines]
    said = (
        statement.account, str(statement.opened_on), statement.opening_cents, str(statement.closed_on), statement.closing_cents,
        lines,
    )  # fmt: skip
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _sorted(statements: Sequence[Statement]) -> list[Statement]:
    """In the order of their days; those of one day as the file has them, or the other way round where only that fits."""
    days = sorted(statements, key=_place)
    turned = list(statements)
    turned.reverse()  # sorting keeps those of one day in their order
    back = sorted(turned, key=_place)
    return days if _gaps(days) <= _gaps(back) else back


def _place(statement: Statement) -> tuple[str, date, date]:
    return (statement.account, statement.closed_on, statement.opened_on)


def _gaps(statements: Sequence[Statement]) -> int:
    return sum(
        one.account == two.account and one.closing_cents != two.opening_cents
        for one, two in pairwise(statements)
    )


def _is_known(statement: Statement) -> bool:
    return BankStatement.objects.filter(digest=digest(statement)).exists()


# --- whether it can be taken ----------------------------------------------------------------------------------------------


def _follow(fresh: Sequence[Statement]) -> None:
    """Each after the one before, the first after the last one that is there."""
    last = BankStatement.objects.filter(account=fresh[0].account).order_by("-closed_on", "-pk").first()
    before = _as_read(last) if last else None
    for statement in fresh:
        if before is not None:
            _in_order(statement, rules.wrong_after(before, statement), before)
        before = statement
    references = {line.bank_reference for each in fresh for line in each.lines} - {""}
    known = BankLine.objects.filter(
        bank_reference__in=references, statement__account=fresh[0].account
    ).values_list("bank_reference", "booked_on", "cents", "remittance")
    there = set(known)
    for statement in fresh:
        again = any(
            (line.bank_reference, line.booked_on, line.cents, line.remittance) in there
            for line in statement.lines
        )
        _in_order(statement, Wrong.OVERLAP if again else None, before)


def _as_read(held: BankStatement) -> Statement:
    return Statement(
        held.account, frozenset({"EUR"}), held.number, held.opened_on, held.opening_cents, held.closed_on, held.closing_cents
    )  # fmt: skip


def _in_order(statement: Statement, wrong: Wrong | None, before: Statement | None = None) -> None:
    if wrong is not None:
        raise BadFile(_words(statement, wrong, before))


def _words(statement: Statement, wrong: Wrong, before: Statement | None) -> str:
    which = {
        "first": _day(statement.opened_on), "last": _day(statement.closed_on), "opening": _euro(statement.opening_cents),
        "closing": _euro(statement.closing_cents), "before": _day(before.closed_on) if before else "",
        "balance": _euro(before.closing_cents) if before else "",
        "sum": _euro(statement.opening_cents + sum(line.cents for line in statement.lines)),
    }  # fmt: skip
    return str(_WRONG[wrong]) % which


#: Of an account that is not ours nothing is said: whoever brought the file sees which it is.
_WRONG: Final = {
    Wrong.ACCOUNT: gettext_lazy(
        "This is a statement of an account that is not ours. Our accounts stand in the operator's file. Nothing was taken."
    ),
    Wrong.CURRENCY: gettext_lazy(
        "The statement of %(first)s has amounts that are not in euros. Nothing was taken."
    ),
    Wrong.DATES: gettext_lazy(
        "A statement ends on %(last)s, before it begins on %(first)s. Nothing was taken."
    ),
    Wrong.EMPTY_LINE: gettext_lazy(
        "The statement of %(first)s has a line without an amount. Nothing was taken."
    ),
    Wrong.SUM: gettext_lazy(
        "The statement of %(first)s does not add up: with all its lines it would end at %(sum)s, and it says %(closing)s."
        " Download it at your bank once more; nothing was taken."
    ),
    Wrong.GAP: gettext_lazy(
        "A statement is missing. The one before ended on %(before)s with %(balance)s, this one begins on %(first)s with"
        " %(opening)s. First bring what is between them; nothing was taken."
    ),
    Wrong.OVERLAP: gettext_lazy(
        "The statement from %(first)s to %(last)s has lines that are here already: until %(before)s all is in. Download one that"
        " begins after that day; nothing was taken."
    ),
}


def _day(day: date) -> str:
    return str(formats.date_format(day, "j F Y"))


def _euro(cents: int) -> str:
    return euros(cents, "nl" if (get_language() or "nl").startswith("nl") else "en")


# --- taking it ------------------------------------------------------------------------------------------------------------


def _stored(statement: Statement, now: datetime) -> list[int]:
    """Write down a statement and its lines, and book the bank's side of them; returns the ids of the lines."""
    held = BankStatement.objects.create(
        account=statement.account, number=statement.number, opened_on=statement.opened_on,
        opening_cents=statement.opening_cents, closed_on=statement.closed_on, closing_cents=statement.closing_cents,
        digest=digest(statement), imported_at=now,
    )  # fmt: skip
    lines = BankLine.objects.bulk_create(_rows(held.pk, statement), batch_size=2000)
    for page in _pages(lines):
        ledger.post([_receipt(held, line) for line in page], now=now)
    journal.record("bank.taken_in", at=now, table="bank_bankstatement", object_id=held.pk)
    return [line.pk for line in lines]


def _rows(statement_id: int, statement: Statement) -> Iterator[BankLine]:
    for position, line in enumerate(statement.lines, start=1):
        yield BankLine(
            statement_id=statement_id, position=position, booked_on=line.booked_on, valued_on=line.valued_on, cents=line.cents,
            left_cents=line.cents, name=line.name, other_account=line.account, remittance=line.remittance,
            structured=line.structured, end_to_end=line.end_to_end, mandate=line.mandate, bank_reference=line.bank_reference,
            batch=line.batch, code=line.code, return_reason=line.reason, is_reversal=line.is_reversal,
        )  # fmt: skip


def _pages(lines: Sequence[BankLine]) -> Iterator[Sequence[BankLine]]:
    for begin in range(0, len(lines), _PAGE):
        yield lines[begin : begin + _PAGE]


def _receipt(held: BankStatement, line: BankLine) -> ledger.Posting:
    amounts = [(ledger.Use.BANK, line.cents), (ledger.Use.SUSPENSE, -line.cents)]
    document = f"{held.pk}/{line.position}"
    return ledger.Posting(
        ledger.Journal.BANK, f"bank_line:{line.pk}", line.booked_on, amounts, document=document
    )
