"""P04, P20, P21, P22, P42: messages, access, the cart, what a customer is entitled to, and what registries get."""

import secrets

from hospes.proofs.registry import must, proof
from hospes.proofs.sharing import shared_access
from hospes.proofs.stage import Stage


@proof(
    "P04",
    enforced_by="messaging_message (one row, one key, one mail); column grants of the purpose of messages",
)
def important_messages_are_mailed(stage: Stage) -> str:
    account = stage.sign_up()
    order = stage.paid_order(account)
    invoice = stage.value(
        "SELECT i.number FROM billing_invoice i JOIN sales_order o ON i.origin = 'order:' || o.id WHERE o.number = %s",
        order,
    )
    stage.mail(account.email, order)
    stage.mail(account.email, str(invoice))
    kinds = stage.owner.execute(
        "SELECT m.kind, count(*) FROM messaging_message m JOIN customers_customer c ON c.id = m.customer_id"
        " WHERE c.number = %s GROUP BY 1 ORDER BY 1", (account.number,),
    ).fetchall()  # fmt: skip
    must(all(count == 1 for _, count in kinds), f"a message was made twice: {kinds}")
    said = stage.denied("worker", "messages", "SELECT kvk_number FROM customers_customer")
    return f"mailed about the account, the order and the invoice {invoice}, once each; messages do not see company numbers ({said})"


@proof(
    "P20",
    enforced_by="sessions of the portal; the 404 of pages for people without a membership; the office's own login; invitations"
    " bound to an address; the trigger customer_keeps_a_holder",
)
def logging_in_gives_access(stage: Stage) -> str:
    account, stranger = stage.sign_up(), stage.browser()
    account.browser.get(account.page("diensten/"))
    must(account.browser.path.endswith("/diensten/"), "who logged in does not get to the services")
    stranger.get(account.page("diensten/"))
    must("/account/login/" in stranger.path, f"somebody who is not logged in got to {stranger.path}")
    other = stage.sign_up()
    other.browser.get(account.page("diensten/"), expect=404)
    key = next(iter(account.browser.http.cookies.jar)).value or ""
    stored = stage.value("SELECT count(*) FROM accounts_session WHERE session_key = %s", key)
    must(stored == 0, "the session key is in the database as it is in the cookie")
    shared = shared_access(stage, account, other)
    return f"who logs in sees their services; a visitor is asked to log in, another customer finds no page; {shared}"


@proof(
    "P21", enforced_by="the cookie hospes_cart (on the map, 90 days); the cart's own purpose and row policy"
)
def the_cart_is_still_there(stage: Stage) -> str:
    visitor, label = stage.browser(), f"w{secrets.token_hex(5)}.example"
    visitor.get("/hosting/start/")
    must("hospes_cart" not in visitor.http.cookies, "a cookie for the cart is set before there is a cart")
    visitor.submit({"months": "1", "label": label}, has="label")
    cookie = visitor.http.cookies.get("hospes_cart") or ""
    later = stage.browser()
    later.http.cookies.set("hospes_cart", cookie)
    later.get("/hosting/winkelwagen/")
    must(label in later.text, "the cart is empty at the next visit")
    somebody_else = stage.browser()
    somebody_else.http.cookies.set("hospes_cart", secrets.token_hex(16))
    somebody_else.get("/hosting/winkelwagen/")
    must(label not in somebody_else.text, "another visitor sees the cart")
    for table in ("sales_cart", "sales_cartline"):
        seen = stage.seen_as(
            "portal", "cart", f"SELECT 1 FROM {table}", person=0
        )  # a name from the line above
        must(not seen, f"without its cookie {len(seen)} rows of {table} can be seen")
    return (
        f"{label} is in the cart at the next visit, for that browser only; no cookie before there is a cart"
    )


