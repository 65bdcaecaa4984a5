"""P01, P03, P10: who people are, and in which capacity they buy."""

from hospes.proofs.registry import must, proof
from hospes.proofs.stage import Stage


@proof(
    "P01",
    enforced_by="column grants on customers_person; the constraint customer_is_known_by_name; the mails' greeting",
)
def addressed_by_name(stage: Stage) -> str:
    account = stage.sign_up()
    name = stage.value(
        "SELECT given_name || ' ' || family_name FROM customers_person WHERE email = %s", account.email
    )
    account.browser.get(account.page())
    must(name in account.browser.text, f"the overview does not call the customer {name}")
    mail = str(stage.mail(account.email, "confirm-email"))
    must(name.split()[0] in mail, "the mail does not call the customer by name")
    must(f"Beste {account.number}" not in mail, "the mail calls the customer by number")
    said = stage.denied("portal", "cart", "SELECT family_name FROM customers_person", person=1)
    nameless = "UPDATE customers_customer SET name = '' WHERE number = %s"
    said_too = stage.held_by("customer_is_known_by_name", nameless, (account.number,))
    return f"page and mail say {name}; the purpose of the cart does not get it ({said}); nobody is without a name ({said_too})"


@proof("P03", enforced_by="row policies on customer_id; the constraints on private and business customers")
def private_and_business_are_apart(stage: Stage) -> str:
    private, company = stage.sign_up(), stage.sign_up(business=True)
    order = stage.paid_order(company)
    kind = stage.value(
        "SELECT c.kind FROM customers_customer c JOIN sales_order o ON o.customer_id = c.id WHERE o.number = %s",
        order,
    )
    must(kind == "business", f"the order of the company was booked as {kind}")
    theirs = stage.value("SELECT id FROM customers_customer WHERE number = %s", company.number)
    mine = stage.value("SELECT id FROM customers_customer WHERE number = %s", private.number)
    for table, purpose in (
        ("sales_order", "contract"),
        ("billing_invoice", "billing"),
        ("services_service", "contract"),
    ):
        owners = [
            row[0]
            for row in stage.seen_as("portal", purpose, f"SELECT customer_id FROM {table}", customer=theirs)
        ]  # a name from the line above
        must(owners, f"the company does not see its own {table}")
        must(set(owners) == {theirs}, f"the company sees rows of others in {table}")
        leaked = stage.seen_as(
            "portal",
            purpose,
            f"SELECT customer_id FROM {table} WHERE customer_id = %s",
            (theirs,),
            customer=mine,
        )
        must(not leaked, f"another customer sees {table} of the company")
    private.browser.get(company.page(f"bestellingen/{order}/"), expect=404)
    said = stage.held_by(
        "private_customer_has_no_company_numbers",
        "UPDATE customers_customer SET kvk_number = '90001234' WHERE number = %s", (private.number,),
    )  # fmt: skip
    return (
        f"order {order} belongs to the company with its invoice and service; for a private customer it does not exist"
        f" (404, 0 rows), and company numbers are refused ({said})"
    )


@proof(
    "P10", enforced_by="the unique constraint on customers_customer.number, given out by hospes_next_number"
)
def each_customer_has_a_number(stage: Stage) -> str:
    numbers = [stage.sign_up().number for _ in range(2)]
    must(len(set(numbers)) == 2, f"two customers have the same number: {numbers}")
    taken = stage.value("SELECT id FROM customers_customer WHERE number = %s", numbers[0])
    said = stage.no_second("customers_customer", "number", taken)
    return f"two new customers got {numbers[0]} and {numbers[1]}; the first number again: {said}"
