"""What is said of a line of a bank statement: its parts, on what ground, and that it cannot be said so."""

from dataclasses import dataclass

from hospes.payments.bank.rules import Kind, Why


class Refused(Exception):
    """It cannot be said so, or not any more; the message is fit to show to a colleague. Nothing was changed."""


@dataclass(frozen=True)
class Part:
    """A part of a line, and what it is; `cents` has the sign of the line."""

    kind: Kind
    cents: int
    customer_id: int | None = None
    invoice_id: int | None = None
    order_id: int | None = None
    refund_id: int | None = None
    payout_id: int | None = None
    batch_id: int | None = None
    debit_id: int | None = None
    chargeback_id: int | None = None
    other_line_id: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Ground:
    """Why it is said: proposed with a score and reasons, and whether anybody looked."""

    is_automatic: bool = False
    score: int = 0
    why: tuple[str, ...] = (Why.BY_HAND,)
