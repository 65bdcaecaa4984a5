"""Terms of services: months that keep their anchor day."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta


def renewal(anchor: date, months: int) -> date:
    """
    The day on which a term that began on anchor renews after that many months.

    Short months do not move the anchor: 31 January, 28 February, 31 March. In SQL it is
    `(anchor + make_interval(months => months))::date`.
    """
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))


def months_of(first: date, last: date) -> int:
    """How many months a term takes, of which these are the first and the last day."""
    after = last + timedelta(days=1)
    return (after.year - first.year) * 12 + after.month - first.month


@dataclass(frozen=True)
class Term:
    """
    The term that runs: it takes `months`, and ends `run_months` after the anchor.

    Counting from the anchor, and not from the last renewal, keeps the anchor day also when the length of the term changes:
    monthly from 31 January, a year from 28 February on, renews on 28 February and after that on 31 March.
    """

    anchor_on: date
    run_months: int
    months: int

    @classmethod
    def first(cls, anchor_on: date, months: int) -> "Term":
        """The term that begins on the anchor day itself."""
        return cls(anchor_on, months, months)

    @property
    def begins_on(self) -> date:
        """Its first day."""
        return renewal(self.anchor_on, self.run_months - self.months)

    @property
    def renews_on(self) -> date:
        """The first day after it."""
        return renewal(self.anchor_on, self.run_months)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.renews_on - self.begins_on).days

    def next(self, months: int | None = None) -> "Term":
        """The term after this one, as long as this one or for so many months."""
        length = self.months if months is None else months
        return Term(self.anchor_on, self.run_months + length, length)

    def before(self, months: int | None = None) -> "Term":
        """The term before this one, as long as this one or of so many months."""
        return Term(self.anchor_on, self.run_months - self.months, self.months if months is None else months)
