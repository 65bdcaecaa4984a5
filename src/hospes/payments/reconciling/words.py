"""What differences are called and what to do about each, and why a day waits."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.payments.models import Payment
from hospes.payments.reconciling.models import Difference, Movement

Kind = Difference.Kind

#: What a colleague can do about it.
ADVICE: Final[dict[str, Promise]] = {
    Kind.NOT_BOOKED: _("Money moved at the payment provider, and our books do not have it. Look it up at the provider by this reference."
        " A payment: say below whose it is, or have it paid back. Of something that went: look at the payment that it is of."),
    Kind.NOT_THERE: _("Our books say that it came or went, and the payment provider does not show it. Look it up at the provider. If it is"
        " not there, the invoice was not paid: ask the provider before you call the customer."),
    Kind.TWICE: _("The provider shows it twice, and we booked it once. Ask the provider which one is right. If the customer paid twice,"
        " pay one back."),
    Kind.AMOUNT: _("The provider has another amount than we booked. Look at both, and ask the provider when you do not see why."),
    Kind.STATE: _("The provider says otherwise how it ended. Have the payment looked up on the customer's page; that brings ours up to"
        " date."),
    Kind.UNPAID: _("The provider has had this money for longer than it usually takes, and it is in no payout. Look whether it holds back"
        " payouts, or pays out less often than we expect."),
    Kind.SUM: _("What the provider says is in this payout does not come to what it paid out. Download its statement of it, and ask the"
        " provider for what is missing or there twice."),
    Kind.NOT_ARRIVED: _("The provider says that it transferred this, and it is on no bank statement. Look at the account that the"
        " provider has of us, and ask it."),
    Kind.OTHER_ARRIVED: _("The bank has another amount than the provider says it transferred. Look at the line of the bank and at the"
        " payout, and ask the provider."),
    Kind.PAYOUT_FAILED: _("The provider could not transfer it. Look whether the account that it has of us is right."),
    Kind.UNKNOWN_PAYOUT: _("It was booked as money from the payment provider, which knows of no such payout. Look at the line: perhaps"
        " it is from somebody else."),
    Kind.LINE_NOT_BOOKED: _("This line of the bank does not stand in the ledger as it is. That cannot happen by itself: tell whoever"
        " looks after the system."),
    Kind.NO_LINE: _("It was booked on the bank account by hand, and no statement has it. Bring the statement, or have the bookkeeper"
        " put it right."),
    Kind.BALANCE: _("The balance on this statement is not what the ledger comes to. Tell whoever looks after the system."),
    Kind.SUSPENSE: _("Nobody has said yet what this money is for. Divide it on its page."),
    Kind.BY_HAND: _("A colleague said that this was transferred, and no statement has it, or with another amount. Look at the bank:"
        " perhaps it waits for a signature, or came back."),
    Kind.NO_STATEMENT: _("Download the statements of this account at the bank and bring them: until then nobody sees whether the bank"
        " agrees."),
}  # fmt: skip

#: What stands for a reference of the provider where there is none.
_ABOUT: Final[dict[str, Promise]] = {
    "bank_line": _("Line of a bank statement"), "statement": _("Bank statement"), "account": _("Account ending in %(number)s"),
    "entry": _("Entry in the ledger"), "refund": _("Money paid back"), "unpaid": _("All that was not paid out"),
    "chargeback": _("Chargeback settled by hand"), "payout": _("Balance paid back by hand"), "debit": _("Direct debit put right by hand"),
}  # fmt: skip

#: Why a day could not be finished.
WAITS: Final[dict[str, Promise]] = {
    "provider": _("the payment provider could not be asked; that is tried again each hour"),
    "stopped": _("comparing was broken off; it is begun again each hour"),
}  # fmt: skip


def about_words(about: str) -> str:
    """What a difference is about, for who looks at it: the provider's own reference, or what it is with us."""
    name, colon, number = about.partition(":")
    words = _ABOUT.get(name)
    if words is None:
        return about
    said = str(words) % {"number": number} if name == "account" else str(words)
    return f"{said} {number}" if colon and name not in ("account",) else said


def state_words(detail: str) -> tuple[str, str] | None:
    """Of a state that differs, how it is with us and with the provider."""
    ours, bar, theirs = detail.partition("|")
    if not bar:
        return None
    labels = dict(Payment.State.choices)
    return str(labels.get(ours, ours)), str(labels.get(theirs, theirs))


def kind_words(kind: str) -> str:
    """What moved at the provider is called."""
    return str(Movement.Kind(kind).label)
