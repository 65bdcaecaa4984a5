"""P07: codes by text message. And for P25: whoever has the password only does not get in where there is a second step."""

import secrets

from hospes.proofs.browser import Browser
from hospes.proofs.registry import must, proof
from hospes.proofs.stage import Account, Stage

_STEP, _PHONE = "/account/2fa/authenticate/", "/account/2fa/sms/"


def _number() -> str:
    return f"+31612{secrets.randbelow(10**6):06d}"


def _turn_on(stage: Stage, account: Account, number: str) -> str:
    """The code by which a number was confirmed."""
    account.browser.get(_PHONE).submit({"number": number}, has="number")
    code = stage.text_code(number)
    must(
        not stage.value("SELECT count(*) FROM accounts_phone WHERE number = %s", number),
        "a number was taken into use before the code came back",
    )
    account.browser.get(_PHONE).submit({"code": code}, has="code")
    must(
        "/recovery-codes/" in account.browser.path,
        f"the code did not confirm the number: {account.browser.path}",
    )
    return code


def _password_given(stage: Stage, account: Account) -> Browser:
    browser = stage.browser().get("/account/login/")
    browser.submit({"login": account.email, "password": account.password}, has="login")
    must(browser.path == _STEP, f"the password alone led to {browser.path}")
    return browser


def _gives(browser: Browser, code: str) -> bool:
    """Whether a code lets this browser in."""
    browser.submit({"code": code}, has="code")
    return browser.path != _STEP


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@proof(
    "P07",
    enforced_by="codes that are sealed for the worker and hashed for the session that asked; their life is held by"
    " phone_code_is_short_lived and phone_code_that_is_over_holds_nothing; numbers that only access and messages read",
)
def the_phone_gets_the_codes(stage: Stage) -> str:
    account, number = stage.sign_up(), _number()
    for barred in ("0900 1234567", "020 1234567", "+1 202 555 0123"):
        browser = account.browser.get(_PHONE).submit({"number": barred}, has="number")
        must("id_number_error" in browser.page.text, f"a code was sent to {barred}")
    first = _turn_on(stage, account, number)
    owner = _password_given(stage, account)  # the code is sent by itself: there is no other way
    code = stage.text_code(number, count=2)
    thief = _password_given(stage, account)
    must(not _gives(thief, code), "a code worked in another session")
    must(not _gives(owner, first), "a code worked a second time")
    must(_gives(owner, code), "the code that was sent did not let its owner in")
    unasked = stage.sign_up()
    person = stage.value("SELECT id FROM customers_person WHERE email = %s", unasked.email)
    must(
        not stage.value("SELECT count(*) FROM messaging_textmessage WHERE person_id = %s", person),
        "somebody who does not use it got a text message",
    )
    kept = stage.value("SELECT string_agg(t::text, ' ') FROM accounts_phonecode t WHERE number = %s", number)
    must(code not in str(kept), "the table has the code itself")
    said = stage.held_by(
        "phone_code_is_short_lived",
        "UPDATE accounts_phonecode SET expires_at = asked_at + interval '6 minutes' WHERE number = %s",
        (number,),
    )
    stage.held_by(
        "phone_code_that_is_over_holds_nothing",
        "UPDATE accounts_phonecode SET digest = 'x' WHERE number = %s AND closed_at IS NOT NULL",
        (number,),
    )
    for purpose in ("support", "contract", "billing", "security"):
        stage.denied("office", purpose, "SELECT number FROM accounts_phone")
    said_too = stage.denied("worker", "messages", "SELECT digest FROM accounts_phonecode")
    return (
        f"three numbers that cost extra or are elsewhere got nothing; two codes came to {number[:5]}…, each worked once and in the"
        f" session that asked; none lives longer than five minutes ({said}); the worker compares none ({said_too})"
    )


def password_alone_is_not_enough(stage: Stage) -> str:
    """What the second step holds back; Broken when it does not."""
    account, number = stage.sign_up(), _number()
    customer = stage.value("SELECT id FROM customers_customer WHERE number = %s", account.number)
    person = stage.value("SELECT id FROM customers_person WHERE email = %s", account.email)
    before = stage.browser()
    stage.log_in(before, account.email, account.password)
    code = _turn_on(stage, account, number)
    before.get(account.page())
    must(
        "/reauthenticate/" in before.path, f"a session from before the second step still shows {before.path}"
    )
    guesser = _password_given(stage, account)
    guesses = [_gives(guesser, _wrong(code)) for _ in range(6)]
    must(not any(guesses), "a wrong code let somebody in")
    stage.mail(account.email, "verkeerde code")
    guesser.get(account.page())
    must(guesser.path in (_STEP, "/account/login/"), f"without the second step {guesser.path} is shown")
    page = account.page("toegang/tweede-stap/")
    account.browser.get(page).submit({"demand": "on"}, has="demand")
    scope = "SELECT hospes_scope(%s::bigint, %s::bigint, now())"
    must(stage.value(scope, customer, person) == str(customer), "who has a second step is shut out")
    account.browser.get("/account/2fa/sms/remove/").submit({}, action="/sms/remove/")
    must(stage.value(scope, customer, person) == "", "the database lets somebody act who has no second step")
    account.browser.get(account.page())
    must(account.browser.path == "/account/2fa/", f"who has no second step is shown {account.browser.path}")
    return (
        "a session from before the second step shows nothing; six wrong codes got nobody in and were mailed about; a customer"
        " that asks it of everybody is shown to nobody without, by the application or the database"
    )
