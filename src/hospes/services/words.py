"""What the codes of a service's life stand for."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

#: Why a service went from one state to another, or what else happened to it.
REASONS: dict[str, Promise] = {
    "ordered": _("ordered and paid"),
    "provisioned": _("set up at the hosting server"),
    "done_by_hand": _("set up by a colleague"),
    "ended_with": _("what it belonged to ended"),
    "cancelled_with": _("what it belongs to was cancelled"),
    "name_in_use": _("the name was in use with us already"),
    "refused_by_panel": _("the hosting server did not accept it"),
    "tried_again": _("tried again by a colleague"),
    "changed": _("changed to another package or number, or other options"),
    "change_planned": _("a change was planned for the end of the term"),
    "plan_begun": _("the planned change began"),
    "plan_undone": _("the planned change was taken back"),
    "plan_replaced": _("another change takes the place of the planned one"),
    "renewed": _("renewed for another term"),
    "price_raised": _("the price was raised, as announced"),
    "cancelled": _("the contract was cancelled"),
    "cancellation_undone": _("the cancellation was taken back"),
    "end_reached": _("the contract ended"),
    "withdrawn": _("the contract was withdrawn from"),
    "dropped": _("dropped, since it was not delivered"),
    "dropped_with": _("what it belonged to was dropped"),
    "moved_away": _("moved to another customer"),
    "moved_here": _("taken over from another customer"),
}

#: Why something that was asked could not be done.
REFUSALS: dict[str, Promise] = {
    "changed_meanwhile": _(
        "Something about the service or its price changed in the meantime. Please look again."
    ),
    "not_now": _("This service cannot be changed in the state that it is in."),
    "cancelled": _("The service is cancelled. Take that back first."),
    "not_cancelled": _("The service is not cancelled."),
    "nothing_planned": _("Nothing is planned."),
    "no_change": _("This is what it is already."),
    "not_offered": _("This is not on offer for this service."),
    "option_not_offered": _("One of the options is not on offer for this service, or not so many of it."),
    "raise_goes_first": _(
        "From the next term on there is a new price, which was put off once already. Change it at once, or after that day."
    ),
    "only_at_term_end": _("This can only begin at the end of the term."),
    "already_asked": _("This was asked already."),
    "moved": _("The service was moved to another customer in the meantime."),
}


def reason_words(reason: str) -> str:
    """Why a service changed state, in the active language; a reason without words of its own is shown as it is."""
    return str(REASONS.get(reason, reason))


def refusal_words(code: str) -> str:
    """Why something was refused, in the active language; nothing for what was not refused."""
    return str(REFUSALS.get(code, code))
