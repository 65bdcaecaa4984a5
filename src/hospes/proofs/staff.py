"""The staff side of P30: what colleagues may do is data that the database holds them to. A part of that promise's proof."""

from __future__ import annotations

import secrets

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
