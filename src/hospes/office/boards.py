"""The boards of the work list. They name no customer, only numbers: whose it is opens on the customer's page."""

from datetime import datetime, time, timedelta
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import (
    OPEN,
    EInvoice,
    EInvoiceAddress,
    Invoice,
    RunProblem,
    StuckCharge,
    TaxStatus,
    ViesCheck,
)
from hospes.billing.models.einvoices import reason_words
from hospes.billing.words import stuck_words
from hospes.faces import words
from hospes.faces.words import ZONE
from hospes.hosting.models import HostingAccount
from hospes.kernel import clock
from hospes.kernel.purposes import Purpose
from hospes.messaging import kinds
from hospes.messaging.models import Message
from hospes.office import retries
from hospes.office.boards_payments import PAYMENT_BOARDS
from hospes.office.failed import FailedWork
from hospes.office.piles import Board, Item, Rows
from hospes.payments.bank.models import BankLine
from hospes.payments.bank.words import return_words
from hospes.payments.debits.models import Debit
from hospes.payments.debits.queries import TO_BE_PUT_RIGHT
from hospes.payments.models import Refund as MoneyBack
from hospes.sales.models import Order, Refund, Withdrawal
from hospes.sales.queries import pay_until
from hospes.services import tasks
from hospes.services.models import Service, ServiceChange, State, Task

#: An order that is not paid within this time may need a word with the customer.
UNPAID_AFTER: Final = timedelta(days=1)
#: What is delivered, or written, takes seconds; the worker tries again for a day by itself.
UNDONE_AFTER: Final = timedelta(minutes=15)
#: Setting up takes a minute; the worker tries again for a day by itself.
PENDING_AFTER: Final = timedelta(hours=1)
#: So long a message may wait for the mail server before somebody should look.
WAITING_AFTER: Final = timedelta(hours=1)
#: So long nothing may be heard of an e-invoice that the access point took.
UNHEARD_AFTER: Final = timedelta(days=1)
#: So long VIES may give no answer before somebody should know.
UNCONFIRMED_AFTER: Final = timedelta(days=1)
#: A VAT number that turned out wrong longer ago than this was called about.
CALL_WITHIN: Final = timedelta(days=60)
#: A message that failed longer ago than this is history.
FAILED_WITHIN: Final = timedelta(days=30)


# --- invoices and payments ------------------------------------------------------------------------------------------------


def _overdue(now: datetime) -> Any:
    return Invoice.objects.filter(OPEN, due_on__lt=clock.day_of(now))


def _overdue_item(row: Invoice) -> Item:
    return Item(row.pk, row.due_on.isoformat(), row.number, row.due_on, row.open_cents, invoice=row.number)


def _debits_to_put_right(now: datetime) -> Any:
    return Debit.objects.filter(TO_BE_PUT_RIGHT)


def _debit_item(row: Debit) -> Item:
    return Item(
        row.pk, str(row.pk), row.end_to_end_id, row.ended_on or row.collect_on, row.claim_cents,
        page=reverse("office:debit", args=[row.pk]),
    )  # fmt: skip


def _debits_that_lie(now: datetime) -> Any:
    """Announced for a day that is almost there, and in no file: the mandate or its account number is not what was signed."""
    return Debit.objects.filter(state=Debit.State.ANNOUNCED, collect_on__lte=clock.day_of(now))


def _lying_item(row: Debit) -> Item:
    page = reverse("office:debit", args=[row.pk])
    return Item(row.pk, row.collect_on.isoformat(), row.end_to_end_id, row.collect_on, row.cents, page=page)


def _by_hand(now: datetime) -> Any:
    return MoneyBack.objects.with_related("credit_note").filter(state=MoneyBack.State.FAILED)


def _by_hand_item(row: MoneyBack) -> Item:
    page = reverse("office:refund", args=[row.pk])
    return Item(
        row.pk, row.due_on.isoformat(), row.credit_note.number, row.due_on, row.cents,
        detail=str(MoneyBack.Reason(row.reason).label), page=page, is_due=True,
    )  # fmt: skip


def _bank(now: datetime) -> Any:
    return BankLine.objects.exclude(left_cents=0)


def _bank_item(row: BankLine) -> Item:
    what = _("Money that came in") if row.cents > 0 else _("Money that went out")
    page = reverse("office:bank_line", args=[row.pk])
    return Item(
        row.pk, row.booked_on.isoformat(), str(what), row.booked_on, row.left_cents,
        detail=return_words(row.return_reason), page=page,
    )  # fmt: skip


