"""P30: who may see what, from the map down to the database."""

import psycopg

from hospes.kernel.logins import LOGINS
from hospes.proofs.registry import must, proof
from hospes.proofs.staff import staff_is_held_to_its_roles, who_sees_as_the_customer_only_looks
from hospes.proofs.stage import Stage


@proof(
    "P30",
    enforced_by="database logins without rights, purposes as roles, column grants and row policies from the data map;"
    " of staff: the trigger guard_staff, the constraint role_acts_for_what_the_office_may, the trigger keep_an_administrator;"
    " of who sees as a customer sees: the trigger guard_viewing, the constraint viewing_is_short, a READ ONLY transaction",
)
def only_who_needs_it_has_access(stage: Stage) -> str:
    stage.sign_up()  # somebody whose rows could be seen
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
        "SELECT string_agg(DISTINCT p.tablename, ', ') FROM pg_policies p JOIN pg_class c ON c.relname = p.tablename"
        " WHERE p.schemaname = 'public' AND c.relnamespace = 'public'::regnamespace AND NOT c.relrowsecurity"
    )
    must(unlocked is None, f"row policies are off for {unlocked}")
    looks = _looks_of_a_twin_without_anybody(stage)
    said = stage.denied("office", "support", "SELECT account FROM payments_paidfrom")
    said_too = stage.denied("portal", "billing", "SELECT number FROM billing_invoice")
    return (
        f"without a purpose all {refused} looks were refused; in {looks} looks for a purpose but about nobody nothing was seen;"
        f" support gets no account number ({said}); the portal no unscoped role ({said_too}); {staff_is_held_to_its_roles(stage)};"
        f" {who_sees_as_the_customer_only_looks(stage)}"
    )


def _looks_of_a_twin_without_anybody(stage: Stage) -> int:
    """How many tables the scoped roles may look into; Broken when one of them sees a row that is nobody's."""
    twins = stage.owner.execute(
        "SELECT p.tablename, r.role::text FROM pg_policies p CROSS JOIN LATERAL unnest(p.roles) r(role)"
        " WHERE p.schemaname = 'public' AND pg_has_role(%s, r.role::text, 'MEMBER') AND has_any_column_privilege(r.role::text, p.tablename, 'SELECT')"
        " ORDER BY 1, 2", (f"{stage.prefix}_login_portal",),
    ).fetchall()  # fmt: skip
    must(twins, "there are no scoped roles")
    with stage.login("portal") as connection:
        for table, role in twins:
            with connection.transaction(force_rollback=True):
                connection.execute("SELECT set_config('role', %s, true)", [role])
                seen = connection.execute(
                    f"SELECT 1 FROM {table} LIMIT 1"
                ).fetchall()  # names from the catalogue
            must(not seen, f"{role} sees rows of {table} without saying whose")
    return len(twins)
