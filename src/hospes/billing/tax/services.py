"""What billing learns and decides about the VAT of a customer. What follows from it is written by the database."""

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import LocationEvidence, TaxExemption, TaxSettings, TaxStatus, ViesCheck
from hospes.billing.tax.providers import RegisterUnavailable, VatRegister
from hospes.billing.tax.queries import exemptions_to_settle
from hospes.customers.models import Customer
from hospes.kernel import acting, journal

journal.register({
    "tax.number_checked": _("VAT number checked"), "tax.decided": _("Country for VAT decided"),
    "tax.exempted": _("Exempted from VAT"), "tax.exemption_ended": _("Exemption from VAT ended"),
    "tax.exemption_withdrawn": _("Exemption from VAT withdrawn before it began"),
    "tax.oss_began": _("VAT of consumers elsewhere through the one-stop shop from now on"),
})  # fmt: skip


class DecisionRefused(Exception):
    """This cannot be decided so; the message is fit to show to staff."""


def number_to_check(customer_id: int) -> str:
    """The VAT number of a customer for which a check makes a difference; "" where there is none. Acts for billing."""
    status = TaxStatus.objects.filter(customer_id=customer_id, until=None).first()
    if status is None or status.why not in (
        "vies_pending",
        "reverse_charge",
        "consumer_home_rate",
        "consumer_oss",
    ):
        return ""
    return Customer.objects.get(pk=customer_id).vat_number


def ask(register: VatRegister, number: str) -> tuple[str, str, str]:
    """Put a number to the register, outside of any transaction: (result, consultation number, why no answer)."""
    try:
        answer = register.check(number, requester=settings.HOSPES_OPERATOR.vat_number)
    except RegisterUnavailable as error:
        return ViesCheck.Result.UNANSWERED, "", error.reason
    return (ViesCheck.Result.VALID if answer.is_valid else ViesCheck.Result.INVALID), answer.consultation, ""


@transaction.atomic
def note_check(
    *, customer_id: int, number: str, result: str, consultation: str, reason: str, now: datetime
) -> ViesCheck:
    """Keep what the register said, whatever it was; the customer's VAT follows at once. Acts for billing."""
    check = ViesCheck.objects.create(
        customer_id=customer_id, number=number, result=result, consultation=consultation, reason=reason, checked_at=now
    )  # fmt: skip
    journal.record("tax.number_checked", at=now, table="billing_viescheck", object_id=check.pk,
                   customer_id=customer_id, changed=["result"])  # fmt: skip
    return check


def note_place(*, customer_id: int, kind: str, country: str, now: datetime) -> None:
    """
    Keep a piece of evidence of where somebody is, when it says something new; nothing for a country that is not known.

    `country` is an ISO 3166-1 alpha-2 code. Acts for billing, or with what the customer ordered from as its own session.
    """
    if len(country) != 2 or not country.isalpha() or _is_domestic(customer_id):
        return
    latest = LocationEvidence.objects.filter(customer_id=customer_id, kind=kind).order_by("-seen_at", "-pk")
    if latest.values_list("country", flat=True).first() != country:
        LocationEvidence.objects.create(customer_id=customer_id, kind=kind, country=country, seen_at=now)


def _is_domestic(customer_id: int) -> bool:
    """Of whom nothing need be shown: no evidence is kept of customers in our own country."""
    return bool(
        TaxStatus.objects.filter(customer_id=customer_id, until=None, why="domestic", place=_home()).exists()
    )


def _home() -> str:
    return TaxSettings.objects.get().home


@transaction.atomic
def decide_place(*, customer_id: int, country: str, reason: str, now: datetime) -> None:
    """
    Decide in which country somebody is, where the evidence does not agree; the reason is kept with it. Acts for billing.

    It is about the address of now: a move to another country takes another decision.

    Raises DecisionRefused for a country that is neither that of the address nor our own: then the address has to be set right.
    """
    customer = Customer.objects.get(pk=customer_id)
    if country not in (customer.country, _home()):
        raise DecisionRefused(
            _("Choose the country of the address or our own. Is it another one, change the address first.")
        )
    if not reason.strip():
        raise DecisionRefused(_("Say on what ground, for whoever checks it later."))
    made = LocationEvidence.objects.create(
        customer_id=customer_id,
        kind=LocationEvidence.Kind.STAFF,
        country=country,
        address_country=customer.country,
        note=reason.strip(),
        seen_at=now,
    )
    journal.record(
        "tax.decided", at=now, table="billing_locationevidence", object_id=made.pk, customer_id=customer_id
    )


@transaction.atomic
def exempt(
    *,
    customer_id: int,
    ground: str,
    today: date,
    now: datetime,
    first_day: date | None = None,
    last_day: date | None = None,
) -> None:
    """
    Exempt a customer from VAT on the ground of a certificate, from a day on (without: today), until a day if it says so.

    Acts for billing. Raises DecisionRefused without a ground, for days that have passed, and where one holds by then already.
    """
    if not ground.strip():
        raise DecisionRefused(_("Say on what ground, for whoever checks it later."))
    first_day = first_day or today
    if first_day < today or (last_day is not None and last_day < first_day):
        raise DecisionRefused(
            _("An exemption begins today or later, and ends after that: what was invoiced keeps its VAT.")
        )
    _settle_exemption(
        customer_id, today
    )  # holds the customer, so that two at once do not both find these days free
    others = TaxExemption.objects.filter(customer_id=customer_id).exclude(valid_until__lt=first_day)
    if last_day is not None:
        others = others.filter(valid_from__lte=last_day)
    if others.exists():
        raise DecisionRefused(_("The customer is exempt on some of these days already. End that one first."))
    made = TaxExemption.objects.create(
        customer_id=customer_id, ground=ground.strip(), valid_from=first_day, valid_until=last_day
    )
    _settle_exemption(customer_id, today)
    journal.record(
        "tax.exempted", at=now, table="billing_taxexemption", object_id=made.pk, customer_id=customer_id
    )


@transaction.atomic
def end_exemption(*, customer_id: int, last_day: date, today: date, now: datetime) -> int:
    """
    End after a day what exemptions go on after it, and return how many those were. Acts for billing.

    From the day after it there is VAT again: what was still to begin by then is withdrawn. Raises DecisionRefused for a last day
    that has passed, and where no exemption goes on after it.
    """
    if last_day < today:
        raise DecisionRefused(_("It ends today at the earliest: what was invoiced keeps its VAT."))
    _settle_exemption(customer_id, today)  # holds the customer: no other exemption comes between
    found = TaxExemption.objects.filter(customer_id=customer_id).exclude(valid_until__lte=last_day)
    later = {row.pk: row.valid_from > last_day for row in found}
    if not later:
        raise DecisionRefused(_("The customer is not exempt after that day, and is not going to be."))
    for pk, is_to_begin in later.items():
        if is_to_begin:
            TaxExemption.objects.filter(pk=pk).delete()
        else:
            TaxExemption.objects.filter(pk=pk).update(valid_until=last_day)
        journal.record(
            "tax.exemption_withdrawn" if is_to_begin else "tax.exemption_ended",
            at=now,
            table="billing_taxexemption",
            object_id=pk,
            customer_id=customer_id,
        )
    _settle_exemption(customer_id, today)
    return len(later)


def settle_exemptions(*, today: date) -> int:
    """
    Have the VAT of customers follow whose exemption began or ended by the day alone; returns of how many. Acts for billing.

    Again changes nothing. What else a customer's VAT rests on is settled when it is written.
    """
    found = exemptions_to_settle(today)
    for customer_id in found:
        _settle_exemption(customer_id, today)
    return len(found)


def _settle_exemption(customer_id: int, today: date) -> None:
    with _cursor() as cursor:
        cursor.execute("SELECT billing_settle_tax_on(%s, %s)", [customer_id, today])


def begin_oss(*, first_day: date, now: datetime) -> bool:
    """Charge consumers in other member states the VAT of theirs from a day on; False when that is so already."""
    with _cursor() as cursor:
        cursor.execute("SELECT billing_oss_begins(%s)", [first_day])
        began = bool(cursor.fetchone()[0])
    if began:
        journal.record("tax.oss_began", at=now, table="billing_taxsettings", object_id=1)
    return began


def _cursor() -> Any:
    scene = acting.current()
    if scene is None:
        raise RuntimeError("the VAT of customers is settled inside acting()")
    return connections[scene.alias].cursor()
