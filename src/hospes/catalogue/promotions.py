"""Taking and giving back the uses of a promotion code. Acts for the contract (own twin: the customer's)."""

from datetime import date
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.catalogue.models import PromotionUse
from hospes.catalogue.models.promotions import NOT_NOW, USED_BY_CUSTOMER, USED_UP
from hospes.kernel import acting


class CodeRefused(Exception):
    """The code cannot be used (any more); the message is fit to show to the customer."""


_WHY: Final[dict[str, Promise]] = {
    USED_UP: _("This promotion code has been used as often as it can be. Take it out to go on."),
    USED_BY_CUSTOMER: _("You have used this promotion code as often as one can. Take it out to go on."),
    NOT_NOW: _("This promotion code does not count for you, or not any more. Take it out to go on."),
}


def use(*, promotion_id: int, customer_id: int, origin: str, today: date) -> None:
    """
    Take a use of a promotion for the thing that `origin` names; the second time changes nothing.

    Of two who take the last one at the same moment, one waits for the other and is told CodeRefused.
    """
    if PromotionUse.objects.filter(origin=origin).exists():
        return
    scene = acting.current()
    try:
        with transaction.atomic(using=scene.alias if scene else None):
            PromotionUse.objects.create(
                promotion_id=promotion_id, customer_id=customer_id, origin=origin, used_on=today
            )
    except IntegrityError as error:
        refused_by = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if refused_by not in _WHY:
            raise
        raise CodeRefused(_WHY[refused_by]) from None


def give_back(*, origin: str, today: date) -> bool:
    """Give the use back that was taken for something, for which the contract was undone; False when there was none (any more)."""
    return PromotionUse.objects.filter(origin=origin, given_back_on=None).update(given_back_on=today) > 0
