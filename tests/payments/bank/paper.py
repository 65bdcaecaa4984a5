"""Statements of a bank as the tests write them: as words, and as a file of CAMT.053 in the versions that banks use."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from hospes.billing.models import Invoice
from hospes.kernel.acting import JOB, acting
from hospes.kernel.purposes import Purpose
from hospes.payments.bank import allocating, reading, services, sweeps
from hospes.payments.bank.models import BankAllocation, BankLine
from hospes.payments.bank.reading import Line, Statement
from tests.support.make import NOW, TODAY
from tests.support.rights import as_owner

OURS = "NL91ABNA0417164300"
THEIRS = "NL20INGB0001234567"


def line(cents: int, text: str = "", **words: Any) -> Line:
    """A movement of today."""
    usual = {"booked_on": TODAY, "remittance": text, "name": "J. de Betaler", "account": THEIRS}
    return Line(cents=cents, **(usual | words))


def statement(
    *lines: Line, opening: int = 100_000, on: date = TODAY, account: str = OURS, **words: Any
) -> Statement:
    """A statement of one day that adds up."""
    closing = opening + sum(each.cents for each in lines)
    usual: dict[str, Any] = {"currencies": frozenset({"EUR"}), "number": "1", "closing_cents": closing}
    return Statement(
        account=account,
        opened_on=on,
        opening_cents=opening,
        closed_on=on,
        lines=tuple(lines),
        **(usual | words),
    )


def take_in(*statements: Statement, now: datetime = NOW) -> services.TakenIn:
    """Bring statements, as a clerk does."""
    with acting(Purpose.BILLING, actor=JOB):
        done = services.take_in(statements, now=now)
    sweeps.match(now=now, line_ids=done.line_ids)
    return done


def bring(data: bytes, now: datetime = NOW) -> services.TakenIn:
    """Bring a file."""
    return take_in(*reading.read(data), now=now)


def came_in(*lines: Line, **words: Any) -> list[BankLine]:
    """Have lines come in on a statement, and return them as they are then."""
    take_in(statement(*lines, **words))
    return held()


def held() -> list[BankLine]:
    """All lines, in their order."""
    with as_owner():
        return list(BankLine.objects.order_by("pk"))


def said(of: BankLine | None = None) -> list[tuple[str, int, int | None]]:
    """What was said of a line, or of all: kind, cents, invoice; what was undone is left out."""
    with as_owner():
        found = BankAllocation.objects.filter(undone_at=None).order_by("pk")
        found = found.filter(line=of) if of else found
        return [(each.kind, each.cents, each.invoice_id) for each in found]


def act(verb: Any, **words: Any) -> Any:
    """Do as a clerk does."""
    with acting(Purpose.BILLING, actor=JOB):
        return verb(**{"now": NOW} | words)


def undo_all(of: BankLine) -> None:
    """Undo everything that was said of a line."""
    with as_owner():
        pks = list(BankAllocation.objects.filter(line=of, undone_at=None).values_list("pk", flat=True))
    for pk in pks:
        act(allocating.undo, allocation_id=pk)


def paid(invoice: Invoice) -> int:
    """What was paid on an invoice."""
    with as_owner():
        return int(Invoice.objects.values_list("paid_cents", flat=True).get(pk=invoice.pk))


# --- as a file ------------------------------------------------------------------------------------------------------------


def camt(*statements: Statement, version: str = "02") -> bytes:
    """A file of CAMT.053 as the schema has it."""
    content = "".join(_stmt(each, version, number) for number, each in enumerate(statements, start=1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId>'
        f"<CreDtTm>2026-03-01T06:00:00</CreDtTm></GrpHdr>{content}</BkToCstmrStmt></Document>"
    ).encode()


def _stmt(each: Statement, version: str, number: int) -> str:
    balances = [("OPBD", each.opened_on, each.opening_cents), ("CLBD", each.closed_on, each.closing_cents)]
    said = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(cents)}<Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, day, cents in balances
    )
    lines = "".join(_ntry(one, version) for one in each.lines)
    return (
        f"<Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>2026-03-01T06:00:00</CreDtTm><Acct><Id><IBAN>"
        f"{each.account}</IBAN></Id><Ccy>EUR</Ccy></Acct>{said}{lines}</Stmt>"
    )


def _amount(cents: int, currency: str = "EUR") -> str:
    side = "CRDT" if cents >= 0 else "DBIT"
    return f'<Amt Ccy="{currency}">{abs(cents) / 100:.2f}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def _ntry(one: Line, version: str) -> str:
    status = "BOOK" if version < "08" else "<Cd>BOOK</Cd>"
    return (
        f"<Ntry>{_amount(one.cents)}<Sts>{status}</Sts><BookgDt><Dt>{one.booked_on}</Dt></BookgDt><AcctSvcrRef>"
        f"{one.bank_reference or 'X'}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly>"
        f"</Domn></BkTxCd><NtryDtls>{_tx(one, version)}</NtryDtls></Ntry>"
    )


def _tx(one: Line, version: str) -> str:
    role = "Dbtr" if one.cents > 0 else "Cdtr"
    name = f"<Nm>{escape(one.name)}</Nm>"
    party = f"<Pty>{name}</Pty>" if version >= "08" else name
    account = f"<{role}Acct><Id><IBAN>{one.account}</IBAN></Id></{role}Acct>" if one.account else ""
    returned = f"<RtrInf><Rsn><Cd>{one.reason}</Cd></Rsn></RtrInf>" if one.reason else ""
    return (
        f"<TxDtls><Refs><EndToEndId>{escape(one.end_to_end) or 'NOTPROVIDED'}</EndToEndId></Refs><RltdPties><{role}>{party}</{role}>"
        f"{account}</RltdPties><RmtInf><Ustrd>{escape(one.remittance)}</Ustrd></RmtInf>{returned}</TxDtls>"
    )


def next_day(one: Statement, *lines: Line) -> Statement:
    """The statement of the day after."""
    day = one.closed_on + timedelta(days=1)
    moved = [Line(**{**vars_of(each), "booked_on": day}) for each in lines]
    return statement(*moved, opening=one.closing_cents, on=day)


def vars_of(one: Line) -> dict[str, Any]:
    """The words of a line."""
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def numbers(invoices: Sequence[Invoice]) -> str:
    """As somebody types them."""
    return " en ".join(each.number for each in invoices)
