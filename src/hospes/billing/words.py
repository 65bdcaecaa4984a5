"""How somebody paid, in words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Names of their own are the same in every language.
METHODS: dict[str, str | Promise] = {
    "ideal": "iDEAL", "paypal": "PayPal", "bancontact": "Bancontact", "applepay": "Apple Pay", "in3": "in3",
    "klarna": "Klarna", "creditcard": _("card"), "banktransfer": _("bank transfer"), "directdebit": _("direct debit"),
}  # fmt: skip


def method_words(method: str) -> str:
    """What a way of paying is called, in the active language; one that we do not know goes by the provider's word for it."""
    return str(METHODS.get(method, method))
