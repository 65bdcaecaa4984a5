"""P09, P25: who gets in, and that nobody passes for somebody else."""

import re
import secrets
from collections.abc import Iterator

import psycopg

from hospes.proofs.browser import Browser
from hospes.proofs.programs import a_token_is_held_by_nobody
from hospes.proofs.registry import must, proof
from hospes.proofs.second import password_alone_is_not_enough
from hospes.proofs.stage import Account, Stage


def _tries(stage: Stage, email: str, passwords: list[str]) -> Iterator[Browser]:
    """Somebody tries passwords for an address, each from another network."""
    for password in passwords:
        browser = stage.browser().get("/account/login/")
        fields = {"login": email, "password": password, "csrfmiddlewaretoken": browser.token}
        browser.answer = browser.http.post(
            "/account/login/", data=fields, headers={"referer": str(browser.page.url)}
        )
        yield browser


def _is_in(browser: Browser, account: Account) -> bool:
    browser.answer = browser.http.get(account.page())
    return browser.page.status_code == 200 and browser.path == account.page()


def _reset(stage: Stage, account: Account, browser: Browser, password: str) -> str:
    """The address of a link for a new password, after it was used in this browser."""
    browser.get("/account/password/reset/").submit({"email": account.email}, has="email")
    letter = str(stage.mail(account.email, "password/reset/key")["text"])
    found = re.search(r"http://\S+/account/password/reset/key/\S+", letter)
    must(found, "the mail for a new password has no link")
    link = found.group(0) if found else ""
    must(link.startswith(f"{stage.portal}/"), f"the link leads to {link}")
    browser.get(link).submit({"password1": password, "password2": password}, has="password1")
    must("/done/" in browser.path, f"a new password could not be chosen: {browser.path}")
    return link


@proof(
    "P09",
    enforced_by="Argon2id; hashes that only the purpose of access reads; tries counted by accounts_take_turn, whose counts"
    " no login can change; row policies on memberships",
)
def only_who_has_access_logs_in(stage: Stage) -> str:
    account, other = stage.sign_up(), stage.sign_up()
    must(_is_in(account.browser, account), "who signed up does not get in")
    other.browser.get(account.page(), expect=404)
    guesses = [f"guess {secrets.token_hex(4)}" for _ in range(12)]
    statuses = [browser.page.status_code for browser in _tries(stage, account.email, guesses)]
    nobody = [
        b.page.status_code for b in _tries(stage, f"nobody-{secrets.token_hex(4)}@mail.example", guesses)
    ]
    must(
        statuses[0] == 200 and statuses[-1] == 429,
        f"twelve guesses from twelve networks were answered {statuses}",
    )
    must(nobody == statuses, f"for an address that nobody has they were answered {nobody}, not {statuses}")
    must(_is_in(account.browser, account), "who is logged in was locked out by somebody else's guesses")
    owner, new = stage.browser(), f"nieuw woord {secrets.token_hex(6)}"
    _reset(stage, account, owner, new)
    stage.log_in(owner, account.email, new)
    must(_is_in(owner, account), "who read their own mail could not log in while others guessed")
    person = stage.value("SELECT id FROM customers_person WHERE email = %s", account.email)
    read = "SELECT password FROM customers_person"
    said = [
        stage.denied("office", purpose, read) for purpose in ("support", "contract", "billing", "security")
    ]
    stage.denied("portal", "contract", read, person=person)
    stage.denied("worker", "messages", read)
    for login in ("portal", "office", "door", "worker"):
        _may_not_count(stage, login)
    mine = stage.value("SELECT id FROM customers_customer WHERE number = %s", other.number)
    theirs = stage.value("SELECT id FROM customers_customer WHERE number = %s", account.number)
    seen = stage.seen_as(
        "portal",
        "contract",
        "SELECT 1 FROM customers_membership WHERE customer_id = %s",
        (theirs,),
        customer=mine,
    )
    must(not seen, "a customer sees who has access to another one")
    return (
        f"another customer gets no page; after {statuses.count(200)} of 12 guesses from 12 networks the rest had to wait, as for an"
        f" address that nobody has; who read their own mail got in meanwhile; hashes are for the door only ({said[0]})"
    )


def _may_not_count(stage: Stage, login: str) -> None:
    """Broken when a login can touch the counts of tries but by trying."""
    for statement in (
        "DELETE FROM accounts_tries",
        "UPDATE accounts_tries SET not_before = now()",
        "SELECT key FROM accounts_tries",
    ):
        with stage.login(login) as connection:
            try:
                connection.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                continue
            must(False, f"{login} may {statement}")


@proof(
    "P25",
    enforced_by="the rules for passwords; links for a new one that work once (accounts_passwordreset) and expire by constraint;"
    " sessions that end with the password; answers that tell nothing; the second step, which hospes_scope demands where a"
    " customer does; tokens of programs that are held as hashes for the door only, and end by token_lasts_a_year_at_most",
)
def nobody_passes_for_somebody_else(stage: Stage) -> str:
    account = stage.sign_up()
    stored = str(stage.value("SELECT password FROM customers_person WHERE email = %s", account.email))
    must(stored.startswith("argon2$argon2id$"), f"the password is stored as {stored.split('$')[0]}")
    name = stage.value(
        "SELECT family_name || given_name FROM customers_person WHERE email = %s", account.email
    )
    refused = [_refused(account, password) for password in ("Wachtwoord2024!", f"{name}!", "te kort")]
    elsewhere, thief = stage.browser(), stage.browser()
    stage.log_in(elsewhere, account.email, account.password)
    must(_is_in(elsewhere, account), "a second browser could not log in")
    link = _reset(stage, account, thief, f"nieuw woord {secrets.token_hex(6)}")
    again = stage.browser().get(link)
    must("password1" not in again.page.text, "a link for a new password works twice")
    for browser in (elsewhere, account.browser):
        must(not _is_in(browser, account), "a session went on after the password was changed")
    stage.mail(account.email, "gewijzigd")
    answers = []
    for email in (account.email, f"nobody-{secrets.token_hex(4)}@mail.example"):
        asked = stage.browser().get("/account/password/reset/").submit({"email": email}, has="email")
        [tried] = _tries(stage, email, ["wrong wrong wrong"])
        answers.append((asked.text, tried.text.replace(email, "")))
    must(answers[0] == answers[1], "an answer says whether an address is known")
    said = stage.held_by(
        "reset_expires_after_it_was_asked_for",
        "INSERT INTO accounts_passwordreset (person_id, asked_at, expires_at) SELECT id, now(), now() FROM customers_person LIMIT 1",
    )
    person = stage.value("SELECT id FROM customers_person WHERE email = %s", account.email)
    said_too = stage.denied(
        "portal", "contract", "UPDATE customers_person SET password = '' RETURNING id", person=person
    )
    told = f"{password_alone_is_not_enough(stage)}; {a_token_is_held_by_nobody(stage)}"
    return (
        f"{len(refused)} weak passwords were refused, such as: {refused[0]}; a link works once and ended two sessions; no link without"
        f" an end ({said}); a customer's own session changes no password ({said_too}); {told}"
    )


def _refused(account: Account, password: str) -> str:
    """Why a password is refused; Broken when it is taken."""
    browser = account.browser.get("/account/password/change/")
    browser.submit(
        {"oldpassword": account.password, "password1": password, "password2": password}, has="password1"
    )
    must(
        browser.path.endswith("/password/change/") and "password1_error" in browser.page.text,
        f"{password} was taken as a password",
    )
    found = re.search(r'id="id_password1_error">.*?<p>(.*?)</p>', browser.page.text, re.DOTALL)
    return found.group(1) if found else ""