def _stuck(now: datetime) -> Any:
    return StuckCharge.objects.with_related("charge").filter(over_at=None)


def _stuck_item(row: StuckCharge) -> Item:
    page = reverse("office:stuck_charge", args=[row.pk])
    return Item(
        row.pk,
        row.since.isoformat(),
        row.charge.description,
        row.since,
        row.cents,
        detail=stuck_words(row.reason),
        page=page,
    )


def _einvoices(now: datetime) -> Any:
    return EInvoice.objects.with_related("invoice").filter(
        state=EInvoice.State.FAILED, planned_at__gt=now - FAILED_WITHIN
    )


def _einvoice_item(row: EInvoice) -> Item:
    number = row.invoice.number
    return Item(
        row.pk, row.planned_at.isoformat(), number, row.planned_at, invoice=number, detail=reason_words(row.reason)
    )  # fmt: skip


def _einvoices_late(now: datetime) -> Any:
    """Not taken by the access point for some time, or taken and nothing heard of it for long."""
    is_late = Q(state=EInvoice.State.WAITING, planned_at__lt=now - WAITING_AFTER) | Q(
        state=EInvoice.State.TAKEN, taken_at__lt=now - UNHEARD_AFTER
    )
    return EInvoice.objects.with_related("invoice").filter(is_late)


def _einvoice_late_item(row: EInvoice) -> Item:
    number = row.invoice.number
    return Item(
        row.pk, row.planned_at.isoformat(), number, row.planned_at, invoice=number, detail=row.get_state_display()
    )  # fmt: skip


def _einvoice_addresses(now: datetime) -> Any:
    """Nobody receives anything there, or that could not be looked up for some time."""
    is_late = Q(state=EInvoiceAddress.State.UNCHECKED, since__lt=now - WAITING_AFTER)
    return EInvoiceAddress.objects.filter(is_late | Q(state=EInvoiceAddress.State.UNKNOWN), ended_at=None)


def _einvoice_address_item(row: EInvoiceAddress) -> Item:
    return Item(row.pk, row.since.isoformat(), row.participant, row.since, detail=row.get_state_display())


def _without_file(now: datetime) -> Any:
    """An invoice says the day on which it was issued, and the moment at which it was paid beforehand."""
    is_late = Q(issued_on__lt=clock.day_of(now)) | Q(paid_at__lt=now - UNDONE_AFTER)
    return Invoice.objects.filter(is_late, documented_at=None)


def _without_file_item(row: Invoice) -> Item:
    since = row.paid_at or datetime.combine(row.issued_on, time(), tzinfo=ZONE)
    return Item(row.pk, row.issued_on.isoformat(), row.number, since, row.total_cents, invoice=row.number)


# --- orders and services --------------------------------------------------------------------------------------------------


def _unpaid(now: datetime) -> Any:
    return Order.objects.filter(state=Order.State.AWAITING_PAYMENT, placed_at__lt=now - UNPAID_AFTER)


def _unpaid_item(row: Order) -> Item:
    until = words.day(pay_until(row, today=clock.today()))
    return Item(
        row.pk, row.placed_at.isoformat(), row.number, row.placed_at, row.total_cents,
        detail=gettext("to be paid by %(day)s") % {"day": until},
    )  # fmt: skip


def _undelivered(now: datetime) -> Any:
    return Order.objects.filter(state=Order.State.PAID, delivered_at=None, paid_at__lt=now - UNDONE_AFTER)


def _undelivered_item(row: Order) -> Item:
    paid_at = row.paid_at or row.placed_at
    return Item(row.pk, paid_at.isoformat(), row.number, paid_at, row.total_cents)


def _pending(now: datetime) -> Any:
    since = ServiceChange.objects.filter(
        service_id=OuterRef("pk"), became=State.PENDING, at__lt=now - PENDING_AFTER
    )
    by_itself = Service.objects.filter(Exists(since), state=State.PENDING).exclude(
        product__kind__in=tasks.BY_HAND
    )
    return by_itself.select_related("product")


def _pending_item(row: Service) -> Item:
    return Item(row.pk, str(row.pk), f"{row.product.name} · {row.label}", row.started_on)


