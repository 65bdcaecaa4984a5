"""A customer who paid too much sees their credit, and nobody else's."""

import pytest

from hospes.payments.bank import allocating
from tests.payments.bank.paper import act, came_in, line
from tests.portal.visit import browser, text
from tests.support import make
from tests.support.rights import as_login

pytestmark = [pytest.mark.usefixtures("site")]


def test_credit_stands_on_the_page_of_invoices() -> None:
    several = [make.person(language="nl") for _ in range(2)]
    mine, other = (make.customer(holder=holder) for holder in several)
    with as_login("worker"):
        [one] = came_in(line(1234, "te veel"))
        act(allocating.hold_as_balance, line_id=one.pk, number=mine.number)
    said = text(browser(several[0]).get(f"/k/{mine.number}/facturen/"))
    assert "U hebt € 12,34 tegoed" in said.replace("\u00a0", " ")
    assert "tegoed" not in text(browser(several[1]).get(f"/k/{other.number}/facturen/"))
