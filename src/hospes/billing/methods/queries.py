"""What ways of paying are called, on a day."""

from datetime import date

from django.db.models import Q
from django.db.models.functions import Now, TruncDate
from django.utils.translation import get_language, gettext

from hospes.billing.methods.models import PaymentMethod


def _on(day: date | None) -> Q:
    """Of no day in particular: the name of these days, by the database's own calendar."""
    at = TruncDate(Now()) if day is None else day
    return Q(valid_from__lte=at) & (Q(valid_until=None) | Q(valid_until__gt=at))


def method(code: str, *, on: date | None = None) -> PaymentMethod | None:
    """A way of paying as it was called on a day; None where it had no name (yet)."""
    return PaymentMethod.objects.filter(_on(on), code=code).first()


def name_of(code: str, *, on: date | None = None) -> str:
    """What a way of paying was called on a day, in the active language; else the provider's word for it."""
    found = method(code, on=on) if code else None
    return found.name(get_language() or "nl") if found else code


def offered(*, on: date) -> list[PaymentMethod]:
    """What a customer can choose from on a day, in the order in which it is shown."""
    return list(PaymentMethod.objects.filter(_on(on), is_offered=True).order_by("position", "code"))


def in_words(methods: list[PaymentMethod]) -> str:
    """Several ways of paying as a text has them: "iDEAL, PayPal or card"."""
    names = [each.name(get_language() or "nl") for each in methods]
    if len(names) < 2:
        return "".join(names)
    return gettext("%(first)s or %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}
