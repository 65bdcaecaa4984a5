"""What a customer agrees to with an order: the operator's texts, each by its version and by the hash of its words."""

import hashlib
from dataclasses import dataclass

from django.conf import settings

from hospes.sales.models import Order

#: The operator's texts that an order agrees to; `operator.toml` has the version of each, the orders have both columns.
TEXTS = ("terms", "processing")


@dataclass(frozen=True)
class Agreement:
    """The general terms and the processor agreement, as somebody saw them in one language."""

    terms_version: str
    terms_sha256: str
    processing_version: str
    processing_sha256: str

    def mark(self, shown: str = "") -> str:
        """A short name for exactly these texts, together with what else was shown; for a form to bring back."""
        told = repr(
            [self.terms_sha256, self.processing_sha256, self.terms_version, self.processing_version, shown]
        )
        return hashlib.sha256(told.encode()).hexdigest()[:40]


def of_now(language: str) -> Agreement:
    """What is agreed to at this moment, in the words of a language; Dutch where the operator has no other."""
    words = "en" if language.startswith("en") else "nl"
    held = {f"{name}_version": version_of(name) for name in TEXTS}
    return Agreement(**held, **{f"{name}_sha256": _sha256(f"{name}.{words}") for name in TEXTS})


def version_of(name: str) -> str:
    """The version of a text, as the operator says it."""
    return str(getattr(settings.HOSPES_OPERATOR, f"{name}_version"))


def changed_unsaid() -> list[str]:
    """
    Texts whose words are others than those that customers agreed to under the same version: a sentence each.

    Runs as the owner, who sees all orders.
    """
    return [
        f"operator/{name}.*.txt has changed since customers agreed to version {version_of(name)}:"
        f" give {name}_version in operator.toml a new value"
        for name in TEXTS
        if _agreed_to(name)
        - {_sha256(key) for key in settings.HOSPES_OPERATOR_TEXTS if key.startswith(f"{name}.")}
    ]


def _agreed_to(name: str) -> set[str]:
    """The hashes of the words that were agreed to under the version of now; orders of before they were kept have none."""
    orders = Order.objects.filter(**{f"{name}_version": version_of(name)}).exclude(**{f"{name}_sha256": ""})
    return set(orders.values_list(f"{name}_sha256", flat=True).distinct())


def _sha256(key: str) -> str:
    return hashlib.sha256(settings.HOSPES_OPERATOR_TEXTS[key].encode()).hexdigest()
