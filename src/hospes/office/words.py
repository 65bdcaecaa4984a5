"""What the office's doings are called in the journal, and in which words it speaks of purposes, actors and messages."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from hospes.kernel import journal
from hospes.kernel.purposes import Purpose

journal.register({
    "staff.looked": _("Looked at by our staff"),
    "staff.searched": _("Searched by our staff"),
    "staff.read_journal": _("Journal read by our staff"),
    "staff.invoice_resent": _("Invoice mailed again by our staff"),
    "staff.service_retried": _("Setting up a service tried again by our staff"),
    "staff.panel_asked": _("Hosting server asked by our staff"),
    "staff.work_taken": _("Work taken in hand by a colleague"),
    "staff.work_released": _("Work let go of by a colleague"),
    "staff.payment_checked": _("Payment looked up at the provider by our staff"),
})  # fmt: skip
journal.register({
    "staff.found": _("Shown to our staff in search results"),
    "staff.listed": _("Shown to our staff on a work list"),
}, among_others=True)  # fmt: skip

#: The parts of a customer's page: what the colleague sees there.
PARTS: dict[Purpose, Promise] = {
    Purpose.CONTRACT: _("Who, services and orders"),
    Purpose.OPERATION: _("Services and hosting"),
    Purpose.BILLING: _("Invoices and payments"),
    Purpose.SUPPORT: _("Contact and messages"),
    Purpose.SECURITY: _("Journal of this customer"),
    Purpose.RIGHTS: _("Privacy rights"),
}

#: Every purpose in a word, for where there is no room for what the statement calls it.
PURPOSES: dict[Purpose, Promise] = {
    Purpose.ACCESS: _("logging in"),
    Purpose.CART: _("cart"),
    Purpose.CONTRACT: _("contract"),
    Purpose.OPERATION: _("operation"),
    Purpose.BILLING: _("billing"),
    Purpose.MESSAGES: _("messages"),
    Purpose.SUPPORT: _("support"),
    Purpose.COMPLAINTS: _("complaints"),
    Purpose.DUNNING: _("dunning"),
    Purpose.MONITORING: _("monitoring"),
    Purpose.DOMAINS: _("domains"),
    Purpose.SECURITY: _("security"),
    Purpose.NEWSLETTER: _("newsletter"),
    Purpose.INSIGHT: _("insight"),
    Purpose.IMPROVEMENT: _("improvement"),
    Purpose.FEEDBACK: _("satisfaction"),
    Purpose.RIGHTS: _("rights"),
    Purpose.DISCLOSURE: _("disclosure"),
    Purpose.RETENTION: _("retention"),
}

#: The kinds of second step that the login library knows.
SECOND_STEPS: dict[str, Promise] = {"totp": _("app"), "webauthn": _("passkey"), "sms": _("text message")}

#: Who did something, by kind of actor.
ACTORS: dict[str, Promise] = {
    "person": _("somebody with access to the account"),
    "visitor": _("somebody who was not logged in"),
    "staff": _("staff"),
    "job": _("automatically"),
    "system": _("automatically"),
}
