"""The mails about direct debit: a mandate that was signed or ended, what is collected and when, and what came back."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.billing.models import Invoice
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Rendered, register
from hospes.payments.debits import rules
from hospes.payments.debits.models import Debit, Mandate, ReasonCode, end_words
from hospes.services.mails import day_words, euro


def mandate_signed(message: Message) -> Rendered:
    """What was signed, by the masked number only, and how it is withdrawn."""
    mandate = Mandate.objects.get(pk=message.about)
    words = {"operator": mandate.creditor_name, "account": mandate.account, "holder": mandate.holder}
    said = [
        _("You gave %(operator)s a mandate to collect your invoices from %(account)s, in the name of %(holder)s.") % words,
        _("Before each collection you get a mail with the amount and the day."),
        _("You can withdraw the mandate on any day, in your account. Was this not you? Withdraw it, and answer this mail."),
    ]  # fmt: skip
    return _rendered(_("You pay by direct debit from now on"), said, mandate)


def mandate_ended(message: Message) -> Rendered:
    """That nothing is collected any more, and why."""
    mandate = Mandate.objects.get(pk=message.about)
    said = [
        _("Your mandate for direct debit from %(account)s has ended: %(why)s.") % {
            "account": mandate.account, "why": _reason(mandate.ended_code) or end_words(mandate.ended_why),
        },
        _("We collect nothing with it any more. What the bank has in hand already can still be taken from your account; your bank"
          " gives it back if you ask for that within eight weeks."),
        _("From now on you pay your invoices yourself, by the link in each. You can also sign a new mandate in your account."),
    ]  # fmt: skip
    return _rendered(_("Your mandate for direct debit has ended"), said, mandate)


def announced(message: Message) -> Rendered:
    """How much is collected, for which invoice, and when: the pre-notification."""
    return _about(message, _("We are going to collect an invoice"), [
        _("On %(day)s we collect %(sum)s from %(account)s, for invoice %(number)s."),
        _("You need not do anything. Please see to it that there is enough money in your account."),
        _("Do you disagree? Answer this mail before that day, or pay in another way: then nothing is collected."),
    ])  # fmt: skip


def moved(message: Message) -> Rendered:
    """That it is collected on a later day than was announced."""
    return _about(message, _("We collect an invoice on another day"), [
        _("The collection of %(sum)s for invoice %(number)s takes place later than we wrote: on %(day)s, from %(account)s."),
        _("You need not do anything."),
    ])  # fmt: skip


def lessened(message: Message) -> Rendered:
    """That less is collected than was announced."""
    return _about(message, _("We collect less for an invoice than we wrote"), [
        _("For invoice %(number)s we collect %(sum)s from %(account)s on %(day)s. That is less than we wrote: part of the invoice"
          " was paid or credited meanwhile."),
        _("You need not do anything."),
    ])  # fmt: skip


def called_off(message: Message) -> Rendered:
    """That it is not collected after all, and what is to be done, if anything."""
    debit = Debit.objects.get(pk=message.about)
    todo = {
        Debit.Why.PAID: _("There is nothing to collect any more: it was paid or credited meanwhile."),
        Debit.Why.MANDATE: _("Your mandate for direct debit has ended. Please pay the invoice yourself: the link is below."),
        Debit.Why.OFFICE: _("Our staff called it off. What is still open on the invoice you see by the link below."),
    }[Debit.Why(debit.why)]  # fmt: skip
    return _about(message, _("We do not collect an invoice after all"), [
        _("We do not collect %(sum)s for invoice %(number)s by direct debit after all."), todo,
    ])  # fmt: skip


def sent_back(message: Message) -> Rendered:
    """That the bank did not collect it, or gave it back; why, and what comes now."""
    debit = Debit.objects.get(pk=message.about)
    what = (
        _("Your bank gave back the collection of %(sum)s for invoice %(number)s: %(reason)s.")
        if debit.state == Debit.State.RETURNED
        else _("Your bank refused the collection of %(sum)s for invoice %(number)s: %(reason)s.")
    )
    return _about(message, _("The direct debit for an invoice did not work out"), [what, _now_what(debit)])


def _now_what(debit: Debit) -> str:
    invoice = Invoice.objects.get(pk=debit.invoice_id)
    if not invoice.open_cents:
        return _("You need not do anything: nothing is open on this invoice.")
    reason = ReasonCode.objects.filter(code=debit.code).first()
    tries = (
        Debit.objects.filter(invoice_id=debit.invoice_id, mandate_id=debit.mandate_id)
        .exclude(code="")
        .count()
    )
    if reason is not None and reason.then == ReasonCode.Then.RETRY and tries < rules.MOST_TRIES:
        return _(
            "We try it once more, and tell you the day beforehand. You can also pay it yourself now: then nothing is collected."
        )
    return _("The invoice is open again. Please pay it yourself: the link is below.")


def _about(message: Message, subject: str, said: Sequence[str]) -> Rendered:
    """A mail about one collection; its sentences have places for the amount, day, account, number and reason."""
    debit = Debit.objects.get(pk=message.about)
    mandate, invoice = Mandate.objects.get(pk=debit.mandate_id), Invoice.objects.get(pk=debit.invoice_id)
    words = {
        "sum": euro(debit.cents), "day": day_words(debit.collect_on), "account": mandate.account, "number": invoice.number,
        "reason": _reason(debit.code),
    }  # fmt: skip
    return _rendered(subject, [sentence % words for sentence in said], mandate, invoice)


def _reason(code: str) -> str:
    found = ReasonCode.objects.filter(code=code).first()
    return found.name if found else code


def _rendered(
    subject: str, said: Sequence[str], mandate: Mandate, invoice: Invoice | None = None
) -> Rendered:
    context = {"said": said, "mandate": mandate, "invoice": invoice, "operator": settings.HOSPES_OPERATOR}
    return Rendered(subject, "mail/debits.notice", context)


register("debits.mandate_signed", mandate_signed)
register("debits.mandate_ended", mandate_ended)
register("debits.announced", announced)
register("debits.moved", moved)
register("debits.lessened", lessened)
register("debits.called_off", called_off)
register("debits.sent_back", sent_back)
name({
    "debits.mandate_signed": gettext_lazy("Mandate for direct debit signed"),
    "debits.mandate_ended": gettext_lazy("Mandate for direct debit ended"),
    "debits.announced": gettext_lazy("Direct debit announced"), "debits.moved": gettext_lazy("Direct debit on another day"),
    "debits.lessened": gettext_lazy("Direct debit of less than was announced"),
    "debits.called_off": gettext_lazy("Direct debit called off"),
    "debits.sent_back": gettext_lazy("Direct debit that did not work out"),
})  # fmt: skip
