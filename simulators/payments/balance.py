"""The merchant's balance: what moved on it, what was paid out to the bank, and how either can be told wrong."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from simulators.base import Clock
from simulators.payments.ledger import ID_ALPHABET
from simulators.payments.refunds import Refunds
from simulators.payments.rules import NAMES, ApiError
from simulators.store import Store

SCHEMA = """
CREATE TABLE IF NOT EXISTS movement (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, about TEXT NOT NULL, payment TEXT NOT NULL,
    cents INTEGER NOT NULL, created REAL NOT NULL, settlement TEXT, hidden INTEGER NOT NULL DEFAULT 0,
    copies INTEGER NOT NULL DEFAULT 1, said_cents INTEGER, line TEXT NOT NULL DEFAULT '', UNIQUE (kind, about));
CREATE TABLE IF NOT EXISTS settlement (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, reference TEXT NOT NULL UNIQUE, status TEXT NOT NULL,
    cents INTEGER NOT NULL, said_cents INTEGER, periods TEXT NOT NULL, created REAL NOT NULL, settled REAL);
"""

#: What a payment costs, in cents without VAT, and the VAT on it in percents.
FEES = {"payment_cents": "29", "vat_percent": "21"}
#: What may be told wrong of a movement, or of a line of a settlement.
FAULTS = ("hide", "double", "amount", "none")

_SYNC = """
INSERT OR IGNORE INTO movement (id, kind, about, payment, cents, created)
SELECT 'baltr_' || lower(hex(randomblob(6))), * FROM (
  SELECT 'payment' AS kind, id, id AS payment, CAST(round(json_extract(asked, '$.amount.value') * 100) AS INTEGER),
         ended AS created
    FROM payment WHERE status = 'paid'
   UNION ALL SELECT 'refund', id, payment, -cents, created FROM refund
   UNION ALL SELECT 'returned-refund', id, payment, cents, ended FROM refund WHERE status = 'failed'
   UNION ALL SELECT 'chargeback', id, payment, -cents, created FROM chargeback
   UNION ALL SELECT 'chargeback-reversal', id, payment, cents, reversed FROM chargeback WHERE reversed IS NOT NULL
) ORDER BY created
"""


@dataclass(frozen=True)
class Movement:
    """
    What happened on the balance; moments are seconds since the epoch.

    hidden, copies, said_cents: how it is told on the balance; line: how it is told as a line of its settlement (see FAULTS; an
    amount as "amount:1234").
    """

    seq: int
    id: str
    kind: str
    about: str
    payment: str
    cents: int
    created: float
    settlement: str | None
    hidden: int
    copies: int
    said_cents: int | None
    line: str

    @property
    def told_cents(self) -> int:
        """What the balance says that it was."""
        return self.cents if self.said_cents is None else self.said_cents

    def lines(self) -> list[int]:
        """The amounts of its lines in its settlement: one, unless it is told wrong."""
        if self.line == "hide":
            return []
        if self.line.startswith("amount:"):
            return [int(self.line.removeprefix("amount:"))]
        return [self.cents] * (2 if self.line == "double" else 1)


@dataclass(frozen=True)
class Settlement:
    """What is paid out to the merchant's bank: status is open, pending, paidout or failed; periods as the API has them."""

    seq: int
    id: str
    reference: str
    status: str
    cents: int
    said_cents: int | None
    periods: dict[str, Any]
    created: float
    settled: float | None

    @property
    def told_cents(self) -> int:
        """What the API says that it comes to."""
        return self.cents if self.said_cents is None else self.said_cents


