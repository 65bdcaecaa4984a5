"""P06, and what P20 says of people with whom somebody shares access: invited, in, out again, and always a holder."""

import re
import secrets

import psycopg

from hospes.proofs.registry import must, proof
from hospes.proofs.stage import Account, Stage


def shared_access(stage: Stage, account: Account, other: Account) -> str:
    """Somebody invites another customer's person, who gets in, and is out with the next click once that is taken away."""
    inviting = account.browser.get(account.page("toegang/uitnodigen/"))
    inviting.submit({"email": other.email, "role": "read_only", "last_day": ""}, has="email")
    letter = str(stage.mail(other.email, "/uitnodiging/")["text"])
    found = re.search(r"http://[^/\s]+(/\S*uitnodiging/\S+)", letter)
    must(found, "the mail of the invitation has no link")
    path = found.group(1) if found else ""
    stranger = stage.sign_up()
    stranger.browser.get(path)
    must(other.email not in stranger.browser.text, "somebody else's link tells the address that was invited")
    stranger.browser.http.post(path, data={"do": "accept", "csrfmiddlewaretoken": stranger.browser.token},
                               headers={"referer": str(stranger.browser.page.url)})  # fmt: skip
    stranger.browser.get(account.page("diensten/"), expect=404)
    other.browser.get(path).submit({"do": "accept"}, has="do")
    other.browser.get(account.page("diensten/"))
    stage.browser().get(path, expect=404)  # it was used
    account.browser.get(account.page("toegang/"))
    member = re.search(r"toegang/(\d+)/", account.browser.page.text)
    must(member, "who shares the access is not in the list")
    account.browser.get(account.page(f"toegang/{member.group(1) if member else 0}/")).submit(
        {}, action="/weg/"
    )
    other.browser.get(account.page("diensten/"), expect=404)
    return _held(stage, account)


def _held(stage: Stage, account: Account) -> str:
    """What the database holds to, whatever the pages do."""
    own = stage.value("SELECT id FROM customers_customer WHERE number = %s", account.number)
    seen = stage.seen_as(
        "door", "access", "SELECT DISTINCT customer_id FROM customers_membership", customer=own
    )
    must(seen == [(own,)], f"within one customer the access to {len(seen)} can be seen")
    stage.denied("door", "access", "SELECT seed FROM accounts_invitation")
    try:
        with stage.owner.transaction(force_rollback=True):
            stage.owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
            stage.owner.execute(
                "UPDATE customers_membership SET until = now() WHERE customer_id = %s AND role = 'holder'",
                [own],
            )
    except psycopg.IntegrityError as refusal:
        must("holder" in str(refusal), f"the last holder was kept by something else: {refusal}")
        return "who is invited gets in, with their own address only, and is out at once when that is taken away; the last holder stays"
    must(False, "the last holder of a customer can go")
    return ""


@proof(
    "P06",
    enforced_by="column grants: the phone number is read for helping and reaching somebody, for access and for monitoring"
    " alone; an address for emergencies is used once its mailbox confirmed it",
)
def a_phone_is_for_reaching_somebody(stage: Stage) -> str:
    account, mailbox = stage.sign_up(), f"nood-{secrets.token_hex(4)}@mail.example"
    person = stage.value("SELECT id FROM customers_person WHERE email = %s", account.email)
    own = stage.value("SELECT id FROM customers_customer WHERE number = %s", account.number)
    stage.owner.execute("UPDATE customers_person SET phone = '+31850000000' WHERE id = %s", [person])
    read = "SELECT phone FROM customers_person WHERE id = %s"
    seen = stage.seen_as("office", "support", read, (person,))
    must(seen == [("+31850000000",)], f"who is to reach somebody sees {seen}")
    refused = [
        stage.denied(login, purpose, read, (person,))
        for login, purpose in (
            ("office", "billing"),
            ("office", "contract"),
            ("worker", "messages"),
        )
    ]
    account.browser.get(account.page("adressen/")).submit(
        {"do": "ask", "use": "emergency", "email": mailbox}, has="email"
    )
    link = re.search(r"http://\S+/adres/\S+", str(stage.mail(mailbox, "/adres/")["text"]))
    must(link, "the mail to the address for emergencies has no link")
    used = "SELECT email FROM customers_contactaddress WHERE customer_id = %s AND ended_at IS NULL AND confirmed_at IS NOT NULL"
    must(
        not stage.seen_as("office", "support", used, (own,)),
        "an address is used before its mailbox confirmed it",
    )
    stage.browser().get(link.group(0) if link else "").submit({"do": "confirm"}, has="do")
    must(stage.seen_as("office", "support", used, (own,)) == [(mailbox,)], "a confirmed address is not there")
    stage.denied("office", "contract", used, (own,))
    return f"the phone number is there for who reaches somebody, and refused to {len(refused)} other purposes; {mailbox} counted once confirmed"
