"""Which VAT a customer gets, and how far the threshold of the one-stop shop is away."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import connections
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import OssThreshold, TaxExemption, TaxSettings, TaxStatus, ViesCheck
from hospes.billing.queries import vat_rates
from hospes.billing.rules import Tax, Taxes
from hospes.catalogue.models import VatCode
from hospes.kernel import acting

#: After so many tries without an answer VIES is asked less often.
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)


class TaxUnknown(Exception):
    """It cannot be told which VAT applies, so nothing can be invoiced; the message is fit to show to the customer."""


def status(customer_id: int) -> TaxStatus | None:
    """The VAT of a customer as it is now; None for one that is not there."""
    return TaxStatus.objects.filter(customer_id=customer_id, until=None).first()


def history(customer_id: int) -> list[TaxStatus]:
    """What the VAT of a customer was, the latest first."""
    return list(TaxStatus.objects.filter(customer_id=customer_id).order_by("-since", "-pk")[:20])


def last_check(customer_id: int) -> ViesCheck | None:
    """The latest check of the VAT number, whatever came of it."""
    return ViesCheck.objects.filter(customer_id=customer_id).order_by("-checked_at", "-pk").first()


def taxes_of(customer_id: int, *, net_cents: int, today: date, taken: Callable[[], int] = lambda: 0) -> Taxes:
    """
    The VAT of what a customer is to pay (`net_cents` in all), for each kind of rate that a product can have; or raise TaxUnknown.

    A sale to a consumer in another member state that would pass the threshold of the one-stop shop has the VAT of that country
    already (art. 59c VAT directive). `taken` tells what was ordered by such consumers and is not invoiced yet, in cents.
    """
    found = status(customer_id)
    if found is None or not found.is_known:
        raise TaxUnknown(_("We cannot tell yet which VAT applies to you. Please contact us."))
    if found.category != "S":
        return Taxes(found.category, found.rate_country, found.why)
    country, why = found.rate_country, found.why
    if why == "consumer_home_rate" and net_cents > oss_room(today) - taken():
        country, why = found.place, "consumer_oss"
    return Taxes("S", country, why, vat_rates(country=country, today=today), today)


def tax_of(
    customer_id: int, *, net_cents: int, today: date, taken: Callable[[], int] = lambda: 0, code: str = VatCode.STANDARD
) -> Tax:  # fmt: skip
    """The VAT of one thing that a customer is to pay; raises TaxUnknown, and RateUnknown where no rate is known."""
    return taxes_of(customer_id, net_cents=net_cents, today=today, taken=taken).of(code)


def exemptions(customer_id: int, *, today: date) -> list[TaxExemption]:
    """The exemptions of a customer that hold or are still to begin, the first one first. Acts for billing."""
    found = TaxExemption.objects.filter(customer_id=customer_id).exclude(valid_until__lt=today)
    return list(found.order_by("valid_from", "pk"))


def exemptions_to_settle(today: date) -> list[int]:
    """Customers who are exempt on a day and not told so yet, or the other way round. Acts for billing."""
    holds = TaxExemption.objects.filter(customer_id=OuterRef("customer_id"), valid_from__lte=today).exclude(
        valid_until__lt=today
    )
    told = TaxStatus.objects.filter(until=None)
    ended = told.filter(~Exists(holds), why="exempt")
    begun = told.filter(customer_id__in=_exempt_on(today)).exclude(why="exempt")
    return sorted(
        {*ended.values_list("customer_id", flat=True), *begun.values_list("customer_id", flat=True)}
    )


def _exempt_on(today: date) -> list[int]:
    found = TaxExemption.objects.filter(valid_from__lte=today).exclude(valid_until__lt=today)
    return list(found.values_list("customer_id", flat=True))


def oss_turnover(year: int) -> int:
    """What was invoiced to consumers in other member states in a calendar year, in cents without VAT."""
    scene = acting.current()
    alias = scene.alias if scene else "default"
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT billing_oss_turnover(%s)", [year])
        return int(cursor.fetchone()[0])


def oss_threshold(today: date) -> int:
    """The threshold of the one-stop shop on a day, in cents a year."""
    known = OssThreshold.objects.filter(valid_from__lte=today).order_by("-valid_from")
    return known.values_list("cents", flat=True).first() or 0


def oss_room(today: date) -> int:
    """
    How much can still be sold at home rates to consumers in other member states, in cents.

    The threshold holds for this calendar year and for the one before: nothing is left after a year above it.
    """
    most = oss_threshold(today)
    if oss_turnover(today.year - 1) > most:
        return 0
    return most - oss_turnover(today.year)


def numbers_to_check(*, now: datetime, limit: int) -> list[int]:
    """
    Customers whose VAT number is to be put to VIES: new ones, those without an answer after a pause, and those in use now and
    then. Acts for billing.
    """
    again = now - timedelta(days=TaxSettings.objects.get().vies_again_days)
    waiting = TaxStatus.objects.filter(until=None, why="vies_pending").order_by("customer_id")
    found = [pk for pk in waiting.values_list("customer_id", flat=True)[: limit * 20] if _is_due(pk, now)]
    in_use = TaxStatus.objects.filter(until=None, why="reverse_charge", vies_check__checked_at__lt=again)
    found += [pk for pk in in_use.values_list("customer_id", flat=True)[: limit * 20] if _is_due(pk, now)]
    return found[:limit]


def _is_due(customer_id: int, now: datetime) -> bool:
    """Whether the pause after the last tries without an answer is over: one minute, then twice as long each time."""
    checks = ViesCheck.objects.filter(customer_id=customer_id).order_by("-checked_at", "-pk")[:12]
    tries = 0
    for result, _at in (latest := list(checks.values_list("result", "checked_at"))):
        if result != ViesCheck.Result.UNANSWERED:
            break
        tries += 1
    if not tries:
        return True
    return bool(latest[0][1] <= now - min(_FIRST_PAUSE * 2 ** (tries - 1), _LONGEST_PAUSE))