@proof(
    "P22",
    enforced_by="services_service with one service per sold line (unique origin); services.queries.entitlements",
)
def entitlements_are_known(stage: Stage) -> str:
    account = stage.sign_up()
    waiting = stage.order(account)
    account.browser.get(account.page("diensten/"))
    must("nog geen diensten" in account.browser.text.lower(), "an unpaid order already gives services")
    order = stage.paid_order(account)
    label = stage.value(
        "SELECT l.label FROM sales_quoteline l JOIN sales_order o ON o.quote_id = l.quote_id WHERE o.number = %s",
        order,
    )
    account.browser.get(account.page("diensten/"))
    must(
        label in account.browser.text, f"{label} was paid, but the customer is not told to be entitled to it"
    )
    made = stage.value(
        "SELECT count(*) FROM services_service s JOIN sales_order o ON o.customer_id = s.customer_id WHERE o.number = %s",
        order,
    )
    must(made == 1, f"{made} services came of one paid line")
    service = stage.value("SELECT id FROM services_service WHERE label = %s", label)
    stage.no_second("services_service", "origin", service, label="label || '.again'")
    own = stage.value("SELECT id FROM customers_customer WHERE number = %s", account.number)
    said = stage.denied(
        "portal", "contract", "UPDATE services_service SET state = 'active' RETURNING id", customer=own
    )
    return f"{label} stands under services since {order} was paid, {waiting} gives none; a customer cannot grant one ({said})"


@proof(
    "P42",
    enforced_by="a text by version for each extension; the trigger registries_are_known on orders; sales_registryknown",
)
def what_a_registry_gets_is_said_before_ordering(stage: Stage) -> str:
    account, name = stage.sign_up(), f"w{secrets.token_hex(5)}"
    browser = account.browser
    browser.get(f"/hosting/bestellen/domeinnaam/?naam={name}").submit({"extensie": ".nl"}, has="extensie")
    must(f"{name}.nl" in browser.text, "the name is not in the cart")
    gets = stage.value(
        "SELECT n.gets_nl FROM catalogue_registrynotice n JOIN catalogue_product p ON p.id = n.product_id"
        " WHERE p.extension = '.nl' ORDER BY n.valid_from DESC LIMIT 1"
    )
    must(" ".join(str(gets).split()) in browser.text, "the cart does not say what the registry gets")
    browser.get(account.page("afrekenen/"))
    must(" ".join(str(gets).split()) in browser.text, "the checkout does not say what the registry gets")
    browser.submit({"terms": "on", "do": "order"}, has="terms")
    orders = "SELECT count(*) FROM sales_order o JOIN customers_customer c ON c.id = o.customer_id WHERE c.number = %s"
    must(stage.value(orders, account.number) == 0, "a name was ordered by who did not say that they read it")
    browser.submit({"terms": "on", "registries": "on", "do": "order"}, has="terms")
    kept = stage.value(
        "SELECT n.version || ', ' || k.language FROM sales_registryknown k JOIN sales_order o ON o.id = k.order_id"
        " JOIN catalogue_registrynotice n ON n.id = k.notice_id JOIN customers_customer c ON c.id = o.customer_id"
        " WHERE c.number = %s AND k.known_at = o.placed_at", account.number,
    )  # fmt: skip
    must(kept, "it is not kept what was said with the order")
    order_id = int(stage.value("SELECT max(order_id) FROM sales_registryknown"))
    stage.owner.execute("CREATE TEMP TABLE IF NOT EXISTS once AS SELECT * FROM sales_order LIMIT 0")
    said = stage.held_by(
        "registries_are_known",
        f"DELETE FROM sales_registryknown WHERE order_id = {order_id};"  # a number
        f" INSERT INTO once SELECT * FROM sales_order WHERE id = {order_id}; DELETE FROM sales_order WHERE id = {order_id};"
        " INSERT INTO sales_order SELECT * FROM once; SET CONSTRAINTS ALL IMMEDIATE",
    )
    return f"shown in the cart and before ordering, kept with the order ({kept}); without it the database refuses: {said}"
