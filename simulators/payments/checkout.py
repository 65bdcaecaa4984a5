"""The consumer's side: a page that shows what is to be paid and asks how the payment is to end."""

from decimal import Decimal
from urllib.parse import urlsplit

from simulators.faults import Faults
from simulators.markup import Child, Markup, tag
from simulators.outbox import Outbox
from simulators.pages import document, not_found
from simulators.payments import unpleasant
from simulators.payments.ledger import Ledger, Payment, Plan
from simulators.payments.rules import METHODS, NAMES, ApiError, methods_of
from simulators.wire import HTML_POLICY, Request, Response, Route, as_html, redirect
from simulators.words import Words, words

OUTCOMES = {
    "paid": "Pay now",
    "failed": "Let it fail",
    "canceled": "Cancel",
    "expired": "Let it expire",
    "pending": "Leave it pending",
    "open": "Go back without deciding",
}
NOTICE_FIRST_SECONDS = 20.0


class Checkout:
    """The checkout pages of all payments."""

    def __init__(self, ledger: Ledger, outbox: Outbox, faults: Faults) -> None:
        self._ledger, self._outbox, self._faults = ledger, outbox, faults

    def routes(self) -> list[Route]:
        """Where the consumer is sent."""
        page = "/checkout/(?P<token>[A-Za-z0-9]+)"
        return [Route("GET", page, self._show), Route("POST", page, self._decide)]

    def _show(self, request: Request, token: str) -> Response:
        try:
            payment = self._ledger.get(f"tr_{token}")
        except ApiError:
            return not_found(request.language, words(request.language)("Payment provider"))
        language = language_of(payment, request)
        say = words(language)
        if payment.is_final:
            title, body = say("This payment has ended"), _ended(payment, say)
        else:
            title, body = say("Pay"), _choices(payment, language, payment.plan or self._ledger.plan)
        card = tag("div", body, class_="card narrow")
        page = document(title, card, language=language, above=say("Payment provider"))
        return as_html(page, policy=_policy(payment))

    def _decide(self, request: Request, token: str) -> Response:
        form, payment_id = request.form(), f"tr_{token}"
        outcome = form.get("outcome", "")
        try:
            payment = self._ledger.get(payment_id)
            if outcome not in OUTCOMES:
                raise ApiError(422, "Say how the payment ends.", "outcome")
            unpleasant.apply(form, payment, self._ledger, self._faults)
            if outcome not in ("open", payment.status) and not payment.is_final:
                self._settle(payment_id, outcome, form.get("method"))
        except ApiError as error:
            return _problem(error, request.language)
        return redirect(way_back(self._ledger.get(payment_id)))

    def _settle(self, payment_id: str, outcome: str, method: str | None) -> None:
        try:
            payment, notices = self._ledger.settle(payment_id, outcome, method)
        except ApiError:
            if self._ledger.get(payment_id).is_final:
                return  # somebody pressed twice; the first press counted
            raise
        self._outbox.wake()
        plan = payment.plan or self._ledger.plan
        if notices and plan.order == "webhook_first":
            self._outbox.wait_until_tried(notices, plan.delay + NOTICE_FIRST_SECONDS)


def language_of(payment: Payment, request: Request) -> str:
    """Return the language of a payment's pages: that of its locale, else that of the browser."""
    locale = payment.asked.get("locale")
    if locale is None:
        return request.language
    return "nl" if locale.startswith("nl") else "en"


def way_back(payment: Payment) -> str:
    """Return where the consumer goes afterwards."""
    if payment.status == "canceled" and payment.asked.get("cancelUrl"):
        return str(payment.asked["cancelUrl"])
    return str(payment.asked["redirectUrl"])


def amount_in_words(payment: Payment, language: str) -> str:
    """Return the amount as a language writes it: € 1.234,50 or €1,234.50."""
    return in_words(int(Decimal(payment.asked["amount"]["value"]) * 100), language)


def in_words(cents: int, language: str) -> str:
    """Return cents as a language writes them."""
    euros = f"{Decimal(cents) / 100:,.2f}"
    return f"€ {euros.translate(str.maketrans(',.', '.,'))}" if language == "nl" else f"€{euros}"


def _policy(payment: Payment) -> str:
    # A browser applies form-action to the redirect after the form as well: the shop has to be named.
    ways = [urlsplit(way) for name in ("redirectUrl", "cancelUrl") if (way := payment.asked.get(name))]
    shops = " ".join(sorted({f"{way.scheme}://{way.netloc}" for way in ways}))
    return HTML_POLICY.replace("form-action 'self'", f"form-action 'self' {shops}")


def _problem(error: ApiError, language: str) -> Response:
    say = words(language)
    page = document(
        say("This does not work"),
        tag("p", say(error.detail)),
        language=language,
        above=say("Payment provider"),
    )
    return as_html(page, error.status)


def _ended(payment: Payment, say: Words) -> Child:
    back = tag("a", say("Back to the shop"), href=way_back(payment))
    return [tag("p", say("Its state is"), " ", tag("strong", say(payment.status)), "."), tag("p", back)]


def _choices(payment: Payment, language: str, plan: Plan) -> Child:
    say = words(language)
    simulator = "This is a simulator: no money moves and no bank is asked. Choose how the payment ends."
    buttons = [
        tag("button", say(text), name="outcome", value=outcome, class_="first" if outcome == "paid" else None)
        for outcome, text in OUTCOMES.items()
    ]
    form = tag(
        "form",
        _methods(payment, say),
        tag("fieldset", tag("legend", say("How does it end?")), buttons),
        unpleasant.panel(say, plan),
        method="post",
    )
    return [
        tag("p", payment.asked["description"]),
        tag("p", amount_in_words(payment, language), class_="amount"),
        tag("p", say(simulator), class_="note"),
        form,
    ]


def _methods(payment: Payment, say: Words) -> Markup:
    choices = [payment.method] if payment.method else methods_of(payment.asked)
    if len(choices) == 1:
        return tag("p", say("You pay with"), " ", tag("strong", say(NAMES[choices[0]])), ".")
    radios = [
        tag(
            "label",
            tag("input", type="radio", name="method", value=choice, checked=position == 0),
            say(METHODS[choice]),
            class_="choice",
        )
        for position, choice in enumerate(choices)
    ]
    return tag("fieldset", tag("legend", say("How do you want to pay?")), radios)
