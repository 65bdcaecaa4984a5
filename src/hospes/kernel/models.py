"""The tables that every subject stands on: who consented, who is left alone, who did what, and the number series."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hospes.kernel.datamap import (
    ACCOUNTABILITY,
    SAFETY,
    Category,
    Event,
    Keep,
    Source,
    Then,
    declare,
    declare_table,
    impersonal,
    personal,
    plain,
    row,
    technical,
)
from hospes.kernel.managers import MappedModel
from hospes.kernel.purposes import Basis, Purpose

_ON_CONSENT = frozenset(p for p in Purpose if p.declared.basis == Basis.CONSENT)
_EVERYBODY = frozenset(g for p in Purpose for g in (p, p.own))
_HALTABLE = frozenset(p for p in Purpose if p.declared.can_be_halted)


class Consent(MappedModel):
    """A person's consent to a purpose; the row policies of purposes that rest on consent read this table."""

    person_id = models.BigIntegerField(_("person"), db_index=True)
    purpose = models.CharField(_("purpose"), max_length=20)
    text_version = models.CharField(_("version of the text"), max_length=40)
    given_at = models.DateTimeField(_("given at"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("consent")
        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "purpose"],
                condition=Q(withdrawn_at=None),
                name="one_consent_in_force_per_purpose",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=sorted(p.value for p in _ON_CONSENT)),
                name="consent_is_for_a_purpose_that_rests_on_it",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("given_at")),
                name="consent_withdrawn_after_given",
            ),
        ]

    datamap = row(
        plain("id", "withdrawn_at") | personal(Category.CHOICES, "person_id", "purpose", "text_version", "given_at"),
        key="person_id", reads=_ON_CONSENT | {Purpose.ACCESS}, source=Source.PERSON,
        creates={Purpose.ACCESS.own}, writes={Purpose.ACCESS.own},
        keep=Keep(Event.EXPIRY, ACCOUNTABILITY, Then.DELETE, years=5, since="withdrawn_at"),
    )  # fmt: skip


class Restriction(MappedModel):
    """Processing of a person's or customer's data that was stopped for a purpose (art. 18 and 21 GDPR)."""

    class Kind(models.TextChoices):
        RESTRICTION = "restriction", _("restriction")
        OBJECTION = "objection", _("objection")

    person_id = models.BigIntegerField(_("person"), null=True, db_index=True)
    customer_id = models.BigIntegerField(_("customer"), null=True, db_index=True)
    purpose = models.CharField(_("purpose"), max_length=20)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    since = models.DateTimeField(_("since"))
    lifted_at = models.DateTimeField(_("lifted at"), null=True)

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("restriction or objection")
        constraints = [
            models.CheckConstraint(
                condition=Q(person_id__isnull=False) | Q(customer_id__isnull=False),
                name="restriction_is_about_somebody",
            ),
            models.CheckConstraint(
                condition=Q(purpose__in=sorted(p.value for p in _HALTABLE)),
                name="restriction_is_of_a_purpose_that_can_be_halted",
            ),
        ]
        indexes = [
            models.Index(fields=["purpose"], condition=Q(lifted_at=None), name="restrictions_in_force")
        ]

    datamap = row(
        plain("id", "lifted_at") | personal(Category.CHOICES, "person_id", "customer_id", "purpose", "kind", "since"),
        key=("person_id", "customer_id"), reads=_HALTABLE, twins=(), source=Source.PERSON,
        creates={Purpose.RIGHTS}, writes={Purpose.RIGHTS},
        keep=Keep(Event.EXPIRY, ACCOUNTABILITY, Then.DELETE, years=5, since="lifted_at"),
    )  # fmt: skip


class JournalLane(models.Model):
    """One chain of the journal; a writer takes a free one, so that writers do not queue behind one another."""

    id = models.IntegerField(primary_key=True)
    seq = models.BigIntegerField(default=0)
    head = models.BinaryField()

    datamap = impersonal("id", "seq", "head")


#: Entries about what somebody tried in vain, by how their actions are called.
FAILED = Q(action__endswith="_failed") | Q(action__endswith="_refused") | Q(action__endswith=".kept_out")

#: What is neither that nor somebody's logging in and out, nor a program's being let in: of those there can be very many.
SELDOM = ~FAILED & ~Q(action__in=["account.login", "account.logout", "account.token_used"])


