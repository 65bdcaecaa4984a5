"""
The promises, proved on a running installation; and the same proofs again with what enforces them taken away.

A proof that does not notice that its mechanism is gone proves nothing: each mutation has to break it, and putting the
mechanism back has to mend it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from hospes.cli import ports
from hospes.cli.commands.prove import preparing
from hospes.cli.places import ROOT, scratch_directory
from hospes.cli.supervisor import Stack
from hospes.proofs import recipients
from hospes.proofs.registry import Verdict, known, prove
from hospes.proofs.stage import Stage
from tests.support.installations import inherited

PREFIX = "hospes_promises"
PROMISES = [
    "P01",
    "P03",
    "P04",
    "P06",
    "P07",
    "P09",
    "P10",
    "P11",
    "P12",
    "P13",
    "P14",
    "P15",
    "P20",
    "P21",
    "P22",
    "P25",
    "P30",
    "P41",
    "P42",
]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """An installation of its own, with a catalogue and nobody in it; gone after the last test."""
    with scratch_directory() as var:
        stack = Stack(
            var=var,
            port_base=ports.free_base(),
            preparing=preparing,
            durable=False,
            inherited=inherited(PREFIX),
            say=lambda line: None,
        )
        try:
            stack.start()
            stack.wait_ready()
            played = Stage(stack, role_prefix=PREFIX)
            yield played
            played.close()
        finally:
            stack.remove()


def hospes(stage: Stage, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a hospes command on the stage's installation, as its owner."""
    return subprocess.run(
        [sys.executable, "-m", "hospes", *words], env=stage.stack.environment("owner"), cwd=ROOT,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def verdict(stage: Stage, promise: str) -> Verdict:
    [found] = prove(stage, [promise])
    return found


def _each(promises: list[str]) -> list[object]:
    return [pytest.param(promise, marks=pytest.mark.promise(promise), id=promise) for promise in promises]


def test_every_promise_of_the_first_order_has_a_proof() -> None:
    assert known() == PROMISES


@pytest.mark.parametrize("promise", _each(PROMISES))
def test_the_promise_holds(stage: Stage, promise: str) -> None:
    found = verdict(stage, promise)
    assert found.ok, found.evidence
    assert (found.id, found.enforced_by != "", found.evidence != "") == (promise, True, True)


# --- mutations ---


@dataclass(frozen=True)
class Mutation:
    """What is done to the database by hand, and how it is undone ("": `hospes migrate` does that)."""

    promise: str
    what: str
    by_hand: str
    undone: str = ""


def _opened(table: str, role: str) -> str:
    return f"ALTER POLICY {table}_{PREFIX}_{role} ON {table} USING (true) WITH CHECK (true)"


def _not_unique(table: str, column: str) -> tuple[str, str]:
    name = f"{table}_{column}_key"
    return (
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE ({column})",
    )


def _may_be_anything(table: str, constraint: str, rule: str) -> tuple[str, str]:
    return (
        f"ALTER TABLE {table} DROP CONSTRAINT {constraint}",
        f"ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({rule})",
    )


MUTATIONS = [
    Mutation("P01", "the cart may read names", f"GRANT SELECT (family_name) ON customers_person TO {PREFIX}_cart_own"),
    Mutation("P01", "a customer may be nameless",
             *_may_be_anything("customers_customer", "customer_is_known_by_name", "NOT (name = '')")),
    Mutation("P03", "orders of others", _opened("sales_order", "contract_own")),
    Mutation("P03", "invoices of others", _opened("billing_invoice", "billing_own")),
    Mutation("P03", "services without policies", "ALTER TABLE services_service DISABLE ROW LEVEL SECURITY"),
    Mutation("P03", "private with a KvK number",
             *_may_be_anything("customers_customer", "private_customer_has_no_company_numbers",
                               "kind = 'business' OR (kvk_number = '' AND vat_number = '')")),
    Mutation("P04", "messages may read KvK numbers", f"GRANT SELECT (kvk_number) ON customers_customer TO {PREFIX}_messages"),
    Mutation("P06", "messages may read phone numbers", f"GRANT SELECT (phone) ON customers_person TO {PREFIX}_messages"),
    Mutation("P06", "the contract may read addresses for emergencies",
             f"GRANT SELECT ON customers_contactaddress TO {PREFIX}_contract"),
    Mutation("P09", "support may read password hashes", f"GRANT SELECT (password) ON customers_person TO {PREFIX}_support"),
    Mutation("P09", "memberships of others", _opened("customers_membership", "contract_own")),
    Mutation("P09", "the portal may forget tries", f"GRANT DELETE ON accounts_tries TO {PREFIX}_login_portal"),
    Mutation("P09", "tries do not count", "CREATE OR REPLACE FUNCTION accounts_take_turn(moment timestamptz, keys text[],"
             " drains double precision[], frees double precision[], firsts double precision[], mosts double precision[],"
             " siege_frees double precision[], siege_firsts double precision[], usual double precision,"
             " OUT wait double precision, OUT stopped_by text, OUT untils timestamptz[], OUT besieged boolean)"
             " LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp"
             " AS $$ SELECT 0::float8, ''::text, array_fill('epoch'::timestamptz, ARRAY[cardinality(keys)]), false $$"),
    Mutation("P07", "codes that live long",
             *_may_be_anything("accounts_phonecode", "phone_code_is_short_lived",
                               "expires_at > asked_at AND expires_at <= asked_at + interval '5 minutes'")),
    Mutation("P07", "codes that are kept when they are over",
             *_may_be_anything("accounts_phonecode", "phone_code_that_is_over_holds_nothing",
                               "closed_at IS NULL OR (digest IS NULL AND sealed IS NULL)")),
    Mutation("P07", "support may read numbers", f"GRANT SELECT (number) ON accounts_phone TO {PREFIX}_support"),
    Mutation("P25", "nobody needs a second step", "CREATE OR REPLACE FUNCTION hospes_scope(customer bigint, person bigint,"
             " moment timestamptz) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
             " AS $$ SELECT $1::text $$"),
    Mutation("P10", "customer numbers twice", *_not_unique("customers_customer", "number")),
    Mutation("P11", "logins of others", _opened("kernel_journalentry", "security_own")),
    Mutation("P12", "from everywhere", "CREATE OR REPLACE FUNCTION hospes_from_here(customer bigint, ip inet, country text)"
             " RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ SELECT true $$"),
    Mutation("P13", "the trigger is off", "ALTER TABLE payments_paidfrom DISABLE TRIGGER payment_data_only_after_success"),
    Mutation("P13", "the trigger is gone", "DROP TRIGGER payment_data_only_after_success ON payments_paidfrom",
             "CREATE TRIGGER payment_data_only_after_success BEFORE INSERT OR UPDATE ON payments_paidfrom"
             " FOR EACH ROW EXECUTE FUNCTION payments_only_after_success()"),
    Mutation("P13", "the trigger does nothing", "CREATE OR REPLACE FUNCTION payments_only_after_success() RETURNS trigger"
             " LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$ BEGIN RETURN NEW; END $$"),
    Mutation("P13", "support may read accounts", f"GRANT SELECT (account) ON payments_paidfrom TO {PREFIX}_support"),
    Mutation("P13", "mandates before an order", "ALTER TABLE debits_mandate DISABLE TRIGGER mandate_is_signed_well"),
    Mutation("P13", "support may read accounts of mandates", f"GRANT SELECT (iban) ON debits_mandateaccount TO {PREFIX}_support"),
    Mutation("P15", "an invoice's number may be changed", f"GRANT UPDATE (number) ON billing_invoice TO {PREFIX}_billing"),
    Mutation("P15", "invoice numbers twice", *_not_unique("billing_invoice", "number")),
    Mutation("P15", "two invoices of one order", *_not_unique("billing_invoice", "origin")),
    Mutation("P15", "quote numbers twice", "ALTER TABLE sales_quote DROP CONSTRAINT one_quote_per_number_and_version",
             "ALTER TABLE sales_quote ADD CONSTRAINT one_quote_per_number_and_version UNIQUE (number, version)"),
    Mutation("P15", "the same number each time", "CREATE OR REPLACE FUNCTION hospes_next_number(series text) RETURNS bigint"
             " LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT 1::bigint $$"),
    Mutation("P20", "the last holder may go", "ALTER TABLE customers_membership DISABLE TRIGGER customer_keeps_a_holder"),
    Mutation("P20", "access to every customer", _opened("customers_membership", "access_own")),
    Mutation("P20", "who lets people in may make links of invitations",
             f"GRANT SELECT (seed) ON accounts_invitation TO {PREFIX}_access"),
    Mutation("P21", "lines of every cart", _opened("sales_cartline", "cart_own")),
    Mutation("P21", "every cart", _opened("sales_cart", "cart_own")),
    Mutation("P22", "the customer's own service is hidden", f"DROP POLICY services_service_{PREFIX}_contract_own ON services_service"),
    Mutation("P22", "a customer may switch it on", f"GRANT UPDATE (state) ON services_service TO {PREFIX}_contract_own"),
    Mutation("P22", "two services of one line", *_not_unique("services_service", "origin")),
    Mutation("P25", "a customer's session may set a password",
             f"GRANT UPDATE (password) ON customers_person TO {PREFIX}_contract_own"),
    Mutation("P25", "a link for a new password without an end",
             *_may_be_anything("accounts_passwordreset", "reset_expires_after_it_was_asked_for", "expires_at > asked_at")),
    Mutation("P25", "tokens of programs that last",
             *_may_be_anything("accounts_apitoken", "token_lasts_a_year_at_most",
                               "expires_at > made_at AND expires_at <= made_at + interval '366 days'")),
    Mutation("P25", "the worker may read hashes of tokens", f"GRANT SELECT (digest) ON accounts_apitoken TO {PREFIX}_messages"),
    Mutation("P25", "the door may widen a token", f"GRANT UPDATE (scopes) ON accounts_apitoken TO {PREFIX}_access"),
    Mutation("P41", "messages may read account numbers", f"GRANT SELECT (iban) ON debits_mandateaccount TO {PREFIX}_messages"),
    Mutation("P41", "support may read files for the bank", f"GRANT SELECT (sealed_file) ON debits_batch TO {PREFIX}_support"),
    Mutation("P42", "a name is ordered by who was told nothing", "ALTER TABLE sales_order DISABLE TRIGGER registries_are_known"),
    Mutation("P30", "support may read accounts", f"GRANT SELECT (account) ON payments_paidfrom TO {PREFIX}_support"),
    Mutation("P30", "a login may read persons", f"GRANT SELECT ON customers_person TO {PREFIX}_login_office"),
    Mutation("P30", "everybody may read messages", "GRANT SELECT ON messaging_message TO PUBLIC"),
    Mutation("P30", "the portal may act unscoped", f"GRANT {PREFIX}_billing TO {PREFIX}_login_portal"),
    Mutation("P30", "the journal without policies", "ALTER TABLE kernel_journalentry DISABLE ROW LEVEL SECURITY"),
    Mutation("P30", "memberships of others", _opened("customers_membership", "contract_own")),
    Mutation("P30", "anybody changes roles", "ALTER TABLE accounts_staffrole DISABLE TRIGGER guard_staff"),
    Mutation("P30", "anybody gives roles", "DROP TRIGGER guard_staff ON accounts_staffpost"),
    Mutation("P30", "the door makes staff", f"GRANT UPDATE (until) ON accounts_staffmember TO {PREFIX}_access"),
    Mutation("P30", "the last administrator may go", "ALTER TABLE accounts_staffmember DISABLE TRIGGER keep_an_administrator"),
    Mutation("P30", "anybody sees as the customer sees", "ALTER TABLE accounts_viewing DISABLE TRIGGER guard_viewing"),
    Mutation("P30", "seeing as the customer sees has no end",
             *_may_be_anything("accounts_viewing", "viewing_is_short",
                               "ends_at > started_at AND ends_at <= started_at + interval '30 minutes'")),
    Mutation("P30", "the customer is not told who looked along",
             f"DROP POLICY accounts_viewing_{PREFIX}_security_own ON accounts_viewing"),
    Mutation("P30", "a role acts for anything",
             *_may_be_anything("accounts_staffrole", "role_acts_for_what_the_office_may",
                               "purposes <@ ARRAY['billing','contract','operation','rights','security','support']::varchar(20)[]")),
]  # fmt: skip


@pytest.mark.parametrize(
    "mutation",
    [
        pytest.param(mutation, marks=pytest.mark.promise(mutation.promise), id=f"{mutation.promise} {mutation.what}")
        for mutation in MUTATIONS
    ],
)  # fmt: skip
def test_without_what_enforces_it_the_promise_is_broken(stage: Stage, mutation: Mutation) -> None:
    stage.owner.execute(mutation.by_hand)
    try:
        broken, said = verdict(stage, mutation.promise), hospes(stage, "check")
    finally:
        if mutation.undone:
            stage.owner.execute(mutation.undone)
        mended = hospes(stage, "migrate")
    assert mended.returncode == 0, mended.stderr
    assert not broken.ok, broken.evidence
    assert said.returncode == 1, said.stdout


def test_what_was_put_back_is_as_it_was(stage: Stage) -> None:
    assert [found.evidence for found in prove(stage, PROMISES) if not found.ok] == []
    said = hospes(stage, "check", "--json")
    assert said.returncode == 0
    told = json.loads(said.stdout)
    assert set(told) == {"ok", "findings"}
    assert told["ok"] is True
    assert told["findings"]
    assert {what: problems for what, problems in told["findings"].items() if problems} == {}


def test_the_check_names_a_policy_that_is_gone_and_a_right_too_many(stage: Stage) -> None:
    stage.owner.execute(f"DROP POLICY sales_quote_{PREFIX}_contract_own ON sales_quote")
    stage.owner.execute(f"GRANT SELECT (phone) ON customers_person TO {PREFIX}_cart_own")
    try:
        plain, told = hospes(stage, "check"), hospes(stage, "check", "--json")
    finally:
        assert hospes(stage, "migrate").returncode == 0
    missing = f"sales_quote: the row policy for {PREFIX}_contract_own is missing"
    too_many = f"customers_person.phone: {PREFIX}_cart_own has SELECT, which the data map does not give"
    assert (plain.returncode, told.returncode) == (1, 1)
    assert missing in plain.stdout
    assert too_many in plain.stdout
    found = json.loads(told.stdout)
    assert found["ok"] is False
    assert set(found["findings"]["the database matches the data map"]) == {missing, too_many}
    assert hospes(stage, "check").returncode == 0


#: Whoever writes the files for the bank puts more into them: what nobody declared; or past what refuses that.
_ALSO = """
from hospes.payments.debits import files
really = {refused}
def more(recipient, action, payload):
    return {{**really(recipient, action, payload | {{"email": "x@mail.example"}}), {more}}}
files.checked = more
"""
_WIDER = {
    "what was not declared": _ALSO.format(refused="files.checked", more=""),
    "the address instead of the holder": _ALSO.format(
        refused="lambda recipient, action, payload: payload", more='"name": "Proefstraat 1"'
    ),
    "more in the text": _ALSO.format(
        refused="lambda recipient, action, payload: payload", more='"description": "Proef"'
    ),
}


@pytest.mark.promise("P41")
@pytest.mark.parametrize("wider", _WIDER.values(), ids=_WIDER)
def test_a_file_for_the_bank_that_says_more_breaks_the_promise(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, wider: str
) -> None:
    monkeypatch.setattr(
        recipients, "MAKING", recipients.MAKING.replace("customer, today", f"{wider}\ncustomer, today", 1)
    )
    found = verdict(stage, "P41")
    assert not found.ok, found.evidence


# --- the command ---


def test_the_command_prints_one_json_object_of_the_documented_shape() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HOSPES_", "DATABASE_URL"))}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "hospes", "prove", "P13", "--json"], cwd=ROOT, capture_output=True, text=True, timeout=180,
        env=environment | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    told = json.loads(done.stdout)
    assert set(told) == {"promises"}
    [promise] = told["promises"]
    assert set(promise) == {"id", "ok", "enforced_by", "evidence"}
    assert (promise["id"], promise["ok"]) == ("P13", True)
    assert "payment_data_only_after_success" in promise["enforced_by"]


@pytest.mark.parametrize("words", [("prove", "P99"), ("prove", "P13", "P99", "--json"), ("nonsense",), ("check", "--nonsense")])  # fmt: skip
def test_wrong_use_is_exit_code_two(stage: Stage, words: tuple[str, ...]) -> None:
    done = hospes(stage, *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr
