"""
The staff side of P30: what colleagues may do is data that the database holds them to; and who sees as a customer sees only looks.

Parts of that promise's proof.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass

from hospes.cli.totp import code
from hospes.proofs.browser import Browser
from hospes.proofs.registry import must
from hospes.proofs.stage import Stage


def staff_is_held_to_its_roles(stage: Stage) -> str:
    """
    Nobody changes who may do what but who has the power to; no role goes beyond the office; somebody always remains.

    Returns what was seen; Broken otherwise. Plays with two colleagues of its own, who stay on the stage.
    """
    _boss, agent = _colleague(stage, "administrator"), _colleague(stage, "support_agent")
    for what, sql in {
        "gives themselves a role": f"INSERT INTO accounts_staffpost (member_id, role_id) VALUES ({agent}, 'administrator')",
        "opens a purpose": "UPDATE accounts_staffrole SET purposes = purposes || '{billing}' WHERE key = 'support_agent'",
        "lets somebody stay on": f"UPDATE accounts_staffmember SET until = NULL WHERE person_id = {agent}",
    }.items():
        said = stage.refused_to("office", "security", f"{sql} RETURNING 1", actor=("staff", agent))
        must("does not manage the staff" in said, f"who has no power {what}: {said}")
    door = stage.denied(
        "door",
        "access",
        f"UPDATE accounts_staffmember SET until = NULL WHERE person_id = {agent} RETURNING 1",
    )
    beyond = stage.held_by(
        "role_acts_for_what_the_office_may",
        "UPDATE accounts_staffrole SET purposes = '{access}' WHERE key = 'support_agent'",
    )
    last = stage.held_by(
        "staff_keep_an_administrator", "UPDATE accounts_staffmember SET until = now() WHERE until IS NULL"
    )
    return f"who has no power over roles changes none ({said}), nor does the door ({door}); {beyond}; {last}"


def _colleague(stage: Stage, role: str) -> int:
    """Somebody who works in the office of the stage, made by its owner."""
    person = stage.value(
        "INSERT INTO customers_person (password, email, given_name, family_name, phone, language, is_active, created_at)"
        " VALUES ('!', %s, 'Proef', 'Collega', '', 'nl', true, now()) RETURNING id", f"collega-{secrets.token_hex(4)}@mail.example",
    )  # fmt: skip
    stage.owner.execute(
        "INSERT INTO accounts_staffmember (person_id, since, invited_at, invited_until, joined_at)"
        " VALUES (%s, now(), now(), now(), now())", [person],
    )  # fmt: skip
    stage.owner.execute("INSERT INTO accounts_staffpost (member_id, role_id) VALUES (%s, %s)", [person, role])
    return int(person)


def who_sees_as_the_customer_only_looks(stage: Stage) -> str:
    """
    A colleague sees a customer's pages with a reason, changes nothing there, and the customer is told; Broken otherwise.

    The colleague sets up a second step and stays on the stage.
    """
    customer, other = stage.sign_up(), stage.sign_up()
    office, agent = _in_the_office(stage)
    shown, reason = f"/zien/k/{customer.number}/", f"proef {secrets.token_hex(4)}"
    form = f"/klanten/{customer.number}/zien/"
    must(office.get(shown).path == form, f"without a reason {office.path} is shown")
    office.submit({"reason": reason}, has="reason")
    must(office.path == shown and reason in office.text, f"with a reason {office.path} is shown")
    must(
        office.get(f"/zien/k/{other.number}/").path == f"/klanten/{other.number}/zien/",
        "another customer is shown too",
    )
    stranger = stage.browser(face="office").get(shown)
    must(stranger.path == "/account/login/", f"somebody else's browser is shown {stranger.path}")
    invite = f"{shown}toegang/uitnodigen/"
    sent = {"email": "x@mail.example", "role": "holder", "csrfmiddlewaretoken": office.get(form).token}
    answer = office.http.post(invite, data=sent, headers={"referer": f"{stage.office}{shown}"})
    must(answer.status_code == 405, f"a form was answered {answer.status_code}")
    office.get(f"{shown}toegang/tweede-stap/", expect=403)
    office.get(f"{shown}facturen/", expect=403)  # of which support knows nothing
    told = customer.browser.get(customer.page("toegang/geschiedenis/")).text
    must(reason in told, "the customer is not told why a colleague looked")
    must(agent.name not in told, "the customer is told who looked")
    return f"who looks as customer {customer.number} does gives a reason that the customer reads, and {_held_back(stage, agent.id)}"


def _held_back(stage: Stage, agent: int) -> str:
    """What the database holds of it, of the colleague's newest look."""
    row = (
        "INSERT INTO accounts_viewing (customer_id, person_id, staff_id, opened_id, purpose, reason, pages, started_at, ends_at)"
        " SELECT customer_id, person_id, {staff}, opened_id, purpose, reason, pages, started_at, started_at + interval '{minutes} minutes'"
        " FROM accounts_viewing WHERE staff_id = %s ORDER BY id DESC LIMIT 1 RETURNING 1"
    )
    clerk = _colleague(stage, "billing_clerk")
    for actor, staff in ((clerk, clerk), (clerk, agent), (agent, clerk)):
        said = stage.refused_to(
            "office", "support", row.format(staff=staff, minutes=30), (agent,), actor=("staff", actor)
        )
        must("may not look as the customer does" in said, f"who may not look was refused otherwise: {said}")
    stage.denied("portal", "security", row.format(staff=agent, minutes=30), (agent,), customer=1)
    lasting = stage.held_by("viewing_is_short", row.format(staff=agent, minutes=31), (agent,))
    return f"changes nothing; not with a role that may not, nor in another's name ({said}); half an hour at most ({lasting})"


@dataclass(frozen=True)
class _Agent:
    id: int
    name: str


def _in_the_office(stage: Stage) -> tuple[Browser, _Agent]:
    """Somebody who helps customers, logged in to the office with a second step that they set up there."""
    account = stage.sign_up()
    person, name = stage.owner.execute(
        "SELECT id, given_name FROM customers_person WHERE email = %s", (account.email,)
    ).fetchone() or (0, "")
    stage.owner.execute(
        "INSERT INTO accounts_staffmember (person_id, since, invited_at, invited_until, joined_at)"
        " VALUES (%s, now(), now(), now(), now())", [person],
    )  # fmt: skip
    stage.owner.execute(
        "INSERT INTO accounts_staffpost (member_id, role_id) VALUES (%s, 'support_agent')", [person]
    )
    office = stage.browser(face="office")
    stage.log_in(office, account.email, account.password)
    office.get("/account/2fa/totp/activate/")
    key = re.search(r'id="authenticator_secret">\s*(\w+)', office.page.text)
    must(key, f"the office shows no key for the app: {office.path}")
    office.submit({"code": code(key[1] if key else "", time.time())}, has="code")
    return office, _Agent(int(person), str(name))
