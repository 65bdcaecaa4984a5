"""P13, P14, P15: what is stored of payments, who handles them, and the numbers of orders."""

from hospes.proofs.registry import must, proof
from hospes.proofs.stage import Stage

_PAID_FROM = (
    "SELECT count(*) FROM payments_paidfrom f JOIN payments_payment p ON p.id = f.payment_id"
    " JOIN sales_order o ON o.id = p.order_id WHERE o.number = %s"
)

_MANDATE = (
    "INSERT INTO debits_mandate (customer_id, reference, creditor_id, creditor_name, creditor_address, holder, account, signed_by_id,"
    " signed_at, signed_on, language, text_version, text_sha256, state, ended_why, ended_code) SELECT c.id, 'M0-0', 'x', 'x', 'x', 'x',"
    " 'NL', m.person_id, now(), current_date, 'nl', 'x', 'x', 'active', '', '' FROM customers_customer c"
    " JOIN customers_membership m ON m.customer_id = c.id WHERE c.number = %s LIMIT 1"
)


@proof(
    "P13",
    enforced_by="triggers: payment_data_only_after_success on payments_paidfrom, mandate_only_after_success on debits_mandate;"
    " column grants of billing only",
)
def payment_data_only_after_success(stage: Stage) -> str:
    account = stage.sign_up()
    order = stage.order(account)
    reference = stage.begin_paying(account, order)
    must(stage.value(_PAID_FROM, order) == 0, "payment data is there before the payment")
    said = stage.held_by(
        "payment_data_only_after_success",
        "INSERT INTO payments_paidfrom (payment_id, customer_id, holder, account, stored_at)"
        " SELECT id, customer_id, 'x', 'NL00', now() FROM payments_payment WHERE reference = %s", (reference,),
    )  # fmt: skip
    stage.held_by("mandate_only_after_success", _MANDATE, (account.number,))
    for login, purpose in (
        ("worker", "contract"),
        ("worker", "messages"),
        ("office", "support"),
        ("office", "security"),
    ):
        stage.denied(login, purpose, "SELECT iban FROM debits_mandateaccount")
    for login, purpose in (
        ("worker", "contract"),
        ("worker", "messages"),
        ("office", "support"),
        ("office", "security"),
    ):
        stage.denied(login, purpose, "SELECT account FROM payments_paidfrom")
        stage.denied(login, purpose, "SELECT other_account FROM bank_bankline")
    stage.at_provider(reference, "failed")
    stage.wait(
        "the failed payment",
        lambda: stage.value("SELECT state FROM payments_payment WHERE reference = %s", reference) == "failed",
    )
    must(stage.value(_PAID_FROM, order) == 0, "payment data is there after a payment that failed")
    again = stage.begin_paying(account, order)
    stage.at_provider(again, "paid")
    stage.wait("the account number", lambda: stage.value(_PAID_FROM, order))
    return (
        "nothing before paying, nothing after a failed attempt, stored after success, and shown to billing and rights only;"
        f" before it the database says: {said}"
    )


@proof(
    "P14",
    enforced_by="the payment provider's adapter with its declared payload; notices are checked with the provider",
)
def payments_go_through_the_provider(stage: Stage) -> str:
    account = stage.sign_up()
    order = stage.order(account)
    reference = stage.begin_paying(account, order)
    must("refresh" in account.browser.page.text, "the customer is not taken to the provider")
    # A notice alone proves nothing: the provider, when asked, says that it is open.
    account.browser.http.post("/betaling/melding/x/forged/", data={"id": reference})
    stored = stage.value("SELECT count(*) FROM payments_notice WHERE reference = %s", reference)
    must(stored == 0, "a notice that did not come from the provider was stored")
    account.browser.http.post(stage.notice_path(reference), data={"id": reference})
    stage.wait(
        "the notice",
        lambda: stage.value(
            "SELECT count(*) FROM payments_notice WHERE reference = %s AND applied_at IS NOT NULL", reference
        ),
    )
    state = stage.value("SELECT state FROM sales_order WHERE number = %s", order)
    must(state == "awaiting_payment", f"a notice without a payment made the order {state}")
    stage.at_provider(reference, "paid", "paypal")
    stage.wait(
        "the payment", lambda: stage.value("SELECT state FROM sales_order WHERE number = %s", order) == "paid"
    )
    return (
        f"{order} was paid at the provider ({reference}, PayPal); a forged notice before that changed nothing"
    )


@proof(
    "P15",
    enforced_by="unique constraints on quote and invoice numbers and on the invoice's origin; gapless series",
)
def each_order_has_a_quote_and_an_invoice_number(stage: Stage) -> str:
    account = stage.sign_up()
    orders = [stage.paid_order(account) for _ in range(2)]
    rows = stage.owner.execute(
        "SELECT q.number, i.number, i.quote_number, i.customer_id = o.customer_id FROM sales_order o"
        " JOIN sales_quote q ON q.id = o.quote_id JOIN billing_invoice i ON i.origin = 'order:' || o.id WHERE o.number = ANY(%s)",
        (orders,),
    ).fetchall()
    must(
        len(rows) == 2 and len({r[0] for r in rows}) == 2 and len({r[1] for r in rows}) == 2,
        f"numbers are missing or double: {rows}",
    )
    must(
        all(quote == linked and same for quote, _, linked, same in rows),
        "an invoice is not linked to its quote and account",
    )
    said = stage.denied("worker", "billing", "UPDATE billing_invoice SET number = 'F0-1' RETURNING id")
    invoice, quote = stage.owner.execute(
        "SELECT i.id, q.id FROM billing_invoice i JOIN sales_quote q ON q.number = i.quote_number WHERE i.number = %s",
        (rows[0][1],),
    ).fetchone() or (0, 0)
    elsewhere = "sequence + 1000000"  # another place in the series, so that nothing else refuses it
    stage.no_second("billing_invoice", "number", invoice, origin="origin || '-again'", sequence=elsewhere)
    stage.no_second("billing_invoice", "origin", invoice, number="'F0-1'", sequence=elsewhere)
    stage.no_second(
        "sales_quote", "number", quote, by="one_quote_per_number_and_version", key="key || '-again'"
    )
    gaps = stage.value(
        "SELECT max(n) - count(*) FROM (SELECT split_part(number, '-', 2)::int AS n FROM billing_invoice"
        " WHERE number LIKE 'F' || extract(year FROM now())::text || '-%%') numbers"
    )
    must(gaps == 0, f"{gaps} invoice numbers are missing in this year's series")
    return f"{', '.join(f'{q} became {i}' for q, i, _, _ in rows)}; no gap, no number twice; a number cannot be changed ({said})"
