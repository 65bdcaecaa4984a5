"""P11, P12: from where an account is used, and what that protects it against."""

import re

from hospes.proofs.browser import Browser
from hospes.proofs.registry import must, proof
from hospes.proofs.stage import Account, Stage

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"


def _person(stage: Stage, account: Account) -> int:
    return int(stage.value("SELECT id FROM customers_person WHERE email = %s", account.email))


def _address(stage: Stage, person: int, action: str) -> str:
    """From which address something was done last, as the journal has it."""
    found = stage.value(
        "SELECT host(ip) FROM kernel_journalentry WHERE person_id = %s AND action = %s ORDER BY id DESC LIMIT 1", person, action
    )  # fmt: skip
    must(found, f"the journal has no address of {action}")
    return str(found)


@proof(
    "P11",
    enforced_by="the trigger journal_chain, which takes the address from who acts; the row policy of security on the journal",
)
def the_customer_sees_from_where(stage: Stage) -> str:
    account, other = stage.sign_up(), stage.sign_up()
    person = _person(stage, account)
    thief = stage.browser()
    thief.http.headers["user-agent"] = FIREFOX
    thief.get("/account/login/").submit(
        {"login": account.email, "password": "niet het wachtwoord"}, has="login"
    )
    tried, logged_in = (
        _address(stage, person, "account.login_failed"),
        _address(stage, person, "account.login"),
    )
    must(tried != logged_in, "two visitors came from one address, so nothing can be told apart")
    page = account.browser.get(account.page("toegang/geschiedenis/")).text
    for what in (tried, logged_in, "Firefox 144"):
        must(what in page, f"the page of {account.number} does not show {what}")
    must(
        tried not in other.browser.get(other.page("toegang/geschiedenis/")).text,
        "another customer sees from where it was tried",
    )
    count = "SELECT count(*) FROM kernel_journalentry WHERE person_id = %s"
    theirs = stage.seen_as("portal", "security", count, (person,), person=_person(stage, other))
    must(theirs == [(0,)], f"another customer's session sees {theirs[0][0]} entries of this one")
    mine = stage.seen_as("portal", "security", count, (person,), person=person)
    must(mine[0][0] > 1, "the customer's own session does not see the entries")
    said = stage.denied(
        "portal", "security", "UPDATE kernel_journalentry SET ip = '192.0.2.1' WHERE person_id = %s RETURNING id", (person,),
        person=person,
    )  # fmt: skip
    return f"the page shows the login from {logged_in} and the attempt from {tried} by Firefox 144; others see neither ({said})"


@proof(
    "P12",
    enforced_by="hospes_from_here, by which the database shows a person no row from elsewhere; the list of open sessions; "
    "codes for devices and places that are not known",
)
def the_address_protects_the_account(stage: Stage) -> str:
    account = stage.sign_up()
    stranger = stage.browser()
    stranger.get("/account/login/").submit(
        {"login": account.email, "password": account.password}, has="login"
    )
    must(
        stranger.path == "/account/nieuwe-plek/",
        f"a strange device with the password is let in to {stranger.path}",
    )
    must(
        "/account/" in str(stranger.http.get(account.page()).url),
        "before the code from the mail the account is open",
    )
    code = re.search(r"^(\d{6})\s*$", stage.mail(account.email, "Uw code")["text"], re.MULTILINE)
    must(code, "the mail has no code")
    stranger.submit({"code": code[1] if code else ""}, has="code")
    must(stranger.get(account.page()).page.status_code == 200, "the right code does not let in")
    _shut_out(stage, account, stranger)
    return _limited(stage)


def _shut_out(stage: Stage, account: Account, stranger: Browser) -> None:
    """The link in the mail about the new login ends it, without logging in."""
    link = re.search(r"http://\S+/account/niet-ik/\S+", stage.mail(account.email, "niet-ik")["text"])
    must(link, "the mail about the new login has no link")
    stage.browser().get(link[0] if link else "").submit({}, has="csrfmiddlewaretoken")
    must(stranger.http.get(account.page()).status_code == 200 and "/account/login/" in str(stranger.http.get(account.page()).url),
         "the session that was reported goes on")  # fmt: skip


def _limited(stage: Stage) -> str:
    """A cookie that was stolen is worth nothing from a network that the customer does not allow."""
    account, other = stage.sign_up(), stage.sign_up()
    person = _person(stage, account)
    customer = stage.value("SELECT id FROM customers_customer WHERE number = %s", account.number)
    here = _address(stage, person, "account.login")
    account.browser.get(account.page("toegang/plaatsen/")).submit({"network": f"{here}/32"}, has="network")
    must(
        account.browser.get(account.page()).page.status_code == 200,
        "from the network that is allowed one does not get in",
    )
    thief = stage.browser()
    thief.http.cookies.update(account.browser.http.cookies)
    thief.get(account.page("facturen/"), expect=403)
    for ip, allowed in ((here, True), ("198.51.100.9", False)):
        said = stage.value("SELECT hospes_from_here(%s, %s::inet, '')", customer, ip)
        must(said is allowed, f"from {ip} the database says {said}")
    limits = "SELECT count(*) FROM accounts_accesslimit WHERE customer_id = %s"
    theirs = stage.value("SELECT id FROM customers_customer WHERE number = %s", other.number)
    must(
        stage.seen_as("portal", "security", limits, (customer,), customer=theirs) == [(0,)],
        "others see where one may get in",
    )
    session = stage.value("SELECT id FROM accounts_opensession WHERE person_id = %s", person)
    twice = stage.no_second("accounts_opensession", "key", session)
    return f"limited to {here}, the same cookie from another network gets 403 and the database shows nothing; {twice}"
