"""Every page of the office as each role sees it: sound in both languages, light and dark; and not there for who may not see it."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from hospes.kernel.purposes import Purpose
from hospes.office.boards import BOARDS
from hospes.office.reports.registry import REPORTS
from tests.browser.house import OFFICE, House, fresh_code, routes
from tests.browser.sights import Sight, look_at
from tests.browser.steps import log_in, log_in_staff, press
from tests.browser.windows import Window, Windows, faults
from tests.office.people import ACTS_FOR

pytestmark = pytest.mark.browser
ROLES = list(ACTS_FOR)

_SERVICES = {Purpose.CONTRACT, Purpose.OPERATION}
_MANAGE = "the power to manage the staff"
_VIEW = "the power to see as the customer sees"
_KEEP = "the power to keep the catalogue"
_QUOTE = "the power to make quotes"
_POWERS = {
    "administrator": {_MANAGE, _VIEW, _KEEP, _QUOTE},
    "support_agent": {_VIEW, _QUOTE},
    "billing_clerk": {_QUOTE},
}

#: What a role must act for to see a page, one of these; an empty set: any role.
NEEDS: dict[str, set[Any]] = {
    "home": set(), "search": set(), "customer": set(), "board": set(), "change": {Purpose.CONTRACT},
    "invoices": {Purpose.BILLING}, "invoice": {Purpose.BILLING}, "invoice_pdf": {Purpose.BILLING}, "held": {Purpose.RIGHTS},
    "journal": {Purpose.SECURITY}, "checks": {Purpose.SECURITY}, "retry_service": _SERVICES, "check_payment": {Purpose.BILLING},
    "refund": {Purpose.BILLING}, "chargeback": {Purpose.BILLING}, "payout": {Purpose.BILLING}, "write_off": {Purpose.BILLING}, "decision": {Purpose.BILLING}, "stuck_charge": {Purpose.BILLING}, "wishes": {Purpose.BILLING},
    "order_pro_forma": {Purpose.BILLING}, "next_pro_forma": {Purpose.BILLING},
    "resend": {Purpose.BILLING}, "credit": {Purpose.BILLING}, "decide_tax": {Purpose.BILLING}, "balance_back": {Purpose.BILLING}, "exemption": {Purpose.BILLING}, "order_cancel": {Purpose.BILLING},
    "service": _SERVICES, "service_ending": {Purpose.CONTRACT}, "panel": _SERVICES, "staff": {_MANAGE}, "invite": {_MANAGE},
    "reports": {Purpose.BILLING}, "report": {Purpose.BILLING}, "report_file": {Purpose.BILLING},
    "billing_run": {Purpose.BILLING}, "bank": {Purpose.BILLING}, "bank_waiting": {Purpose.BILLING},
    "bank_line": {Purpose.BILLING}, "bank_statement": {Purpose.BILLING},
    "reconciling": {Purpose.BILLING}, "reconciled_day": {Purpose.BILLING}, "difference": {Purpose.BILLING},
    "differences_file": {Purpose.BILLING}, "difference_is_of": {Purpose.BILLING}, "difference_give_back": {Purpose.BILLING},
    "debits": {Purpose.BILLING}, "debit_batch": {Purpose.BILLING}, "debit_file": {Purpose.BILLING}, "debit_report": {Purpose.BILLING},
    "debit": {Purpose.BILLING}, "customer_debits": {Purpose.BILLING},
    "audit_file": {Purpose.BILLING}, "close_month": {Purpose.BILLING},
    "try_again": set(), "take": set(),  # lead to its board, which asks
    "second_step": {Purpose.SECURITY}, "stop_release": {Purpose.SECURITY},
    "view_as": {_VIEW}, "stop_viewing": {_VIEW},
    "role": {_MANAGE}, "colleague": {_MANAGE}, "colleague_roles": {_MANAGE}, "dismiss": {_MANAGE}, "anew": {_MANAGE},
    "catalogue": {_KEEP}, "new_group": {_KEEP}, "group": {_KEEP}, "new_product": {_KEEP}, "product": {_KEEP}, "option": {_KEEP},
    "new_promotion": {_KEEP}, "promotion": {_KEEP}, "set_price": {_KEEP}, "new_notice": {_KEEP}, "task": {Purpose.CONTRACT}, "withdraw_price": {_KEEP}, "new_option": {_KEEP},
    "set_vat": {_KEEP}, "withdraw_vat": {_KEEP},
    "new_choice": {_KEEP}, "set_choice_price": {_KEEP}, "withdraw_choice_price": {_KEEP}, "choice_for_sale": {_KEEP},
    "rules": {_KEEP}, "withdraw_rate": {_KEEP}, "withdraw_threshold": {_KEEP},
    "raises": {_KEEP}, "new_raise": {_KEEP}, "raise": {_KEEP},
    "quote_new": {_QUOTE}, "quote_draft": {_QUOTE}, "quote": {_QUOTE}, "quote_pdf": {_QUOTE},
    "service_changing": {Purpose.CONTRACT}, "service_moving": {Purpose.CONTRACT}, "service_drop": {Purpose.CONTRACT},
}  # fmt: skip
NO_PAGES = {
    "order_pro_forma", "next_pro_forma", "retry_service", "check_payment", "resend", "invoice_pdf", "colleague_roles", "dismiss", "anew", "take", "try_again",
    "stop_release", "stop_viewing", "decide_tax", "balance_back", "report_file", "audit_file", "close_month",
    "set_price", "new_notice", "withdraw_price", "new_option", "new_choice", "set_choice_price", "withdraw_choice_price",
    "choice_for_sale", "set_vat", "withdraw_vat", "withdraw_rate", "withdraw_threshold", "quote_new", "quote_pdf", "debit_file", "debit_report", "differences_file", "difference_is_of", "difference_give_back",
}  # fmt: skip

#: These look the same to each role that sees them; what the roles have around a page is seen on the others.
ALIKE = set(NEEDS) - NO_PAGES - {"home", "search", "customer", "board", "service"}
_seen: set[str] = set()


@pytest.fixture(scope="module")
def customer(house: House) -> dict[str, Any]:
    """The numbers of a customer with one paid order; and something for each kind of work that waits."""
    account = house.sign_up(business=True)
    order = house.paid_order(account)
    house.owner.execute(
        "UPDATE sales_order SET placed_at = placed_at - interval '3 days' WHERE state = 'awaiting_payment'"
    )
    house.owner.execute(
        "UPDATE messaging_message SET state = 'failed' WHERE id = (SELECT max(id) FROM messaging_message)"
    )
    service = house.value("SELECT max(s.id) FROM services_service s JOIN customers_customer c ON c.id = s.customer_id"
                          " WHERE c.number = %s", account.number)  # fmt: skip
    payment = house.value(
        "SELECT p.id FROM payments_payment p JOIN sales_order o ON o.id = p.order_id WHERE o.number = %s",
        order,
    )
    house.owner.execute(
        "INSERT INTO catalogue_option (product_id, slug, kind, name_nl, name_en, most, position, for_sale)"
        " SELECT id, 'kleur', 'choice', 'Kleur', 'Colour', 1, 9, true FROM catalogue_product WHERE slug = 'plus'"
    )
    house.owner.execute(
        "INSERT INTO catalogue_choice (option_id, position, name_nl, name_en, for_sale, disk_mb, mailboxes)"
        " SELECT max(id), 0, 'Rood', 'Red', true, 0, 0 FROM catalogue_option"
    )
    house.owner.execute(
        "INSERT INTO sales_quotedraft (customer_id, intro, reference, purchase_order, valid_until, on_account, term_days, made_at,"
        " changed_at, key) SELECT id, 'Zoals besproken', '', '', current_date + 30, true, 14, now(), now(), 'browser'"
        " FROM customers_customer WHERE number = %s", [account.number],
    )  # fmt: skip
    house.owner.execute(
        "INSERT INTO sales_quotedraftline (draft_id, customer_id, position, months, quantity, label, description, cents,"
        " discount_basis_points, discount_once, vat_code, choice_ids, choice_counts)"
        " SELECT id, customer_id, 1, 0, 1, '', 'Verhuizing', 12500, 1000, false, 'standard', '{}', '{}'"
        " FROM sales_quotedraft WHERE key = 'browser'"
    )
    house.owner.execute(
        "INSERT INTO services_raise (product_id, months, basis_points, from_on, announce_on, planned_at, key)"
        " SELECT id, 12, 500, current_date + 60, current_date + 30, now(), 'browser' FROM catalogue_product WHERE slug = 'plus'"
    )
    house.owner.execute(
        "INSERT INTO services_task (customer_id, product_id, origin, label, quantity, details, state, made_at, note)"
        " SELECT c.id, p.id, 'test:1', 'voorbeeld.test', 2, '', 'open', now(), ''"
        " FROM customers_customer c, catalogue_product p WHERE c.number = %s AND p.slug = 'werk-per-uur'",
        (account.number,),
    )
    return {
        "draft_id": house.value("SELECT max(id) FROM sales_quotedraft"),
        "quote_id": house.value(
            "SELECT max(q.id) FROM sales_quote q JOIN customers_customer c ON c.id = q.customer_id"
            " WHERE c.number = %s",
            account.number,
        ),
        "raise_id": house.value("SELECT max(id) FROM services_raise"),
        "task_id": house.value("SELECT max(id) FROM services_task WHERE origin = 'test:1'"),
        "group_id": house.value("SELECT min(id) FROM catalogue_group"),
        "product_id": house.value("SELECT id FROM catalogue_product WHERE slug = 'plus'"),
        "option_id": house.value("SELECT max(id) FROM catalogue_option"),
        "choice_id": house.value("SELECT max(id) FROM catalogue_choice"),
        "price_id": house.value("SELECT min(id) FROM catalogue_price"),
        "promotion_id": house.value("SELECT min(id) FROM catalogue_promotion"),
        "number": account.number,
        "invoice": house.invoice_of(order),
        "order": order,
        "service_id": service,
        "payment_id": payment,
        "refund_id": _refund(house, service),
        "chargeback_id": _chargeback(house, payment),
        "payout_id": _payout(house, payment),
        "decision_id": _decision(house, payment),
        "stuck_id": _stuck(house, service),
        **_at_the_bank(house),
        **_reconciled(house, payment),
        "debit_id": _debit(house, account.number),
        "batch_id": house.value("SELECT max(id) FROM debits_batch"),
        "viewing_id": 1,
        "person_id": house.value(
            "SELECT member_id FROM accounts_staffpost WHERE role_id = 'support_agent' LIMIT 1"
        ),
    }


_CHARGE = (
    "INSERT INTO services_charge (service_id, customer_id, kind, product_id, quantity, cents, period_from, period_until,"
    " description, origin, created_at, settled_at) SELECT id, customer_id, 'ended', product_id, 1, -100, started_on, renews_on - 1,"
    " 'Hosting', %s, now(), {settled} FROM services_service WHERE id = %s"
)


def _chargeback(house: House, payment: int) -> int:
    """What the bank took back of a payment, of which something is to be collected by hand."""
    house.owner.execute(
        "INSERT INTO payments_chargeback (customer_id, payment_id, reference, cents, reason, charged_at, booked_at,"
        " from_balance_cents, rest_cents) SELECT customer_id, id, 'chb_browser', 100, 'MD06', now(), now(), 0, 100"
        " FROM payments_payment WHERE id = %s", [payment],
    )  # fmt: skip
    return int(house.value("SELECT max(id) FROM payments_chargeback"))


def _payout(house: House, payment: int) -> int:
    """A part of a balance that goes back by hand."""
    house.owner.execute(
        "INSERT INTO payments_payoutwish (customer_id, person_id, asked_at, seen_to_at)"
        " SELECT p.customer_id, o.person_id, now(), now() FROM payments_payment p JOIN sales_order o ON o.id = p.order_id"
        " WHERE p.id = %s", [payment],
    )  # fmt: skip
    house.owner.execute(
        "INSERT INTO payments_payout (customer_id, wish_id, payment_id, cents, state, reference, idempotency_key, due_on,"
        " requested_at) SELECT customer_id, id, %s, 100, 'failed', '', 'payout-browser', current_date + 7, now()"
        " FROM payments_payoutwish ORDER BY id DESC LIMIT 1", [payment],
    )  # fmt: skip
    return int(house.value("SELECT max(id) FROM payments_payout"))


def _decision(house: House, payment: int) -> int:
    """What a colleague wants to pay back by hand, and another one decides about."""
    house.owner.execute(
        "INSERT INTO payments_decision (kind, customer_id, payout_id, cents, limit_cents, reason, \"on\", state, asked_by_id, asked_at)"
        " SELECT 'payout', o.customer_id, x.id, 100, 50, '', current_date, 'asked', w.person_id, now() FROM payments_payment o"
        " JOIN payments_payout x ON x.customer_id = o.customer_id JOIN payments_payoutwish w ON w.id = x.wish_id"
        " WHERE o.id = %s LIMIT 1", [payment],
    )  # fmt: skip
    return int(house.value("SELECT max(id) FROM payments_decision"))


def _refund(house: House, service: int) -> int:
    """Have a part given back, which the worker credits and pays back by itself; the id of that."""
    house.owner.execute(_CHARGE.format(settled="NULL"), ("probe:1:ended", service))
    for _ in range(120):
        if found := house.value("SELECT max(id) FROM payments_refund"):
            return int(found)
        time.sleep(1)
    raise AssertionError("nothing was paid back within two minutes")


def _at_the_bank(house: House) -> dict[str, Any]:
    """A statement with a line of which nobody has said yet what it is."""
    house.owner.execute(
        "INSERT INTO bank_bankstatement (account, number, opened_on, opening_cents, closed_on, closing_cents, digest, imported_at)"
        " VALUES ('NL91ABNA0417164300', '1', current_date, 0, current_date, 12345, 'probe', now())"
    )
    house.owner.execute(
        "INSERT INTO bank_bankline (statement_id, position, booked_on, cents, left_cents, name, other_account, remittance, structured,"
        " end_to_end, mandate, bank_reference, batch, code, return_reason, is_reversal) SELECT id, 1, current_date, 12345, 12345,"
        " 'J. de Betaler', 'NL20INGB0001234567', 'bedankt', '', '', '', '', '', '', '', false FROM bank_bankstatement WHERE digest = 'probe'"
    )
    return {
        "statement_id": house.value("SELECT id FROM bank_bankstatement WHERE digest = 'probe'"),
        "line_id": house.value("SELECT max(id) FROM bank_bankline"),
    }


def _reconciled(house: House, payment: int) -> dict[str, Any]:
    """A day that was compared, with a payout and a difference."""
    house.owner.execute(
        "INSERT INTO reconciling_reconciledday (day, begun_at, asked_until, finished_at, waits_for, is_without_provider)"
        " VALUES (current_date - 20, now(), now(), now(), '', false)"
    )
    house.owner.execute(
        "INSERT INTO reconciling_settlement (reference, number, state, cents, parts_cents, parts, fee_cents, fee_vat_cents, made_at,"
        " settled_on, seen_at) VALUES ('stl_browser', '1234567.0101.01', 'paidout', 9965, 10000, 1, 29, 6, now(), current_date - 20, now())"
    )
    house.owner.execute(
        "INSERT INTO reconciling_difference (side, kind, about, day, customer_id, ours, theirs, detail, first_seen_at, seen_at, closed,"
        " reason) SELECT 'provider', 'amount', 'tr_browser', current_date - 20, customer_id, 100, 200, '', now(), now(), '', ''"
        " FROM payments_payment WHERE id = %s", [payment],
    )  # fmt: skip
    return {
        "difference_id": house.value("SELECT max(id) FROM reconciling_difference"),
        "on": str(house.value("SELECT current_date - 20")),
    }


def _debit(house: House, number: int) -> int:
    """A collection in a file for the bank."""
    invoice = house.value(
        "SELECT max(i.id) FROM billing_invoice i JOIN customers_customer c ON c.id = i.customer_id"
        " WHERE c.number = %s AND i.kind = 'invoice'", number,
    )  # fmt: skip
    house.owner.execute(
        "INSERT INTO debits_mandate (customer_id, reference, creditor_id, creditor_name, creditor_address, holder, account, signed_by_id,"
        " signed_at, signed_on, language, text_version, text_sha256, state, ended_why, ended_code)"
        " SELECT i.customer_id, 'M1-1', 'NL04ZZZ172726320000', 'Hosting', 'Postbus 500', 'B. Dronkel', 'NL•• •••• •••• 6789',"
        " o.person_id, now(), current_date, 'nl', '2026-11', repeat('0', 64), 'active', '', '' FROM billing_invoice i"
        " JOIN sales_order o ON o.customer_id = i.customer_id WHERE i.id = %s LIMIT 1", (invoice,),
    )  # fmt: skip
    house.owner.execute(
        "INSERT INTO debits_batch (reference, collect_on, count, total_cents, sealed_file, sha256, state, made_at, reasons)"
        " VALUES ('DD1', current_date + 5, 1, 9075, '', '', 'made', now(), '')"
    )
    house.owner.execute("ALTER TABLE debits_debit DISABLE TRIGGER debit_moves_on")
    house.owner.execute(
        "INSERT INTO debits_debit (customer_id, mandate_id, invoice_id, batch_id, end_to_end_id, cents, state, sequence, collect_on,"
        " announced_at, why, code, surplus_cents, claim_cents) SELECT i.customer_id, m.id, i.id, b.id, i.number || '-1', 9075, 'batched',"
        " 'FRST', b.collect_on, now(), '', '', 0, 0 FROM billing_invoice i JOIN debits_mandate m ON m.customer_id = i.customer_id,"
        " debits_batch b WHERE i.id = %s", (invoice,),
    )  # fmt: skip
    house.owner.execute("ALTER TABLE debits_debit ENABLE TRIGGER debit_moves_on")
    return int(house.value("SELECT max(id) FROM debits_debit") or 0)


def _stuck(house: House, service: int) -> int:
    """An amount that waits for a clerk."""
    house.owner.execute(_CHARGE.format(settled="now()"), ("probe:2:ended", service))
    house.owner.execute(
        "INSERT INTO billing_stuckcharge (charge_id, customer_id, cents, reason, since, note)"
        " SELECT id, customer_id, cents, 'no_line', now(), '' FROM services_charge WHERE origin = 'probe:2:ended'"
    )
    return int(house.value("SELECT max(id) FROM billing_stuckcharge") or 0)


def _arguments(name: str, customer: dict[str, Any], held: frozenset[Any]) -> dict[str, Any]:
    named = routes(OFFICE)[f"office:{name}"]
    some = {key: 1 for key in named if key.endswith("_id")}  # where there is no page to look at, any will do
    values = some | {key: customer[key] for key in named & set(customer)}
    if name in ("invoice", "invoice_pdf", "resend", "credit", "write_off"):
        return {"number": customer["invoice"]}
    if name == "role":
        return {"key": "technician"}
    if name in ("report", "report_file"):
        return {"slug": "omzet"} | ({"form": "csv"} if name == "report_file" else {})
    if name == "order_cancel":
        return values | {"order_number": customer["order"]}
    if name == "order_pro_forma":
        return values | {"order_number": "B2026-99999"}
    return values | (
        {"key": next(board.key for board in BOARDS if board.purpose in held)} if name == "board" else {}
    )


def _sights(customer: dict[str, Any], held: frozenset[Any]) -> Iterator[Sight]:
    """The pages of the office for who acts for these purposes; for the others it has no such page."""
    for name, needs in NEEDS.items():
        if name in NO_PAGES or (name == "board" and not any(board.purpose in held for board in BOARDS)):
            continue
        status = 200 if not needs or needs & held else 404
        if status == 200 and name not in _seen:
            yield Sight(f"office:{name}", _arguments(name, customer, held), status=status, face="office")
    if _MANAGE in held and "invite" not in _seen:
        yield Sight("office:invite", then=_send("Send the invitation"), status=422, face="office")
        yield Sight("office:role", {"key": "technician"}, then=_nothing_chosen, status=422, face="office")
    if _KEEP in held and "catalogue" not in _seen:
        one = {"product_id": customer["product_id"]}
        yield Sight("office:product", one, then=_send("Set this price"), status=422, face="office")
        yield Sight("office:new_product", then=_send("Save"), status=422, face="office")
        yield Sight("office:new_promotion", then=_send("Save"), status=422, face="office")
    yield Sight("office:search", query=f"?q={customer['number']}", face="office")
    yield Sight("office:search", query="?q=zzzzzz", face="office")
    if _VIEW in held and "view_as" not in _seen:
        yield Sight(
            "office:view_as",
            {"number": customer["number"]},
            then=_send("See the pages"),
            status=422,
            face="office",
        )
    if Purpose.CONTRACT in held and "change" not in _seen:
        yield Sight("office:change", {"number": customer["number"]}, then=_refused, status=422, face="office")
    if Purpose.BILLING in held and "report" not in _seen:
        yield from (Sight("office:report", {"slug": slug}, face="office") for slug in REPORTS)
    if Purpose.BILLING in held and "bank_line" not in _seen:
        one = {"line_id": customer["line_id"]}
        yield Sight("office:bank", then=_send("Take it in"), status=422, face="office")
        yield Sight(
            "office:bank_line", one, then=_send("Set it aside for the bookkeeper"), status=422, face="office"
        )
    if Purpose.SECURITY in held and "journal" not in _seen:
        yield Sight("office:journal", query=f"?customer={customer['number']}", face="office")


def _send(button: str) -> Any:
    return lambda window: press(window, button)


def _nothing_chosen(window: Window) -> None:
    for box in window.page.get_by_role("checkbox").all():
        box.uncheck()
    press(window, "Save")


def _refused(window: Window) -> None:
    window.page.fill("[name=name]", "")
    press(window, "Save")


@pytest.mark.parametrize("role", ROLES)
def test_pages_of_a_role(strict_windows: Windows, house: House, customer: dict[str, Any], role: str) -> None:
    held: frozenset[Any] = ACTS_FOR[role] | _POWERS.get(role, set())
    with strict_windows.open("nl") as window:
        log_in_staff(window, house, house.staff[role])
        for language in ("nl", "en"):
            window.language = language
            look_at(window, house, _sights(customer, held))
        _seen.update(name for name in ALIKE if NEEDS[name] & held)
        for name in NO_PAGES - {
            "invoice_pdf",
            "report_file",
            "take",
            "try_again",
            "next_pro_forma",
            "quote_pdf",
            "differences_file",
        }:
            address = house.address(f"office:{name}", face="office", **_arguments(name, customer, held))
            assert window.page.request.get(address).status in (404, 405)
        of_billing = [(name, Purpose.BILLING in held) for name in ("invoice_pdf", "differences_file")]
        for name, may in (*of_billing, ("quote_pdf", _QUOTE in held)):
            address = house.address(f"office:{name}", face="office", **_arguments(name, customer, held))
            assert window.page.request.get(address).status == (200 if may else 404), name


def test_pages_about_ones_own_login(strict_windows: Windows, house: House) -> None:
    who = house.staff["administrator"]
    with strict_windows.open("nl") as window:
        for language in ("nl", "en"):
            window.language = language
            window.go(house.address("account_login", language, face="office"))
            assert faults(window) == []
        log_in(window, house, who.login, who.password, face="office")
        window.page.wait_for_url("**/2fa/authenticate/**")
        assert faults(window) == []
        window.page.fill("[name=code]", fresh_code(who.totp))
        press(window, "Log in")
        window.page.wait_for_load_state()
        for language in ("nl", "en"):
            window.language = language
            own = (
                "mfa_index",
                "account_change_password",
                "account_email",
                "account_logout",
                "account_reauthenticate",
            )
            look_at(window, house, (Sight(name, face="office") for name in own))


def test_no_page_of_the_office_is_forgotten() -> None:
    assert {name.removeprefix("office:") for name in routes(OFFICE) if name.startswith("office:")} == {
        *NEEDS,
        "join",  # which has a test of its own
    }