def _to_do(now: datetime) -> Any:
    """What a person has to do for a customer, from the day on which it may begin."""
    begun = Q(not_before=None) | Q(not_before__lte=clock.day_of(now))
    return Task.objects.filter(begun, state=Task.State.OPEN).select_related("product")


def _task_item(row: Task) -> Item:
    number = f"{row.quantity} × " if row.quantity > 1 else ""
    what = " · ".join(part for part in (f"{number}{row.product.name}", row.label) if part)
    return Item(row.pk, row.made_at.isoformat(), what, row.made_at, detail=row.details, task=row.pk)


def _refused(now: datetime) -> Any:
    changes = ServiceChange.objects.filter(service_id=OuterRef("pk"), became=State.REFUSED).order_by("-at")
    said = HostingAccount.objects.filter(service_id=OuterRef("pk"))
    return (
        Service.objects.filter(state=State.REFUSED)
        .annotate(refused_at=Subquery(changes.values("at")[:1]), said=Subquery(said.values("refusal")[:1]))
        .select_related("product")
    )


def _refused_item(row: Any) -> Item:
    return Item(
        row.pk, str(row.pk), f"{row.product.name} · {row.label}", row.refused_at, detail=row.said or ""
    )


# --- withdrawals ----------------------------------------------------------------------------------------------------------


def _withdrawals(now: datetime) -> Any:
    return Withdrawal.objects.filter(state=Withdrawal.State.CHECK)


def _unknown_withdrawals(now: datetime) -> Any:
    return Withdrawal.objects.filter(state=Withdrawal.State.UNKNOWN, received_at__gt=now - FAILED_WITHIN)


def _withdrawal_item(row: Withdrawal) -> Item:
    return Item(row.pk, row.received_at.isoformat(), row.contract, row.received_at)


def _refunds(now: datetime) -> Any:
    return Refund.objects.filter(settled_at=None)


def _refund_item(row: Refund) -> Item:
    return Item(row.pk, row.due_on.isoformat(), str(row.order_id), row.due_on, row.cents)


# --- messages -------------------------------------------------------------------------------------------------------------


def _waiting(now: datetime) -> Any:
    return Message.objects.filter(state=Message.State.WAITING, created_at__lt=now - WAITING_AFTER)


def _failed(now: datetime) -> Any:
    return Message.objects.filter(state=Message.State.FAILED, created_at__gt=now - FAILED_WITHIN)


def _message(row: Message) -> Item:
    return Item(row.pk, row.created_at.isoformat(), kinds.words(row.kind), row.created_at)


_TRY_IT_ONCE_MORE = _(
    "It was tried for a day, or stopped its worker each time. Mend what it needs, then have it tried again; nothing is done"
    " twice by that."
)


def _being_set_up(purpose: Purpose) -> Board:
    return Board(
        "diensten-in-aanmaak", purpose, False, _("Services that take too long to set up"),
        _("This usually takes a minute. Try it once more from the customer's page, or look at the hosting server."),
        Rows(_pending, _pending_item),
    )  # fmt: skip


def _tax_unknown(now: datetime) -> Any:
    return TaxStatus.objects.filter(until=None, category="")


def _number_unconfirmed(now: datetime) -> Any:
    return TaxStatus.objects.filter(until=None, why="vies_pending", since__lt=now - UNCONFIRMED_AFTER)


def _number_wrong(now: datetime) -> Any:
    """The latest answer on the number that the customer has now: not valid; until another one is given or it is asked again."""
    later = ViesCheck.objects.filter(
        customer_id=OuterRef("customer_id"), number=OuterRef("number"), checked_at__gt=OuterRef("checked_at")
    ).exclude(result=ViesCheck.Result.UNANSWERED)
    return ViesCheck.objects.filter(
        ~Exists(later),
        result=ViesCheck.Result.INVALID,
        number=F("customer__vat_number"),
        checked_at__gt=now - CALL_WITHIN,
    )


def _number_item(row: ViesCheck) -> Item:
    return Item(row.pk, row.checked_at.isoformat(), row.number, row.checked_at)


def _tax_item(row: TaxStatus) -> Item:
    return Item(row.pk, row.since.isoformat(), row.why_words, row.since)


def _not_renewed(now: datetime) -> Any:
    return RunProblem.objects.filter(solved_at=None)


def _not_renewed_item(row: RunProblem) -> Item:
    return Item(row.pk, row.first_seen_at.isoformat(), row.reason_words, row.first_seen_at, detail=row.detail)


