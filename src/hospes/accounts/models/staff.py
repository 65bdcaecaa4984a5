"""Who works for the operator, and as what."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Person
from hospes.kernel.datamap import SAFETY, Category, Event, Keep, Then, personal, plain, row
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose


class StaffMember(MappedModel):
    """A person who works for the operator, and in which roles."""

    class Role(models.TextChoices):
        BILLING_CLERK = "billing_clerk", _("billing clerk")
        SUPPORT_AGENT = "support_agent", _("support agent")
        PRIVACY_OFFICER = "privacy_officer", _("privacy officer")
        ADMINISTRATOR = "administrator", _("administrator")

    person = models.OneToOneField(
        Person, models.PROTECT, primary_key=True, related_name="staff", verbose_name=_("person")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("work for the operator")

    datamap = row(
        plain() | personal(Category.LOGIN, "person", "role", "since", "until"),
        key="person_id", reads={Purpose.ACCESS, Purpose.SECURITY}, twins=(),
        creates={Purpose.SECURITY}, writes={Purpose.SECURITY},
        keep=Keep(Event.CONTRACT_END, SAFETY, Then.DELETE, years=2, since="until"),
    )  # fmt: skip
