"""What staff may act for."""

import pytest

from hospes.accounts import roles
from hospes.accounts.models import StaffMember
from hospes.kernel.logins import LOGINS
from hospes.kernel.purposes import Purpose


def test_every_role_has_a_post_and_nobody_may_nothing() -> None:
    assert set(roles.POSTS) == set(StaffMember.Role)
    assert roles.purposes_of(None) == frozenset()
    assert not roles.manages_staff(None)


@pytest.mark.parametrize("role", StaffMember.Role)
def test_the_office_can_act_for_all_that_a_role_may(role: StaffMember.Role) -> None:
    assert roles.purposes_of(role) <= LOGINS["office"].may_act_as


def test_roles_are_kept_apart() -> None:
    may = {role: roles.purposes_of(role) for role in StaffMember.Role}
    assert [r for r in may if Purpose.BILLING in may[r]] == ["billing_clerk"]
    assert [r for r in may if Purpose.SUPPORT in may[r]] == ["support_agent"]
    assert [r for r in may if Purpose.RIGHTS in may[r]] == ["privacy_officer"]
    assert [r for r in may if roles.manages_staff(r)] == ["administrator"]
    assert not any(Purpose.ACCESS in purposes for purposes in may.values())
