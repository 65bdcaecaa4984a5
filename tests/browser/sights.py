"""Every page there is, in the states that it can be in, and who looks at it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.browser.house import House
from tests.browser.steps import press
from tests.browser.windows import Window, faults

Step = Callable[[Window], object]


@dataclass(frozen=True)
class Sight:
    """A page: its route, what stands in the address, and what is done on it before it is looked at."""

    route: str
    arguments: dict[str, Any] = field(default_factory=dict)
    query: str = ""
    then: Step | None = None
    status: int = 200
    face: str = "portal"

    def show(self, window: Window, house: House) -> None:
        """Come to the page; raises AssertionError when it answers something else than it should."""
        address = house.address(self.route, window.language, face=self.face, **self.arguments)
        answer = window.go(address + self.query)
        if self.then is not None:
            self.then(window)
            window.page.wait_for_load_state()
            assert window.answer is not None
            answer = window.answer
        assert answer.status == self.status, f"{answer.url} answered {answer.status}"


def send(button: str) -> Step:
    """Send the form of the page as it is, most of it empty."""
    return lambda window: press(window, button)


def look_at(window: Window, house: House, seen: Iterable[Sight]) -> None:
    """Look at all of them, and say of all together what is wrong."""
    wrong = []
    for sight in seen:
        sight.show(window, house)
        said = [*faults(window), *window.wrong]
        window.wrong.clear()
        wrong += [f"{sight.route} {sight.arguments} {'after' if sight.then else ''}: {each}" for each in said]
    assert wrong == [], "\n".join(wrong)


def _token(window: Window) -> None:
    """Make a token for a program: it is shown on the page that follows."""
    window.page.fill("[name=name]", "Boekhouding")
    window.page.check("[name=scopes][value='invoices:read']")
    press(window, "Make a token")


#: Routes that answer no GET with a page, and what they answer with: another page, a file, a refusal.
NO_PAGES = {
    "operator_css": "text/css",
    "payment_notice": "405",
    "payment_notices": "405",
    "payment_back": "302",
    "home": "302",
    "shop:cart_remove": "405",
    "shop:cart_code": "405",
    "shop:cart_addition": "405",
    "portal:invoice_pdf": "application/pdf",
    "portal:pay": "302",
    "portal:pay_invoice": "302",
    "portal:withdraw_mandate": "302",
    "portal:pay_together": "302",
    "portal:order_pro_forma": "404",
    "portal:next_pro_forma": "application/pdf",
    "portal:service_take_back": "302",
    "portal:service_add": "302",
    "portal:quote_decide": "302",
    "portal:quote_pdf": "application/pdf",
    "portal:service_move_back": "302",
    "portal:download": "302",
    "portal:access_invitation_again": "302",
    "portal:access_invitation_withdraw": "302",
    "portal:access_member_remove": "302",
    "portal:end_session": "302",
    "portal:change_limits": "302",
    "ask_lift": "405",
    "account_set_password": "302",  # who has a password changes it
    "account_confirm_login_code": "302",  # nobody logs in by a mailed code
    "mfa_passkey_login": "405",
    "mfa_passkey_options": "application/json",
}


#: Pages that need more than somebody who is logged in; `test_second_step` looks at them.
OF_THE_SECOND_STEP = {
    "mfa_authenticate",
    "mfa_lost",
    "mfa_remove_phone",
    "mfa_passkey",
    "mfa_remove_passkey",
}


def of_a_visitor(house: House) -> Iterator[Sight]:
    """What somebody sees who is not logged in."""
    yield Sight("shop:catalogue")
    yield Sight("shop:product", {"slug": "start"})
    yield Sight("shop:product", {"slug": "start"}, then=send("Put in the cart"))
    yield Sight("shop:product", {"slug": "pro"}, then=send("Reckon the price anew"))
    yield Sight("shop:product", {"slug": "werk-per-uur"})
    yield Sight("shop:domains")
    yield Sight("shop:domains", query="?naam=mooienaam")
    yield Sight("shop:domains", query="?naam=a_b", status=422)
    yield Sight("shop:cart")
    yield Sight("shop:checkout")
    yield Sight("terms")
    yield Sight("processing_terms")
    yield Sight("withdraw")
    yield Sight("withdraw", then=send("Go on"), status=422)
    yield Sight("withdraw", then=_withdraw("Go on"))
    yield Sight("withdraw", then=_withdraw("Go on", "Confirm withdrawal"))
    yield Sight("account_login")
    yield Sight("account_login", then=send("Log in"))
    yield Sight("account_signup")
    yield Sight("account_signup", then=send("Sign up"))
    yield Sight("account_reset_password")
    yield Sight("account_reset_password", then=send("Send the link"))
    yield Sight("account_reset_password_done")
    yield Sight("account_reset_password_from_key", {"uidb36": "1", "key": "expired-0"})
    yield Sight("account_reset_password_from_key_done")
    yield Sight("account_confirm_email", {"key": "expired"})
    yield Sight("account_email_verification_sent")
    yield Sight("account_inactive")
    yield Sight("account_not_me", {"token": "expired"})
    yield Sight("invitation", {"token": "expired"}, status=404)
    yield Sight("contact_address", {"token": "expired"}, status=404)
    yield Sight("pay_link", {"token": "expired"}, status=404)
    yield Sight("invitation_account", {"token": "expired"}, status=404)
    yield Sight("mfa_stop_release", {"token": "1.expired"})
    yield Sight("mfa_use_release", {"token": "1.expired"})
    yield Sight("shop:product", {"slug": "no-such"}, query="x/", status=404)


def of_a_customer(house: House, number: int, company: int) -> Iterator[Sight]:
    """What a customer sees who has everything: a paid order, one that waits, a quote, services, invoices."""
    theirs = {"number": number}
    yield Sight("portal:overview", theirs)
    yield Sight("portal:overview", {"number": company})
    yield Sight("portal:services", theirs)
    yield Sight("portal:service", theirs | {"service_id": house.value(_A_SERVICE, number)})
    a_service = theirs | {"service_id": house.value(_A_SERVICE, number)}
    yield Sight("portal:service_change", a_service)
    yield Sight("portal:service_change", a_service, then=_the_last_of_them)
    yield Sight("portal:service_cancel", a_service)
    yield Sight("portal:service_move", a_service)
    yield Sight("portal:service_move", a_service, then=send("Offer it to them"))
    yield Sight("portal:moves", theirs)
    yield Sight("portal:move_offer", theirs | {"offer_id": house.value(_AN_OFFER, number)})
    yield Sight("portal:withdraw", theirs | {"order_number": house.value(_AN_ORDER, number, "paid")})
    yield Sight("portal:invoices", theirs)
    yield Sight("portal:invoice", theirs | {"invoice_number": house.value(_AN_INVOICE, number)})
    yield Sight("portal:direct_debit", theirs)  # this one pays so already, the company does not yet
    yield Sight("portal:mandate", theirs | {"mandate_id": house.value(_A_MANDATE, number)})
    yield Sight("portal:sign_mandate", {"number": company})
    yield Sight("portal:sign_mandate", {"number": company}, then=send("Sign the mandate"), status=422)
    yield Sight("portal:sign_mandate", {"number": company}, then=_sign)
    yield Sight("portal:direct_debit", {"number": company}, then=send("Withdraw the mandate"))
    yield Sight("portal:orders", theirs)
    for state, of in (("paid", number), ("awaiting_payment", company)):
        yield Sight("portal:order", {"number": of, "order_number": house.value(_AN_ORDER, of, state)})
    waiting = {"number": company, "order_number": house.value(_AN_ORDER, company, "awaiting_payment")}
    yield Sight("portal:order_cancel", waiting)
    yield Sight("portal:quote", theirs | {"quote_number": house.value(_A_QUOTE, number)})
    yield Sight("portal:access", theirs)
    yield Sight("portal:second_step", theirs)
    yield Sight("portal:collecting", theirs)
    yield Sight("portal:balance", theirs)
    yield Sight("portal:invoice_wishes", theirs)
    yield Sight("portal:invoice_wishes", theirs, then=send("Save"))
    yield Sight("portal:invoice_wishes", {"number": company})
    yield Sight("portal:invoice_wishes", {"number": company}, then=send("Keep how they get there"))
    yield Sight("portal:addresses", theirs)
    yield Sight("portal:addresses", theirs, then=send("Send the link"))
    yield Sight("portal:logins", theirs)
    yield Sight("portal:logins", theirs, query="?soort=failed")
    yield Sight("portal:sessions", theirs)
    yield Sight("portal:limits", theirs)
    yield Sight("portal:limits", theirs, then=lambda window: _limit(window, "x"))
    yield Sight("portal:limits", theirs, then=lambda window: _limit(window, "198.51.100.0/24"))
    yield Sight("lift_limits", {"token": "expired"})
    yield Sight("portal:access_invite", theirs)
    yield Sight("portal:access_invite", theirs, then=send("Send the invitation"))
    yield Sight("portal:access_hand_over", theirs)  # to whom? nobody else is there
    yield Sight("portal:access_leave", theirs)  # nor can the last one leave
    yield Sight("shop:cart")
    yield Sight("shop:checkout")  # as whom? this person holds two customers
    yield Sight("portal:checkout", theirs)
    yield Sight("portal:checkout", theirs, then=send("Order with obligation to pay"))
    yield Sight("portal:overview", {"number": 1}, status=404)
    yield Sight("new_customer")
    yield Sight("new_customer", then=send("Make the customer account"))
    yield Sight("account_logout")
    yield Sight("account_email")
    yield Sight("own_address")
    yield Sight("own_address", then=send("Send the link"))
    yield Sight("own_address_confirm", {"token": "expired"}, status=404)
    yield Sight("own_address_undo", {"token": "expired"}, status=404)
    yield Sight("account_change_password")
    yield Sight("account_reauthenticate")
    yield Sight("mfa_index")
    yield Sight("mfa_activate_totp")
    yield Sight("mfa_activate_totp", then=send("Turn on"))
    yield Sight("mfa_phone")
    yield Sight("mfa_phone", then=send("Send a code"))
    yield Sight("mfa_add_passkey")
    yield Sight("account_tokens")
    yield Sight("account_new_token")
    yield Sight("account_new_token", then=send("Make a token"), status=422)
    yield Sight("account_new_token", then=_token)
    yield Sight("account_end_token", {"pk": 999999999}, status=404)


def of_somebody_careful(number: int) -> Iterator[Sight]:
    """What somebody sees who has a second step, and who has not ordered anything yet."""
    for route in ("overview", "services", "invoices", "orders", "data"):
        yield Sight(f"portal:{route}", {"number": number})
    yield Sight("mfa_index")
    yield Sight("mfa_reauthenticate")
    yield Sight("mfa_reauthenticate", then=send("Confirm"))
    yield Sight("mfa_deactivate_totp")
    yield Sight("mfa_recovery_codes")
    yield Sight("mfa_new_recovery_codes")


def _withdraw(*buttons: str) -> Step:
    """Fill in a withdrawal from an order that nobody has; the answer is the same as for one that somebody has."""

    def fill(window: Window) -> None:
        window.page.fill("[name=name]", "Somebody")
        window.page.fill("[name=contract]", "B2020-00001")
        window.page.fill("[name=email]", "somebody@mail.example")
        for button in buttons:
            press(window, button)

    return fill


def _the_last_of_them(window: Window) -> None:
    """Ask what the last package of the list would cost."""
    window.page.locator("[name=choice]").last.check()
    press(window, "Show what it costs")


def _sign(window: Window) -> None:
    """Sign a mandate for direct debit."""
    window.page.fill("[name=holder]", "B. Dronkel")
    window.page.fill("[name=iban]", "NL02ABNA0123456789")
    window.page.check("[name=agreed]")
    press(window, "Sign the mandate")


def _limit(window: Window, network: str) -> None:
    """Allow a network that one is not in: the page asks whether that is meant, and says what is no network."""
    window.page.fill("[name=network]", network)
    press(window, "Allow this network")


_OF = " JOIN customers_customer c ON c.id = x.customer_id WHERE c.number = %s"
_A_SERVICE = "SELECT min(x.id) FROM services_service x" + _OF
_AN_INVOICE = "SELECT min(x.number) FROM billing_invoice x" + _OF
_AN_ORDER = "SELECT min(x.number) FROM sales_order x" + _OF + " AND x.state = %s"
_AN_OFFER = "SELECT min(x.id) FROM services_moveoffer x" + _OF
_A_MANDATE = "SELECT max(x.id) FROM debits_mandate x" + _OF
_A_QUOTE = "SELECT min(x.number) FROM sales_quote x" + _OF
