"""The panel on the checkout page that says how unpleasant the world is to be, and what its fields do."""

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.faults import Faults
from simulators.markup import Markup, tag
from simulators.payments.ledger import ORDERS, Ledger, Payment, Plan
from simulators.payments.rules import ApiError
from simulators.words import Words

ORDER_WORDS: Mapping[str, str] = {
    "together": "Notice and return together",
    "webhook_first": "First the notice, then the return",
    "return_first": "First the return, then the notice",
}
MAX_COPIES = 100
MAX_DELAY_SECONDS = 86_400
MAX_SLOW_SECONDS = 600
MAX_REQUESTS = 10_000


@dataclass(frozen=True)
class Field:
    """A number on the panel."""

    name: str
    label: str
    value: str
    lowest: str
    step: str = "1"


REQUEST_FIELDS = (
    Field("outage", "How many get an outage (503; -1 is all)", "0", "-1"),
    Field("limited", "How many are told to wait (429)", "0", "-1"),
    Field("slow", "How many are answered late", "0", "-1"),
    Field("slow_seconds", "How late, in seconds", "2", "0", "any"),
)
CREATE_FIELDS = (Field("dropped", "How many lose the connection after the payment was made", "0", "-1"),)


def panel(say: Words, plan: Plan) -> Markup:
    """Return the panel, closed, with the plan of the payment filled in."""
    copies = Field("copies", "How many times at once (0 is never)", str(plan.copies), "0")
    delay = Field("delay", "How many seconds late", f"{plan.delay:g}", "0", "any")
    orders = [tag("option", say(ORDER_WORDS[o]), value=o, selected=o == plan.order) for o in ORDERS]
    order = tag("label", say("Order"), tag("select", orders, name="order"))
    parts = (
        ("The notice (webhook) of this payment", [_input(copies, say), _input(delay, say), order]),
        ("The next requests of the merchant", [_input(field, say) for field in REQUEST_FIELDS]),
        ("The next new payments", [_input(field, say) for field in CREATE_FIELDS]),
    )
    sets = [tag("fieldset", tag("legend", say(legend)), fields) for legend, fields in parts]
    return tag("details", tag("summary", say("How unpleasant should it be?")), sets)


def apply(form: Mapping[str, str], payment: Payment, ledger: Ledger, faults: Faults) -> None:
    """Do what the fields say, or raise ApiError (422); a count of 0 leaves the weather as it is."""
    if "copies" in form:
        copies, delay = (
            int(_number(form, "copies", 0, MAX_COPIES)),
            _number(form, "delay", 0, MAX_DELAY_SECONDS),
        )
        order = form.get("order", "together")
        if order not in ORDERS:
            raise ApiError(422, "There is no such order.", "order")
        ledger.keep_plan(Plan(copies, delay, order), payment.id)
    names = ("outage", "limited", "slow", "dropped")
    counts = {name: int(_number(form, name, -1, MAX_REQUESTS)) for name in names}
    changes: dict[str, int | float] = {name: count for name, count in counts.items() if count}
    if counts["slow"]:
        changes["slow_seconds"] = _number(form, "slow_seconds", 0, MAX_SLOW_SECONDS)
    if changes:
        faults.change(**changes)


def _input(field: Field, say: Words) -> Markup:
    box = tag("input", type="number", name=field.name, value=field.value, min=field.lowest, step=field.step)
    return tag("label", say(field.label), box)


def _number(form: Mapping[str, str], name: str, lowest: float, highest: float) -> float:
    try:
        number = float(form.get(name) or 0)
    except ValueError as error:
        raise ApiError(422, "Give a number.", name) from error
    if not lowest <= number <= highest:
        raise ApiError(422, "This number is too small or too large.", name)
    return number
