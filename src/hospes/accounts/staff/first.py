"""The first administrator: nobody is there yet to invite them, so the machine does."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from hospes.accounts.models import StaffMember
from hospes.accounts.staff import invitations, queries, services
from hospes.accounts.staff.services import StaffRefused
from hospes.customers.models import Person
from hospes.kernel.acting import SYSTEM, acting
from hospes.kernel.purposes import Purpose


def link(
    *, email: str, given_name: str = "", family_name: str = "", even_so: bool = False, now: datetime
) -> str:
    """
    Invite an administrator as the system, and return the link by which they begin; no mail is sent to them.

    Raises StaffRefused when somebody manages the staff already, unless `even_so`. Somebody who works here becomes an
    administrator besides, and sets up password and second step anew; whoever manages the staff by now is told.
    """
    try:
        validate_email(email)
    except ValidationError:
        raise StaffRefused(_("This is no e-mail address.")) from None
    with acting(Purpose.SECURITY, actor=SYSTEM):
        if queries.managers(now=now) and not even_so:
            said = _(
                "There is an administrator already, who can invite others. Say --even-so if that is not possible."
            )
            raise StaffRefused(said)
        held = _roles(email)
    roles = [*held, StaffMember.Role.ADMINISTRATOR]
    invitation = services.invite(
        email=email, given_name=given_name, family_name=family_name, roles=roles, actor=SYSTEM, by_mail=False,
        anew=bool(held), now=now,
    )  # fmt: skip
    with override(settings.LANGUAGE_CODE):
        return invitations.link(invitation)


def _roles(email: str) -> list[str]:
    """The roles of somebody who works here with this address."""
    person_id = Person.objects.filter(email__iexact=email).values_list("pk", flat=True).first()
    found = queries.colleague(person_id or 0)
    return list(found.roles) if found and found.member.until is None else []
