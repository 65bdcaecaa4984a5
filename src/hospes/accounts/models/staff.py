"""Who works for the operator, as what, and what that lets them do."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hospes.customers.models import Person
from hospes.kernel.datamap import (
    ACCOUNTABILITY,
    SAFETY,
    Category,
    Event,
    Keep,
    Then,
    impersonal,
    personal,
    plain,
    row,
)
from hospes.kernel.logins import LOGINS
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Purpose

#: What a role can be given: no more than the office's database login may act for, about everybody and about one.
OPEN_TO_STAFF: tuple[Purpose, ...] = tuple(
    purpose for purpose in Purpose if {purpose, purpose.own} <= LOGINS["office"].may_act_as
)


class Power(models.TextChoices):
    """What a role lets somebody do besides acting for purposes."""

    MANAGE = "manage", _("take on colleagues and let them go, and say what roles may do")
    RESET = "reset", _("let a colleague in anew who lost the password or the second step")
    VIEW = "view", _("see the pages of a customer as the customer sees them, without changing anything")
    CATALOGUE = "catalogue", _("say what is for sale and for how much")
    QUOTE = "quote", _("make quotes for customers, with prices of their own")


class StaffRole(models.Model):
    """A role of staff, and what comes with it: rows, so that the administrator can change it (P30)."""

    key = models.SlugField(max_length=20, primary_key=True)
    name_nl = models.CharField(max_length=40)
    name_en = models.CharField(max_length=40)
    purposes = ArrayField(models.CharField(max_length=20))
    powers = ArrayField(models.CharField(max_length=20), default=list)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("position",)
        constraints = [
            models.CheckConstraint(
                name="role_acts_for_what_the_office_may",
                condition=Q(purposes__contained_by=sorted(purpose.value for purpose in OPEN_TO_STAFF)),
            ),
            models.CheckConstraint(
                name="role_has_powers_that_exist", condition=Q(powers__contained_by=sorted(Power.values))
            ),
            models.CheckConstraint(name="role_acts_for_something", condition=~Q(purposes=[])),
        ]

    datamap = impersonal(
        "key", "name_nl", "name_en", "purposes", "powers", "position", writes={Purpose.SECURITY}
    )

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What the role is called, in the active language."""
        return self.name_en if get_language() == "en" else self.name_nl


class StaffMember(MappedModel):
    """
    A person who works for the operator: invited, and from the moment that they took up the invitation.

    The door may write that moment and nothing else: it lets in who was invited, and can make nobody staff.
    """

    class Role(models.TextChoices):
        """The roles that hospes comes with."""

        BILLING_CLERK = "billing_clerk"
        SUPPORT_AGENT = "support_agent"
        TECHNICIAN = "technician"
        PRIVACY_OFFICER = "privacy_officer"
        ADMINISTRATOR = "administrator"

    person = models.OneToOneField(
        Person, models.PROTECT, primary_key=True, related_name="staff", verbose_name=_("person")
    )
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True)
    invited_at = models.DateTimeField(_("invited at"))
    invited_until = models.DateTimeField(_("invitation can be used until"))
    joined_at = models.DateTimeField(_("invitation taken up at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("work for the operator")
        constraints = [
            models.CheckConstraint(
                name="joined_while_invited",
                condition=Q(joined_at=None)
                | Q(joined_at__gte=F("invited_at"), joined_at__lte=F("invited_until")),
            ),
        ]

    datamap = row(
        plain()
        | personal(Category.LOGIN, "person", "since", "until", "invited_at", "invited_until")
        | personal(Category.LOGIN, "joined_at", writes={Purpose.SECURITY, Purpose.ACCESS}),
        key="person_id", reads={Purpose.ACCESS, Purpose.SECURITY, Purpose.MESSAGES}, twins=(),
        creates={Purpose.SECURITY}, writes={Purpose.SECURITY},
        keep=Keep(Event.CONTRACT_END, SAFETY, Then.DELETE, years=2, since="until"),
    )  # fmt: skip


class StaffPost(MappedModel):
    """A role that a colleague has; they may do what any of theirs may."""

    member = models.ForeignKey(StaffMember, models.PROTECT, related_name="posts", verbose_name=_("colleague"))
    role = models.ForeignKey(StaffRole, models.PROTECT, related_name="posts", verbose_name=_("role"))

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("role at the operator")
        constraints = [models.UniqueConstraint(fields=["member", "role"], name="a_colleague_has_a_role_once")]

    datamap = row(
        plain("id") | personal(Category.LOGIN, "member", "role"),
        key={"member_id": "person"}, reads={Purpose.ACCESS, Purpose.SECURITY, Purpose.MESSAGES}, twins=(),
        creates={Purpose.SECURITY}, deletes={Purpose.SECURITY},
        keep=Keep(Event.CONTRACT_END, SAFETY, Then.DELETE, years=2, goes_with="member"),
    )  # fmt: skip


class StaffChange(MappedModel):
    """
    What changed in who may do what: about a colleague, or about a role; what it was and what it became. Only ever added to.

    The journal names no values; who answers for access has to be able to say what it was (art. 5(2) GDPR).
    """

    class What(models.TextChoices):
        INVITED = "invited", _("invited")
        HIRED = "hired", _("began here")
        ROLES = "roles", _("other roles")
        DISMISSED = "dismissed", _("left")
        ANEW = "anew", _("to be let in anew")
        PURPOSES = "purposes", _("the role acts for something else")
        POWERS = "powers", _("the role has other powers")

    at = models.DateTimeField(_("when"))
    what = models.CharField(_("what"), max_length=10, choices=What.choices)
    about = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("about"))
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    role = models.ForeignKey(StaffRole, models.PROTECT, null=True, related_name="+", verbose_name=_("role"))
    had = ArrayField(models.CharField(max_length=20), verbose_name=_("what it was"), default=list)
    has = ArrayField(models.CharField(max_length=20), verbose_name=_("what it became"), default=list)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("change in what staff may do")
        constraints = [
            models.CheckConstraint(
                name="change_is_about_a_colleague_or_a_role",
                condition=Q(about__isnull=False, role=None) | Q(about=None, role__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["-at", "-id"], name="staff_changes_by_time")]

    datamap = row(
        plain("id", "role")
        | personal(Category.LOGIN, "at", "what", "had", "has")
        | personal(Category.LOGIN, "about", "by", names_others=True),
        key={"about_id": "person", "by_id": "person"}, reads={Purpose.SECURITY, Purpose.MESSAGES}, twins=(),
        creates={Purpose.SECURITY},
        keep=Keep(Event.RECORDED, ACCOUNTABILITY, Then.DELETE, years=2, since="at"),
    )  # fmt: skip