class JournalEntry(MappedModel):
    """Who did what, for what purpose, about whom, and when: append-only, chained by hash, without the values themselves."""

    at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(_("recorded at"))
    action = models.TextField(_("what"))
    purpose = models.TextField(_("purpose"))
    actor_kind = models.TextField(_("by whom (kind)"))
    actor_id = models.BigIntegerField(_("by whom"), null=True)
    actor_salt = models.BinaryField(null=True)
    actor_commitment = models.BinaryField()
    ip = models.GenericIPAddressField(_("IP address"), null=True)
    browser = models.TextField(_("browser"), null=True)  # NULL is "not known", as with the address
    ip_salt = models.BinaryField(null=True)
    ip_commitment = models.BinaryField()
    customer_id = models.BigIntegerField(_("about customer"), null=True)
    person_id = models.BigIntegerField(_("about person"), null=True)
    about_salt = models.BinaryField(null=True)
    about_commitment = models.BinaryField()
    object_table = models.TextField(_("kind of thing"))
    object_id = models.BigIntegerField(_("which thing"), null=True)
    changed = ArrayField(models.TextField(), verbose_name=_("what changed"), default=list)
    lane = models.IntegerField()
    seq = models.BigIntegerField()
    previous = models.BinaryField()
    hash = models.BinaryField()

    class Meta(MappedModel.Meta):
        abstract = False
        verbose_name = _("entry in the journal")
        constraints = [
            models.UniqueConstraint(fields=["lane", "seq"], name="journal_chain_has_no_forks"),
            models.CheckConstraint(
                condition=Q(browser=None) | Q(browser__regex=r"^[ -~]{1,60}$"),
                name="journal_browser_is_in_short_words",
            ),
        ]
        indexes = [
            models.Index(fields=["customer_id", "-at"], name="journal_about_customer"),
            models.Index(fields=["person_id", "-at"], name="journal_about_person"),
            models.Index(fields=["actor_id", "-at"], name="journal_by_actor"),
            models.Index(fields=["at", "id"], name="journal_by_time"),
            models.Index(fields=["action", "at", "id"], name="journal_by_action"),
            # Few among many: without these, to find none of them is to pass by all others.
            models.Index(fields=["person_id", "-at"], condition=FAILED, name="journal_failed_of_person"),
            models.Index(fields=["customer_id", "-at"], condition=FAILED, name="journal_failed_of_customer"),
            models.Index(
                fields=["person_id", "-at"],
                condition=SELDOM & Q(person_id__isnull=False),
                name="journal_seldom_of_person",
            ),
        ]

    datamap = row(
        plain(
            "id", "recorded_at", "object_table", "object_id", "changed", "lane", "seq", "previous", "hash",
            "actor_salt", "actor_commitment", "ip_salt", "ip_commitment", "about_salt", "about_commitment",
        )
        | personal(Category.NETWORK, "ip", "browser")
        | personal(Category.LOGIN, "at", "action", "purpose", "actor_kind", "customer_id")
        | personal(Category.LOGIN, "actor_id", "person_id", names_others=True),
        key=("customer_id", "person_id"), reads={Purpose.SECURITY}, source=Source.OBSERVED,
        creates=_EVERYBODY, managed=True,
        keep=Keep(Event.RECORDED, SAFETY, Then.BLANK, years=1, since="recorded_at"),
    )  # fmt: skip


class NumberSeries(models.Model):
    """The next number of a gapless series; `hospes_next_number` gives it out under a lock held until commit."""

    name = models.CharField(max_length=40, primary_key=True)
    next = models.BigIntegerField(default=1)

    datamap = impersonal("name", "next")


# --- tables of the machinery: ids only ------------------------------------------------------------------------------------

declare("contenttypes.ContentType", impersonal("id", "app_label", "model"))
declare("auth.Permission", impersonal("id", "name", "content_type", "codename"))
declare("auth.Group", impersonal("id", "name"))
declare("auth.Group_permissions", impersonal("id", "group", "permission"))
declare_table("django_migrations", impersonal("id", "app", "name", "applied"))
declare_table(
    "hospes_cache",
    technical(
        "cache_key", "value", "expires", logins={"portal", "door", "desk", "office"}, purposes=_EVERYBODY
    ),
)
_QUEUE = {"worker"}
declare("procrastinate.ProcrastinateJob", technical(
    "id", "queue_name", "task_name", "priority", "lock", "args", "status", "scheduled_at", "attempts", "queueing_lock",
    "abort_requested", "worker", logins=_QUEUE, sequences=["procrastinate_jobs_id_seq"],
))  # fmt: skip
declare("procrastinate.ProcrastinateEvent", technical(
    "id", "job", "type", "at", logins=_QUEUE, sequences=["procrastinate_events_id_seq"]
))  # fmt: skip
declare("procrastinate.ProcrastinateWorker", technical("id", "last_heartbeat", logins=_QUEUE))
declare("procrastinate.ProcrastinatePeriodicDefer", technical(
    "id", "task_name", "defer_timestamp", "job", "periodic_id", logins=_QUEUE,
    sequences=["procrastinate_periodic_defers_id_seq"],
))  # fmt: skip
