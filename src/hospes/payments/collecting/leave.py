"""Asking for leave to collect, with a payment that a customer begins: within their own rows."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hospes.kernel.secrets import derived_password
from hospes.payments.collecting.models import CollectWish, Payer
from hospes.payments.collecting.services import payer_of
from hospes.payments.models import UNDECIDED, Payment
from hospes.payments.providers import PaymentProvider

if TYPE_CHECKING:
    from hospes.payments.services import Wish

Acting = Callable[[], AbstractContextManager[Any]]


def with_another_wish(of: dict[str, int | None], wish: "Wish | None", as_payer: Acting) -> int | None:
    """The payment that was begun, where it gives leave and this one is not to, or the other way round."""
    with as_payer():
        live = Payment.objects.filter(**of, state__in=UNDECIDED, replaced_at=None).first()
        if live is None or CollectWish.objects.filter(payment_id=live.pk).exists() == (wish is not None):
            return None
        return live.pk


def payer(provider: PaymentProvider, customer_id: int, as_payer: Acting, now: datetime) -> str:
    """What the provider calls the customer, who is made known to it by a word that says nothing."""
    with as_payer():
        known = payer_of(customer_id)
    if known:
        return known
    made = provider.new_payer(key=derived_password(f"payer {customer_id}")[:24])
    with as_payer():
        held, _is_new = Payer.objects.get_or_create(
            customer_id=customer_id, defaults={"reference": made, "made_at": now}
        )
    return held.reference


def note_wish(payment: Payment, wish: "Wish | None", now: datetime) -> None:
    """Keep what was asked with a payment, once."""
    if wish is not None and not CollectWish.objects.filter(payment_id=payment.pk).exists():
        CollectWish.objects.create(
            payment_id=payment.pk, customer_id=payment.customer_id, person_id=wish.person_id, words=wish.words[:300],
            asked_at=now,
        )  # fmt: skip
