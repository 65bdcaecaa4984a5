"""
Rules that count from a day on: VAT rates by country, the threshold of the one-stop shop, and book years.

For who keeps the catalogue, and for commands on the machine; acts for the contract. A day that has begun keeps its rules: the
database sees to it (migration dated_rules), by its own clock.
"""

from datetime import date, datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from hospes.billing.models import BookYear, MemberState, OssThreshold, VatRate
from hospes.catalogue.history import note_rule
from hospes.catalogue.models import CatalogueChange
from hospes.kernel import acting, journal
from hospes.services.rules.terms import renewal

journal.register({
    "rule.added": _("Rate, threshold or book year added for a later day"),
    "rule.withdrawn": _("Rate or threshold withdrawn before it began"),
})  # fmt: skip

_What = CatalogueChange.What
_How = CatalogueChange.How

#: No VAT of a member state comes near to this (hundredths of a percent).
_HIGHEST: Final = 5000


class RuleRefused(Exception):
    """It was not done; the message is fit to show to a colleague."""


def add_rate(
    *, country: str, code: str, basis_points: int, valid_from: date, today: date, now: datetime
) -> VatRate:
    """
    Let a VAT rate of a member state count from a day on, tomorrow at the earliest; 2100 basis points is 21 %.

    What was invoiced keeps its rate, and a quote that is still open then is made anew. Raises RuleRefused.
    """
    _refuse_what_has_begun(valid_from, today)
    if not MemberState.objects.filter(code=country, member_until=None).exists():
        raise RuleRefused(_("VAT rates are kept of member states of the EU only."))
    if (basis_points == 0) != (code == VatRate.Code.ZERO) or not 0 <= basis_points <= _HIGHEST:
        raise RuleRefused(_("The zero rate is 0 %, and every other rate is more than that and at most 50 %."))
    row = VatRate(country=country, code=code, basis_points=basis_points, valid_from=valid_from)
    before = VatRate.objects.filter(country=country, code=code, valid_from__lt=valid_from)
    _add(row, _What.VAT_RATE, f"{country} {code}", before.order_by("-valid_from").first(), now)
    return row


def add_threshold(*, cents: int, valid_from: date, today: date, now: datetime) -> OssThreshold:
    """Let another threshold of the one-stop shop count from a day on, in cents a year. Raises RuleRefused."""
    _refuse_what_has_begun(valid_from, today)
    row = OssThreshold(cents=cents, valid_from=valid_from)
    before = OssThreshold.objects.filter(valid_from__lt=valid_from).order_by("-valid_from").first()
    _add(row, _What.OSS_THRESHOLD, "", before, now)
    return row


def withdraw(rule: VatRate | OssThreshold, *, today: date, now: datetime) -> None:
    """Withdraw a rate or a threshold that has not begun; raises RuleRefused for one that has."""
    is_rate = isinstance(rule, VatRate)
    if rule.valid_from <= today:
        raise RuleRefused(_("This has begun. Let another one begin instead."))
    pk, table = rule.pk, rule._meta.db_table
    gone, _of_what = rule.delete()
    if not gone:
        raise RuleRefused(_("Somebody withdrew this already."))
    name = f"{rule.country} {rule.code}" if isinstance(rule, VatRate) else ""
    note_rule(
        _What.VAT_RATE if is_rate else _What.OSS_THRESHOLD,
        _How.WITHDRAWN,
        pk,
        name=name,
        was=_words(rule),
        now=now,
    )
    journal.record("rule.withdrawn", at=now, table=table, object_id=pk)


