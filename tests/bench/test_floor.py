"""What the benchmarks compare with: the same code, without roles and settings."""

import pytest
from django.db import connections

from bench.faces import unenforced
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose
from tests.support.rights import as_owner

pytestmark = pytest.mark.django_db


def settings_of_the_database(alias: str) -> tuple[str, str]:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('role'), coalesce(current_setting('hospes.customer', true), '')"
        )
        role, customer = cursor.fetchone()
    return role, customer


def within_another_purpose() -> tuple[str, str]:
    with acting(Purpose.MESSAGES, actor=SYSTEM, customer=7) as scene:
        return settings_of_the_database(scene.alias)


def test_the_floor_takes_no_role() -> None:
    with as_owner(), unenforced(), acting(Purpose.BILLING, actor=SYSTEM, customer=7) as scene:
        assert settings_of_the_database(scene.alias) == ("none", "")
        assert within_another_purpose() == ("none", "")
    with acting(Purpose.BILLING, actor=SYSTEM, customer=7) as scene:
        assert settings_of_the_database(scene.alias) == (scene.grantee.role, "7")