class Balance:
    """All that moved, in the order in which it did; it is brought up to date whenever it is looked at."""

    def __init__(self, store: Store, refunds: Refunds, clock: Clock) -> None:
        self._store, self._refunds, self._clock = store, refunds, clock

    def sync(self) -> None:
        """Write down what happened to payments since it was looked at last."""
        for row in self._store.rows("SELECT DISTINCT payment FROM refund WHERE status = 'pending'"):
            self._refunds.of(row["payment"])
        self._store.execute(_SYNC)

    def page(self, newest: str | None, limit: int) -> tuple[Sequence[Movement], str | None]:
        """What is told of the balance, the newest first, and the id at which the next page begins."""
        self.sync()
        told = [
            each
            for each in map(_movement, self._store.rows("SELECT * FROM movement ORDER BY created DESC, seq DESC"))
            if not each.hidden
        ]  # fmt: skip
        told = [_copy(each, number) for each in told for number in range(each.copies)]
        begin = (
            next((place for place, each in enumerate(told) if each.id == newest), len(told)) if newest else 0
        )
        following = told[begin + limit].id if len(told) > begin + limit else None
        return told[begin : begin + limit], following

    def tell(self, about: str, fault: str, cents: int = 0, kind: str = "") -> Movement:
        """How what moved for a payment, refund or chargeback is told on the balance from now on (see FAULTS)."""
        found = self._of(about, kind)
        values = {"hide": (1, 1, None), "double": (0, 2, None), "amount": (0, 1, cents), "none": (0, 1, None)}
        if fault not in values:
            raise ApiError(422, f"The fault is one of {', '.join(FAULTS)}.", "fault")
        sql = "UPDATE movement SET hidden = ?, copies = ?, said_cents = ? WHERE id = ?"
        self._store.execute(sql, (*values[fault], found.id))
        return self._of(about, kind)

    def tell_line(self, about: str, fault: str, cents: int = 0, kind: str = "") -> Movement:
        """How it is told as a line of its settlement from now on."""
        found = self._of(about, kind)
        if fault not in FAULTS:
            raise ApiError(422, f"The fault is one of {', '.join(FAULTS)}.", "fault")
        said = f"amount:{cents}" if fault == "amount" else "" if fault == "none" else fault
        self._store.execute("UPDATE movement SET line = ? WHERE id = ?", (said, found.id))
        return self._of(about, kind)

    def _of(self, about: str, kind: str) -> Movement:
        self.sync()
        sql = "SELECT * FROM movement WHERE about = ? AND (? = '' OR kind = ?) ORDER BY seq"
        row = self._store.row(sql, (about, kind, kind))
        if row is None:
            raise ApiError(404, f"Nothing moved for {about}.")
        return _movement(row)

    # --- paying out ---

    def fees(self, payment_cents: str, vat_percent: str) -> None:
        """What a payment costs from now on, in cents without VAT, and the VAT on it."""
        self._store.keep_setting("fees", {"payment_cents": payment_cents, "vat_percent": vat_percent})

    def pay_out(self, status: str = "paidout", *, at: float | None = None) -> Settlement | None:
        """
        Pay out all that was not paid out yet, without the costs; None when that is nothing.

        `at`: it happened at that moment, with what had moved by then.
        """
        with self._store.transaction():
            self.sync()
            now = self._clock() if at is None else at
            rows = self._store.rows(
                "SELECT * FROM movement WHERE settlement IS NULL AND created <= ? ORDER BY seq", (now,)
            )
            moved = [_movement(row) for row in rows]
            if not moved:
                return None
            settlement_id = "stl_" + _random()
            periods, gross = self._costs(moved)
            sql = "INSERT INTO settlement (id, reference, status, cents, periods, created, settled) VALUES (?, ?, ?, ?, ?, ?, ?)"
            cents = sum(each.cents for each in moved) - gross
            settled = now if status in ("paidout", "failed") else None
            values = (settlement_id, self._reference(now), status, cents, json.dumps(periods), now, settled)
            self._store.execute(sql, values)
            self._store.execute(
                "UPDATE movement SET settlement = ? WHERE settlement IS NULL AND created <= ?",
                (settlement_id, now),
            )
            return self.settlement(settlement_id)

    def settle(self, settlement_id: str, status: str) -> Settlement:
        """Say how a settlement that is pending ends: paidout or failed."""
        if status not in ("paidout", "failed", "pending"):
            raise ApiError(422, "The status is paidout, failed or pending.", "status")
        settled = None if status == "pending" else self._clock()
        sql = "UPDATE settlement SET status = ?, settled = ? WHERE id = ?"
        self._store.execute(sql, (status, settled, self.settlement(settlement_id).id))
        return self.settlement(settlement_id)

    def tell_settlement(self, settlement_id: str, cents: int | None) -> Settlement:
        """What a settlement is said to come to from now on; None is what it does."""
        self._store.execute(
            "UPDATE settlement SET said_cents = ? WHERE id = ?", (cents, self.settlement(settlement_id).id)
        )
        return self.settlement(settlement_id)

    def settlement(self, settlement_id: str) -> Settlement:
        """A settlement, by its id or the reference on the bank statement; or ApiError (404)."""
        row = self._store.row(
            "SELECT * FROM settlement WHERE id = ? OR reference = ?", (settlement_id, settlement_id)
        )
        if row is None:
            raise ApiError(404, f"No settlement exists with token {settlement_id}.")
        return _settlement(row)

    def settlements(self, newest: str | None, limit: int) -> tuple[Sequence[Settlement], str | None]:
        """Settlements, the newest first, and the id at which the next page begins."""
        top = self.settlement(newest).seq if newest else 2**62
        rows = self._store.rows(
            "SELECT * FROM settlement WHERE seq <= ? ORDER BY seq DESC LIMIT ?", (top, limit + 1)
        )
        found = [_settlement(row) for row in rows]
        return found[:limit], found[limit].id if len(found) > limit else None

    def lines(self, settlement_id: str, kinds: Sequence[str]) -> list[tuple[Movement, int]]:
        """What a settlement says that is in it, of these kinds, with the amount of each line."""
        marks = ", ".join("?" for _ in kinds)
        sql = f"SELECT * FROM movement WHERE settlement = ? AND kind IN ({marks}) ORDER BY seq"  # noqa: S608 - marks only
        moved = map(_movement, self._store.rows(sql, (settlement_id, *kinds)))
        return [(each, cents) for each in moved for cents in each.lines()]

    def _costs(self, moved: Sequence[Movement]) -> tuple[dict[str, Any], int]:
        """The costs by year and month, as the API writes them, and what they come to with VAT, in whole cents."""
        plan = self._store.setting("fees", FEES)
        each_net, rate = Decimal(plan["payment_cents"]) / 100, Decimal(plan["vat_percent"]) / 100
        periods: dict[str, Any] = {}
        whole = Decimal(0)
        for (year, month, method), count in sorted(self._counted(moved).items()):
            net = each_net * count
            vat = (net * rate).quantize(Decimal("0.0001"))
            whole += net + vat
            cost = {
                "description": NAMES.get(method, method), "method": method, "count": count,
                "rate": {"fixed": _amount(each_net), "percentage": "0"},
                "amountNet": _amount(net), "amountVat": _amount(vat), "amountGross": _amount(net + vat),
            }  # fmt: skip
            of_month = periods.setdefault(year, {}).setdefault(
                month, {"revenue": [], "costs": [], "invoices": []}
            )
            of_month["costs"].append(cost)
        return periods, int((whole * 100).quantize(Decimal(1), ROUND_HALF_UP))

    def _counted(self, moved: Sequence[Movement]) -> dict[tuple[str, str, str], int]:
        counted: dict[tuple[str, str, str], int] = {}
        for each in moved:
            if each.kind == "payment":
                row = self._store.row("SELECT method FROM payment WHERE id = ?", (each.payment,))
                on = datetime.fromtimestamp(each.created, UTC)
                place = (f"{on:%Y}", f"{on:%m}", str((row and row["method"]) or ""))
                counted[place] = counted.get(place, 0) + 1
        return counted

    def _reference(self, now: float) -> str:
        """What stands on the bank statement: merchant, year and month, and a number within the month."""
        month = f"{datetime.fromtimestamp(now, UTC):%y%m}"
        row = self._store.row(
            "SELECT count(*) AS n FROM settlement WHERE reference LIKE ?", (f"1234567.{month}.%",)
        )
        return f"1234567.{month}.{(row['n'] if row else 0) + 1:02d}"


def _random() -> str:
    return "".join(secrets.choice(ID_ALPHABET) for _ in range(10))


def _amount(euros: Decimal) -> dict[str, str]:
    """An amount as settlements have it: with as many decimals as it needs, two at least."""
    value = euros.normalize()
    return {
        "currency": "EUR",
        "value": f"{value:.2f}" if value == value.quantize(Decimal("0.01")) else f"{value:f}",
    }


def _movement(row: Any) -> Movement:
    return Movement(**dict(row))


def _settlement(row: Any) -> Settlement:
    return Settlement(**{**dict(row), "periods": json.loads(row["periods"])})


def _copy(each: Movement, number: int) -> Movement:
    """The same once more, under an id of its own."""
    return each if not number else replace(each, id=f"{each.id}x{number}")