def book_years_from(*, first_day: date, longer: bool, today: date, now: datetime) -> list[BookYear]:
    """
    Let book years of twelve months begin with one that begins on a day; returns the new ones, the first one first.

    The year that the day is in ends the day before; or else (`longer`) it is not there, and the one before it goes on until then,
    less than two years in all, however often it was made longer. Raises RuleRefused for a day that has begun, or on which that
    cannot be.
    """
    _refuse_what_has_begun(first_day, today)
    if first_day.day != 1:
        raise RuleRefused(_("A book year begins on the first day of a month."))
    # Whoever else changes the years waits for the first one, and reads after that what came of it.
    list(BookYear.objects.select_for_update().filter(ends_on__gte=today).order_by("begins_on")[:1])
    held = list(BookYear.objects.select_for_update().filter(ends_on__gte=today).order_by("begins_on"))
    at = next((n for n, year in enumerate(held) if year.begins_on <= first_day <= year.ends_on), None)
    if at is None or held[at].begins_on == first_day:
        raise RuleRefused(_("A book year begins on that day already, or there are none that far ahead."))
    if longer and at == 0:
        raise RuleRefused(_("The book year of that day has begun, so that the one before it is over."))
    before, gone = (held[at - 1], held[at:]) if longer else (held[at], held[at + 1 :])
    if longer and first_day >= renewal(before.begins_on, 24):
        raise RuleRefused(
            _("A book year is less than two years long, also when it goes on for longer than usual.")
        )
    try:
        with transaction.atomic(using=_alias()):
            return _begin(first_day, before, gone, held[-1].ends_on, now)
    except IntegrityError as error:
        if _sqlstate(error) not in ("23505", "23P01"):
            raise
        raise RuleRefused(_("Somebody else changed the book years at this moment. Look again.")) from None


def _begin(
    first_day: date, before: BookYear, gone: list[BookYear], last_day: date, now: datetime
) -> list[BookYear]:
    BookYear.objects.filter(pk__in=[year.pk for year in gone]).delete()
    was = _words(before)
    before.ends_on = first_day - timedelta(days=1)
    BookYear.objects.filter(pk=before.pk).update(ends_on=before.ends_on)
    made = _years(before.year + 1, first_day, last_day)
    BookYear.objects.bulk_create(made)
    noted = {"name": str(before.year), "was": was, "became": _words(before)}
    note_rule(_What.BOOK_YEARS, _How.CHANGED, before.pk, **noted, now=now)
    for year in made[:1]:
        note_rule(
            _What.BOOK_YEARS, _How.MADE, year.pk or 0, name=str(year.year), became=_words(year), now=now
        )
    journal.record("rule.added", at=now, table="billing_bookyear", object_id=before.pk, changed=["ends_on"])
    return made


def _years(first: int, begins: date, last_day: date) -> list[BookYear]:
    """Years of twelve months with names that count on, none beyond the last day."""
    made = list[BookYear]()
    while (ends := renewal(begins, 12) - timedelta(days=1)) <= last_day:
        made.append(BookYear(year=first + len(made), begins_on=begins, ends_on=ends))
        begins = ends + timedelta(days=1)
    return made


def _refuse_what_has_begun(day: date, today: date) -> None:
    if day <= today:
        raise RuleRefused(_("It begins tomorrow at the earliest: a day that has begun keeps its rules."))


def _add(
    row: VatRate | OssThreshold,
    what: CatalogueChange.What,
    name: str,
    before: VatRate | OssThreshold | None,
    now: datetime,
) -> None:
    try:
        with transaction.atomic(using=_alias()):
            row.save()
    except IntegrityError as error:
        if _sqlstate(error) != "23505":
            raise
        raise RuleRefused(_("Another one begins on that day already. Withdraw it first.")) from None
    note_rule(
        what, _How.MADE, row.pk, name=name, was=_words(before) if before else "", became=_words(row), now=now
    )
    journal.record("rule.added", at=now, table=row._meta.db_table, object_id=row.pk)


def _sqlstate(error: IntegrityError) -> str:
    return str(getattr(getattr(error.__cause__, "diag", None), "sqlstate", ""))


def _words(rule: VatRate | OssThreshold | BookYear) -> str:
    """A rule as the history keeps it: numbers and days, which the page puts into words."""
    if isinstance(rule, BookYear):
        return f"{rule.begins_on}|{rule.ends_on}"
    number = rule.basis_points if isinstance(rule, VatRate) else rule.cents
    return f"{number}|{rule.valid_from}"


def _alias() -> str | None:
    scene = acting.current()
    return scene.alias if scene else None
