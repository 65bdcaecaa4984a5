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
    "staff.service_dropped": _("Service that was not delivered dropped by our staff"),
    "staff.panel_asked": _("Hosting server asked by our staff"),
    "staff.withdrawal_carried_out": _("Withdrawal carried out by our staff"),
    "staff.charges_settled": _("Amounts put on an invoice or credit note again by our staff"),
    "staff.work_finished": _("Work for a customer done by our staff"),
    "staff.order_cancelled": _("Order that was not paid cancelled by our staff"),
    "staff.order_delivered": _("Delivery of an order tried again by our staff"),
    "staff.invoice_file_made": _("Making the file of an invoice tried again by our staff"),
    "staff.job_retried": _("Work that had failed tried again by our staff"),
    "staff.work_taken": _("Work taken in hand by a colleague"),
    "staff.work_released": _("Work let go of by a colleague"),
    "staff.report_downloaded": _("Report downloaded by our staff"),
    "ledger.exported_for_accountant": _("Books of a year downloaded for the accountant"),
    "ledger.exported_for_tax_office": _("Books of a year downloaded for the tax office"),
    "ledger.exported_for_own_check": _("Books of a year downloaded to look into them"),
    "bank.looked_at": _("Line of a bank statement looked at by our staff"),
    "reconciling.looked_at": _("Difference between books, payment provider and bank looked at by our staff"),
    "reconciling.downloaded": _("List of differences downloaded by our staff"),
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

#: What is done in the background, by the names of the jobs.
TASKS: dict[str, Promise] = {
    "accounts.jobs.clear_codes": _("Clearing codes that ended"),
    "accounts.jobs.clear_sessions": _("Clearing sessions that ended"),
    "accounts.jobs.clear_tries": _("Clearing tries that count no more"),
    "accounts.jobs.clear_where_from": _("Clearing what is kept no longer about sessions, devices and places"),
    "accounts.jobs.remind_of_releases": _("Reminding of a second step that will be taken off"),
    "billing.einvoices.jobs.send": _("Sending an e-invoice"),
    "billing.einvoices.jobs.sweep": _("Asking what became of e-invoices"),
    "billing.einvoices.jobs.sweep_addresses": _("Looking up addresses for e-invoices"),
    "billing.jobs.check_vat_number": _("Checking a VAT number"),
    "billing.jobs.make_document": _("Making the file of an invoice"),
    "billing.run.jobs.run_of_today": _("The billing run of tonight"),
    "billing.run.jobs.tell_of_renewals": _("Telling consumers what is about to be renewed"),
    "billing.jobs.settle_charges": _("Putting amounts of a customer on invoices and credit notes"),
    "billing.jobs.sweep_charges": _("Looking for amounts that are on no invoice yet"),
    "billing.jobs.sweep_exemptions": _("Beginning and ending exemptions from VAT"),
    "billing.jobs.sweep_vat_numbers": _("Looking for VAT numbers to be checked"),
    "billing.ledger.jobs.keep_up": _("Booking revenue of the month and what is missing in the ledger"),
    "hosting.jobs.follow": _("Changing or removing a hosting account"),
    "hosting.jobs.provision": _("Making a hosting account"),
    "messaging.jobs.deliver": _("Sending a message"),
    "messaging.jobs.deliver_text": _("Sending a text message"),
    "messaging.jobs.sweep_texts": _("Asking what became of text messages"),
    "payments.debits.jobs.day_begins": _(
        "Direct debits of the day: booking, announcing, the file for the bank"
    ),
    "payments.debits.jobs.keep_up": _("Calling off direct debits that are no longer due"),
    "payments.balances.jobs.pay_out": _("Paying back a balance"),
    "payments.balances.jobs.send": _("Paying back a balance through the payment provider"),
    "payments.balances.jobs.sweep": _("Setting off balances with invoices"),
    "payments.chargebacks.jobs.fetch": _("Looking up what was taken back of a payment"),
    "payments.chargebacks.jobs.sweep": _("Looking for payments that were taken back"),
    "payments.collecting.jobs.collect": _("Collecting an invoice through the payment provider"),
    "payments.collecting.jobs.look_after": _("Looking whether leave to collect still holds"),
    "payments.collecting.jobs.revoke": _("Ending leave to collect at the payment provider"),
    "payments.collecting.jobs.sweep": _("Announcing and collecting invoices by themselves"),
    "payments.jobs.apply_notice": _("Looking into a notice of the payment provider"),
    "payments.bank.jobs.match_lines": _("Finding what money at the bank is for"),
    "payments.reconciling.jobs.look_again": _(
        "Comparing a day with the payment provider and the bank once more"
    ),
    "payments.reconciling.jobs.pay_back": _("Paying back a payment that was not for us"),
    "payments.reconciling.jobs.reconcile": _("Comparing books, payment provider and bank"),
    "payments.jobs.book_missing": _("Booking payments that are missing in the ledger"),
    "payments.jobs.check": _("Looking up a payment"),
    "payments.jobs.let_go": _("Cancelling a payment at the provider"),
    "payments.jobs.send_refund": _("Paying back through the payment provider"),
    "payments.jobs.sweep_refunds": _("Asking what became of what is paid back"),
    "payments.jobs.sweep_paid_back": _("Asking whether what was paid back arrived"),
    "payments.jobs.see_to_cancelled": _("Seeing to what hangs on a cancelled order"),
    "payments.jobs.sweep_unpaid": _("Reminding of orders that are not paid, and cancelling them"),
    "payments.jobs.sweep": _("Looking for payments that no notice told of"),
    "sales.jobs.deliver": _("Setting up what was ordered"),
    "sales.jobs.put_on_account": _("Invoicing an order that is on account"),
    "sales.jobs.sweep_quotes": _("Closing quotes that are over, and reminding of others"),
    "sales.jobs.sweep_carts": _("Clearing carts that nobody uses"),
    "sales.jobs.take_in": _("Taking in a withdrawal"),
    "services.jobs.carry_out": _("Carrying out what was asked about a service"),
    "services.jobs.carry_out_move": _("Handing a service over"),
    "services.jobs.offer_move": _("Offering a service to another customer"),
    "services.jobs.day_begins": _("Ending services and beginning planned changes"),
}


def task_words(task: str) -> str:
    """What a job does; its bare name when nobody has words for it."""
    return str(TASKS.get(task, task))
