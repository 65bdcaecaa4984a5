"""Which VAT applies: the rules one by one, and that the database says the same about everything."""

from itertools import product
from typing import Any

import pytest
from django.db import connection

from hospes.billing.tax.rules import Grounds, treatment
from hospes.billing.tax.words import WHY
from tests.support.rights import as_owner

_DE = {"home": "NL", "kind": "private", "country": "DE", "in_eu": True}
_BE = {"home": "NL", "kind": "business", "country": "BE", "in_eu": True, "number_country": "BE"}
_US = {"home": "NL", "kind": "private", "country": "US", "in_eu": False}


@pytest.mark.parametrize(
    ("grounds", "category", "rate_country", "why"),
    [
        ({"home": "NL", "kind": "private", "country": "NL", "in_eu": True}, "S", "NL", "domestic"),
        # Who says to live here is believed, wherever the order came from.
        ({"home": "NL", "kind": "private", "country": "NL", "in_eu": True, "against": 2, "oss": True}, "S", "NL", "domestic"),
        ({"home": "NL", "kind": "business", "country": "NL", "in_eu": True, "number_country": "NL"}, "S", "NL", "domestic"),
        ({"home": "NL", "kind": "business", "country": "NL", "in_eu": True, "exempt": True}, "E", "NL", "exempt"),
        (_BE | {"vies": "valid"}, "AE", "BE", "reverse_charge"),
        (_BE, "S", "NL", "vies_pending"),
        (_BE | {"oss": True}, "S", "NL", "vies_pending"),
        (_BE | {"vies": "invalid"}, "S", "NL", "consumer_home_rate"),
        (_BE | {"vies": "invalid", "oss": True, "agreeing": 1}, "S", "BE", "consumer_oss"),
        (_BE | {"number_country": ""}, "S", "NL", "consumer_home_rate"),
        (_BE | {"number_country": "DE", "vies": "valid"}, "", "", "number_elsewhere"),
        # A company outside the EU shows where it is, as a consumer does: it says by itself that it is one.
        (_US | {"kind": "business"}, "", "", "evidence_missing"),
        (_US | {"kind": "business", "number_country": "US", "vies": "valid"}, "", "", "evidence_missing"),
        (_US | {"kind": "business", "against": 1}, "", "", "evidence_conflict"),
        (_US | {"kind": "business", "agreeing": 1}, "O", "US", "outside_eu_company"),
        (_US | {"kind": "business", "against": 1, "decided": "US"}, "O", "US", "outside_eu_company"),
        (_US | {"kind": "business", "decided": "NL"}, "S", "NL", "domestic"),
        (_DE, "S", "NL", "consumer_home_rate"),
        (_DE | {"against": 3}, "S", "NL", "consumer_home_rate"),
        (_DE | {"oss": True}, "", "", "evidence_missing"),
        (_DE | {"oss": True, "agreeing": 1}, "S", "DE", "consumer_oss"),
        (_DE | {"oss": True, "agreeing": 1, "against": 1}, "S", "DE", "consumer_oss"),
        (_DE | {"oss": True, "against": 1}, "", "", "evidence_conflict"),
        (_DE | {"oss": True, "against": 1, "decided": "DE"}, "S", "DE", "consumer_oss"),
        (_DE | {"oss": True, "against": 1, "decided": "NL"}, "S", "NL", "domestic"),
        (_DE | {"oss": True, "against": 1, "decided": "FR"}, "", "", "evidence_conflict"),
        (_US, "", "", "evidence_missing"),
        (_US | {"agreeing": 1}, "O", "US", "outside_eu_consumer"),
        (_US | {"against": 1}, "", "", "evidence_conflict"),
        (_US | {"against": 1, "decided": "NL"}, "S", "NL", "domestic"),
    ],
)  # fmt: skip
def test_which_vat_a_customer_gets(
    grounds: dict[str, Any], category: str, rate_country: str, why: str
) -> None:
    found = treatment(Grounds(**grounds))
    assert (found.category, found.rate_country, found.why) == (category, rate_country, why)


_ALL = [
    Grounds("NL", kind, country, in_eu, number, vies, oss, agreeing, against, decided, exempt)
    for (country, in_eu), kind, number, vies, oss, agreeing, against, decided, exempt in product(
        (("NL", True), ("BE", True), ("US", False)), ("private", "business"), ("", "BE", "NL", "DE"), ("", "valid", "invalid"),
        (False, True), (0, 1, 2), (0, 1), ("", "NL", "BE", "US"), (False, True),
    )
]  # fmt: skip


@pytest.mark.django_db
def test_the_database_says_the_same_about_everything() -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE asked (n int, home text, kind text, country text, in_eu boolean, number text,"
                       " vies text, oss boolean, agreeing int, against int, decided text, exempt boolean)")  # fmt: skip
        cursor.executemany(
            "INSERT INTO asked VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [(n, *vars(each).values()) for n, each in enumerate(_ALL)],
        )
        cursor.execute("SELECT t.category, t.rate_country, t.why FROM asked a, LATERAL billing_treatment(home, kind, country,"
                       " in_eu, number, vies, oss, agreeing, against, decided, exempt) t ORDER BY n")  # fmt: skip
        said = cursor.fetchall()
    expected = [tuple(vars(treatment(each)).values()) for each in _ALL]
    assert said == expected
    assert len(said) == 6912
    assert {why for _, _, why in said} == set(WHY)
