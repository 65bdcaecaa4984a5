"""What customers have with us."""

from hospes.payments.balances.models import ON_ITS_WAY, Balance, BalanceEntry, Payout, PayoutWish


def balance_of(customer_id: int) -> int:
    """How much a customer has with us, in cents."""
    found = Balance.objects.filter(customer_id=customer_id).values_list("cents", flat=True).first()
    return int(found or 0)


def changes(customer_id: int, *, limit: int = 50) -> list[BalanceEntry]:
    """What changed a balance, the last first."""
    found = BalanceEntry.objects.with_related("invoice").filter(customer_id=customer_id)
    return list(found.order_by("-pk")[:limit])


def is_asked(customer_id: int) -> bool:
    """Whether a customer asked to have the balance paid back, and nobody saw to it yet."""
    return PayoutWish.objects.filter(customer_id=customer_id, seen_to_at=None).exists()


def on_their_way(customer_id: int) -> list[Payout]:
    """What of a balance is being paid back, the first first."""
    return list(Payout.objects.filter(customer_id=customer_id, state__in=ON_ITS_WAY).order_by("pk"))