BOARDS: Final = (
    Board(
        "niet-gefactureerd", Purpose.BILLING, True, _("Renewals that could not be invoiced"),
        _("The billing run left these customers out. Put right what is wrong: the next run does them by itself, and they are off"
          " this list."),
        Rows(_not_renewed, _not_renewed_item, order="first_seen_at"),
    ),
    Board(
        "btw-onbekend", Purpose.BILLING, True, _("Customers whose VAT cannot be told"),
        _("Nothing can be ordered or invoiced until it can. Look at the customer's page: decide on the country with a ground, or"
          " have the address or the VAT number put right."),
        Rows(_tax_unknown, _tax_item, order="since"),
    ),
    Board(
        "btw-nummer-onbevestigd", Purpose.BILLING, False, _("VAT numbers that VIES has not confirmed"),
        _("For more than a day VIES gave no answer, so our own VAT is charged meanwhile. It is asked again by itself."),
        Rows(_number_unconfirmed, _tax_item, order="since"),
    ),
    Board(
        "btw-nummer-ongeldig", Purpose.BILLING, False, _("VAT numbers that are not right"),
        _("VIES says that this number does not exist (any more). Until there is a right one the customer is charged VAT as a"
          " private person. Call them: perhaps it is a slip of the pen."),
        Rows(_number_wrong, _number_item, order="checked_at"),
    ),
    Board(
        "e-facturen-mislukt", Purpose.BILLING, True, _("E-invoices that did not arrive"),
        _("The customer has the invoice by mail. Ask for the right address for e-invoices, or send it in another way."),
        Rows(_einvoices, _einvoice_item, order="planned_at"),
    ),
    Board(
        "e-facturen-onderweg", Purpose.BILLING, False, _("E-invoices that are still on their way"),
        _("The access point has not taken them, or does not say what became of them. They are tried again by themselves, and"
          " customers who get no mail besides get one after a day. Look whether the access point works."),
        Rows(_einvoices_late, _einvoice_late_item, order="planned_at"),
    ),
    Board(
        "e-factuuradressen", Purpose.BILLING, False, _("Numbers on Peppol that e-invoices cannot go to"),
        _("Nobody receives e-invoices there (any more), or the access point does not say whether somebody does. Their invoices go"
          " by mail meanwhile. Ask the customer for the right number, and fill it in on their page."),
        Rows(_einvoice_addresses, _einvoice_address_item, order="since"),
    ),
    Board(
        "bedragen-niet-verwerkt", Purpose.BILLING, True, _("Amounts that are on no invoice or credit note"),
        _("A change or an end of a service costs something or gives something back, and no document could be made of it. Set"
          " right what hinders it and try again, or settle it in another way and write down how."),
        Rows(_stuck, _stuck_item, order="since"), again=retries.settle_charge,
    ),
    Board(
        "bankregels", Purpose.BILLING, False, _("Money at the bank that is still to be divided"),
        _("It was not certain what it is for. On its page you see what it probably is; or say it yourself: for which invoice,"
          " credit of whom, or not of a customer."),
        Rows(_bank, _bank_item, order="booked_on"),
    ),
    Board(
        "met-de-hand-terugbetalen", Purpose.BILLING, False, _("Money to pay back by hand"),
        _("A credit note gives money back that the payment provider cannot pay back. Transfer it from the bank on the day shown"
          " at the latest, and write down when you did."),
        Rows(_by_hand, _by_hand_item, order="due_on"),
    ),
    Board(
        "verlopen-facturen", Purpose.BILLING, False, _("Invoices that are overdue"),
        _("The day to pay has passed. Look whether a payment came in another way, or call the customer."),
        Rows(_overdue, _overdue_item, order="due_on"),
    ),
    Board(
        "incasso-verschillen", Purpose.BILLING, True, _("Direct debits to be put right"),
        _("The bank gave money back that the customer had back already. Ask for it, and say on its page when it came."),
        Rows(_debits_to_put_right, _debit_item),
    ),
    Board(
        "incasso-blijft-liggen", Purpose.BILLING, True, _("Direct debits that are in no file"),
        _("Their day has come, and no file for the bank has them: look whether files are made, and whether the mandate is as it"
          " was signed. Call them off if they cannot be collected."),
        Rows(_debits_that_lie, _lying_item, order="collect_on"),
    ),
    *PAYMENT_BOARDS,
    Board(
        "terugbetalen-na-herroeping", Purpose.BILLING, False, _("Money to pay back after a withdrawal"),
        _("A consumer withdrew from an order. The amount goes back in the way in which it was paid, on the day shown at the"
          " latest: that is the law."),
        Rows(_refunds, _refund_item, order="due_on"),
    ),
    Board(
        "facturen-zonder-bestand", Purpose.BILLING, True, _("Invoices without a file"),
        _("Making the file usually takes seconds, and the customer gets it by mail once it is there. Have it made again."),
        Rows(_without_file, _without_file_item, order="issued_on"), again=retries.make_file,
    ),
    Board(
        "mislukt-facturen", Purpose.BILLING, True, _("Work on invoices and payments that failed"), _TRY_IT_ONCE_MORE,
        FailedWork((Purpose.BILLING,)), again=retries.failed_work,
    ),
    Board(
        "onbetaalde-bestellingen", Purpose.CONTRACT, False, _("Orders that wait for their payment"),
        _("Ordered more than a day ago and not paid. Perhaps the customer got stuck. They get a reminder, and after the day"
          " shown the order is cancelled by itself."),
        Rows(_unpaid, _unpaid_item, order="placed_at"),
    ),
    Board(
        "betaald-zonder-dienst", Purpose.CONTRACT, True, _("Paid orders without a service"),
        _("The money is here, and nothing was set up for it. Have it delivered again; if it stays here, something is broken."),
        Rows(_undelivered, _undelivered_item, order="paid_at"), again=retries.deliver,
    ),
    Board(
        "herroepingen", Purpose.CONTRACT, False, _("Withdrawals to look at"),
        _("Sent without a login, with an order number and an address that go together. They count from when they came in. Look"
          " whether it is the customer who sent it, if need be by a call; then carry it out. It ends the services at once."),
        Rows(_withdrawals, _withdrawal_item, order="received_at"), again=retries.withdraw, button=_("Carry out"),
    ),
    Board(
        "onbekende-herroepingen", Purpose.CONTRACT, True, _("Withdrawals from orders that we do not know"),
        _("What was filled in goes with no order. Whoever sent it heard nothing by mail: look for what is meant, and answer."),
        Rows(_unknown_withdrawals, _withdrawal_item, order="received_at"),
    ),
    Board(
        "te-doen", Purpose.CONTRACT, False, _("Work for customers"),
        _("Ordered, and done by one of us: names to be registered, websites to be watched, additions and hours of work."
          " Take it, do it, and say so on its own page: the customer gets a mail."),
        Rows(_to_do, _task_item, order="made_at"),
    ),
    _being_set_up(Purpose.CONTRACT),
    _being_set_up(Purpose.OPERATION),
    Board(
        "geweigerde-diensten", Purpose.CONTRACT, True, _("Services that could not be set up"),
        _("They were paid, and the customer knows that we are looking at it. Somebody else has the name here, or the hosting"
          " server refused it. Try it again once the hindrance is gone; if it cannot be done, drop it on its own page: what was"
          " paid goes back by itself."),
        Rows(_refused, _refused_item),
    ),
    Board(
        "mislukt-diensten", Purpose.CONTRACT, True, _("Work on orders and services that failed"), _TRY_IT_ONCE_MORE,
        FailedWork((Purpose.CONTRACT,)), again=retries.failed_work,
    ),
    Board(
        "wachtende-berichten", Purpose.SUPPORT, False, _("Messages that are still waiting"),
        _("The mail server has not taken them for more than an hour. They are tried again by themselves for a day."),
        Rows(_waiting, _message, order="created_at"),
    ),
    Board(
        "mislukte-berichten", Purpose.SUPPORT, True, _("Messages that could not be delivered"),
        _("The address was refused, or nobody took the message for a day. Ask the customer for a right address."),
        Rows(_failed, _message, order="created_at"),
    ),
    Board(
        "mislukt-berichten", Purpose.SUPPORT, True, _("Sending messages that failed"), _TRY_IT_ONCE_MORE,
        FailedWork((Purpose.MESSAGES,)), again=retries.failed_work,
    ),
    # Who looks after the house sees all of it, and not about whom; what is of the contract stands there with its customer.
    Board(
        "mislukt-overig", Purpose.SECURITY, True, _("Other background work that failed"), _TRY_IT_ONCE_MORE,
        FailedWork((Purpose.CONTRACT,), others=True), again=retries.failed_work,
    ),
)  # fmt: skip
