"""
What somebody can read at most who runs SQL of their own in the portal's session: what its pages need, and no more (P30).

The portal's database login may act as five twins. For each this says once more, apart from the map, of which tables with
personal data it reads, makes, changes and deletes rows. Whoever gives a twin more, says so here, and which page needs it.
"""

from collections import defaultdict

import pytest

from hospes.kernel.datamap import mapped_tables
from hospes.kernel.derived import derived_grants
from hospes.kernel.logins import LOGINS
from hospes.kernel.purposes import Own, Purpose

pytestmark = pytest.mark.promise("P30")

READS = {
    Purpose.CART: {"sales_cart", "sales_cartline"},
    Purpose.CONTRACT: {
        "hosting_hostingaccount", "sales_order", "sales_quote", "sales_quoteline", "services_service",
        "services_servicechange", "services_content", "services_request", "services_charge",  # the page of a service
        "sales_withdrawal", "sales_refund",  # the page of an order: what came of a withdrawal
        "billing_taxstatus", "billing_locationevidence",  # ordering: which VAT it has, and what shows it abroad
        "catalogue_promotionuse",  # ordering with a code
        "services_task", "services_raisedservice", "services_raisenotice", "services_move", "services_moveoffer",  # services
        "sales_registryknown",  # the page of an order: what was read about registries
        "messaging_message",  # its key alone: that no message is sent twice
        "customers_customer", "customers_membership", "customers_person",  # the office's customer page acts as this twin too
    },
    Purpose.BILLING: {
        "billing_document", "billing_invoice", "billing_invoiceline", "billing_invoicetax", "payments_payment",
        "billing_taxstatus", "billing_viescheck",  # the office's part about invoices: which VAT, and why
        "payments_paidfrom",  # the page of an invoice shows its last digits
        "sales_order", "sales_quote", "sales_quoteline", "services_service",
        "billing_invoicesettings", "billing_einvoiceaddress",  # how invoices are wanted
        "payments_refund", "billing_stuckcharge",  # what is under way back
        "sales_registryknown",  # the page of an order
        "services_charge", "sales_refund",  # amounts that are not on an invoice, or not paid back, yet
        "customers_customer",  # the office's part about invoices: the address they go to
        "debits_mandate", "debits_debit",  # the pages of direct debit; of the account only its last four characters
        "payments_balance", "payments_balanceentry", "payments_payoutwish", "payments_payout",  # the page of the balance
        "payments_providermandate", "payments_collection", "payments_collectwish", "payments_payer",  # what is collected
        "payments_paymentshare",  # paying several invoices at once
        "payments_transferto",  # where to transfer to, for who chose that
        "payments_chargeback", "payments_chargebackpart",  # the office's page about what a bank took back
    },
    Purpose.SECURITY: {
        "kernel_journalentry", "accounts_opensession",
        "accounts_accesslimit",  # the page that lists them
        "customers_customer",  # number, kind and name: the head of the office's page, for who acts for nothing but this
        "accounts_stepdemand",  # the page about access: whether a customer demands a second step of everybody
        "accounts_viewing",  # the history: when our staff saw the pages as the customer does, and why
    },
}  # fmt: skip

WRITES = {
    (Purpose.CART, "INSERT"): {"sales_cart", "sales_cartline"},
    (Purpose.CART, "UPDATE"): {"sales_cart", "sales_cartline"},
    (Purpose.CART, "DELETE"): {"sales_cart", "sales_cartline"},
    (Purpose.CONTRACT, "INSERT"): {
        "messaging_message",
        "sales_order",
        "sales_quote",
        "sales_quoteline",
        "services_request",
        "sales_withdrawal",  # what is asked; a job does it
        "billing_locationevidence",
        "catalogue_promotionuse",  # with an order
        "services_move",  # asking that a service goes to somebody else
        "sales_registryknown",  # with an order
    },
    # A customer's own data are corrected by staff as this twin; their own page comes with the rights.
    (Purpose.CONTRACT, "UPDATE"): {
        "services_move",  # taking back what was offered
        "services_moveoffer",  # deciding upon it
        "customers_customer",
        "sales_quote",
        "catalogue_promotionuse",
    },
    (Purpose.BILLING, "INSERT"): {
        "payments_payment",
        "billing_invoicesettings",
        "billing_einvoiceaddress",
        "debits_mandate",
        "debits_mandateaccount",  # signing a mandate: its account number is written, and read by no twin
        "payments_paymentshare",  # several invoices at once
        "payments_payer",
        "payments_collectwish",  # asking to have invoices collected
        "payments_payoutwish",  # asking a balance back
    },
    (Purpose.BILLING, "UPDATE"): {
        "payments_payment",
        "billing_invoicesettings",
        "billing_einvoiceaddress",
        "debits_mandate",
        "payments_providermandate",
        "payments_collection",  # ending it, which a trigger holds it to
    },
    (Purpose.SECURITY, "INSERT"): {"accounts_stepdemand"},
    (Purpose.SECURITY, "UPDATE"): {"accounts_opensession"},  # ends one
    (Purpose.SECURITY, "DELETE"): {"accounts_stepdemand"},
}


def _rights() -> dict[tuple[Purpose, str], set[str]]:
    about_people = {mapped.table for mapped in mapped_tables() if mapped.entry.about_somebody}
    twins = {twin.role: twin.purpose for twin in LOGINS["portal"].may_act_as if isinstance(twin, Own)}
    found: dict[tuple[Purpose, str], set[str]] = defaultdict(set)
    for grant in derived_grants():
        # Every purpose writes the journal; that is what a trigger guards.
        if grant.role in twins and grant.table in about_people - {"kernel_journalentry"}:
            found[twins[grant.role], grant.right].add(grant.table)
        elif grant.role in twins and grant.table == "kernel_journalentry" and grant.right == "SELECT":
            found[twins[grant.role], "SELECT"].add(grant.table)
    return found


def test_the_portals_login_acts_as_twins_that_pages_need_and_nothing_else() -> None:
    assert LOGINS["portal"].may_act_as == {purpose.own for purpose in (*READS, Purpose.RIGHTS)}


def test_each_twin_reads_what_a_page_shows() -> None:
    rights = _rights()
    assert {purpose: rights[purpose, "SELECT"] for purpose in READS} == READS


def test_each_twin_writes_what_a_page_writes() -> None:
    rights = {key: tables for key, tables in _rights().items() if key[1] != "SELECT" and tables}
    assert rights == WRITES


def test_a_person_takes_along_everything_that_is_theirs() -> None:
    about_people = {mapped.table for mapped in mapped_tables() if mapped.entry.about_somebody}
    assert _rights()[Purpose.RIGHTS, "SELECT"] == about_people
