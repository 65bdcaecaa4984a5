"""P30: who may see what, from the map down to the database."""

import psycopg

from hospes.kernel.logins import LOGINS
from hospes.proofs.registry import must, proof
from hospes.proofs.stage import Stage


@proof(
    "P30",
    enforced_by="database logins without rights, purposes as roles, column grants and row policies from the data map",
)
def only_who_needs_it_has_access(stage: Stage) -> str:
    refused = 0
    for name in LOGINS:
        with stage.login(name) as connection:
            for table in (
                "customers_person",
                "customers_customer",
                "billing_invoice",
                "payments_paidfrom",
                "messaging_message",
            ):
                try:
                    connection.execute(f"SELECT * FROM {table}")  # names from the line above
                except psycopg.errors.InsufficientPrivilege:
                    refused += 1
                connection.rollback()
    must(
        refused == 5 * len(LOGINS),
        f"only {refused} of {5 * len(LOGINS)} looks without a purpose were refused",
    )
    unlocked = stage.value(
        "SELECT string_agg(relname, ', ') FROM pg_class WHERE relname = ANY(%s) AND NOT relrowsecurity",
        [
            "customers_person",
            "customers_customer",
            "billing_invoice",
            "payments_paidfrom",
            "sales_order",
            "services_service",
        ],
    )
    must(unlocked is None, f"row policies are off for {unlocked}")
    said = stage.denied("office", "support", "SELECT account FROM payments_paidfrom")
    said_too = stage.denied("portal", "billing", "SELECT number FROM billing_invoice")
    return f"without a purpose all {refused} looks were refused; support gets no account number ({said}); the portal no unscoped role ({said_too})"
