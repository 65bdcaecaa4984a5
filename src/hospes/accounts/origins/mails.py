"""The mails about where from: a code, a new login, limits that were changed, and the link that lifts them."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospes.accounts.models import AccessLimit, LimitLift, LoginCode, OpenSession
from hospes.accounts.origins import alarms, codes, limits
from hospes.accounts.origins.browsers import shown
from hospes.accounts.origins.limits import Limit
from hospes.accounts.origins.places import place_of
from hospes.accounts.second.mails import notice
from hospes.messaging.kinds import name
from hospes.messaging.models import Message
from hospes.messaging.rendering import Rendered, register


def _link(name: str, **arguments: object) -> str:
    """An address at the portal as configured, never that of who caused the mail."""
    return settings.HOSPES_PORTAL_URL + reverse(name, kwargs=arguments or None)


def login_code(message: Message) -> Rendered:
    """The code for a login from a new device or place, and what to do if it was somebody else."""
    asked = LoginCode.objects.get(pk=message.about, person=message.person_id or 0)
    context = {
        "code": codes.digits(asked.pk, asked.key), "until": asked.expires_at, "ip": asked.ip, "place": place_of(asked.ip),
        "browser": shown(asked.browser), "reset_url": _link("account_reset_password"),
    }  # fmt: skip
    return Rendered(_("Your code for logging in"), "mail/account.login_code", context)


def new_login(message: Message) -> Rendered:
    """That somebody logged in from somewhere new, and the link by which that is ended."""
    opened = OpenSession.objects.get(pk=message.about, person=message.person_id or 0)
    url = _link("account_not_me", token=alarms.token(opened_id=opened.pk, person_id=opened.person_id))
    context = {"at": opened.started_at, "ip": opened.ip, "place": place_of(opened.ip), "browser": shown(opened.browser),
               "url": url}  # fmt: skip
    return Rendered(_("A new login to your account"), "mail/account.new_login", context)


def limits_changed(message: Message) -> Rendered:
    """From where one may get at a customer now."""
    rows = AccessLimit.objects.filter(customer=message.customer_id or 0).order_by("country", "network")
    entries = [str(Limit(row.pk, row.network or "", row.country)) for row in rows]
    context = {"at": message.created_at, "entries": entries}
    return Rendered(_("From where one may log in was changed"), "mail/account.limits_changed", context)


def limit_lift(message: Message) -> Rendered:
    """The link by which a holder who shut themself out lifts all limits."""
    asked = LimitLift.objects.get(pk=message.about, person=message.person_id or 0)
    url = _link("lift_limits", token=limits.lift_token(asked.pk, asked.person_id))
    return Rendered(
        _("Lift the limits of your account"),
        "mail/account.limit_lift",
        {"url": url, "until": asked.expires_at},
    )


def shut_out(message: Message) -> Rendered:
    """What became of the account when somebody else was shut out; the journal has each thing."""
    said = _(
        "Somebody else was shut out of your account. All sessions ended, and the password of before works no more. What was"
        " added since they came in was taken off: passkeys, an app or a phone number for the second step, recovery codes,"
        " tokens for programs, addresses for mail, invitations, and the access of who accepted one."
    )
    more = _(
        "What was there before stays. Log in with a new password and look under “Logins and changes” what was taken off,"
        " and whether you know what is left; who else has access, too. Set up a second step again, if yours is gone."
    )
    return notice(message, _("Somebody was shut out of your account"), said, more=more)


register("account.login_code", login_code)
register("account.shut_out", shut_out)
register("account.new_login", new_login)
register("account.limits_changed", limits_changed)
register("account.limit_lift", limit_lift)
name({
    "account.login_code": gettext_lazy("Code for logging in from somewhere new"),
    "account.new_login": gettext_lazy("A login from somewhere new"),
    "account.shut_out": gettext_lazy("Somebody was shut out of the account"),
    "account.limits_changed": gettext_lazy("Limits to networks and countries changed"),
    "account.limit_lift": gettext_lazy("Link to lift the limits to networks and countries"),
})  # fmt: skip
