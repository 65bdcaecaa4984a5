"""
How the login library does things in this house.

It sends no mail and knows no template: what it wants to tell a person becomes a message, written by the worker from ids. Its
answers never say whether an address is known here, nor do they take much less time when it is not.
"""

import math
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from hospes.accounts import sealing, services
from hospes.accounts.door import at_the_door, is_office, known_as
from hospes.accounts.network import client_ip
from hospes.accounts.origins import entering
from hospes.accounts.passwords import attempts
from hospes.accounts.passwords.tries import Wait
from hospes.accounts.second import ways
from hospes.accounts.staff.queries import standing_of
from hospes.customers.models import Person
from hospes.kernel import clock

#: What the library calls its mails, and the kinds of messages that they are here.
_NOTICES = {
    "account/email/password_changed": "account.password_changed",
    "account/email/password_set": "account.password_changed",
    "account/email/password_reset": "account.password_changed",
    "mfa/email/totp_activated": "account.second_step_on",
    "mfa/email/totp_deactivated": "account.second_step_off",
}


#: Where a session keeps with which password its login began, until it is complete.
_BEGUN = "hospes_login_begun"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library ships no types
    """Sign-up, login, passwords and addresses."""

    # --- who may come in --------------------------------------------------------------------------------------------------

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return not is_office()

    def save_user(self, request: HttpRequest, user: Person, form: Any, commit: bool = True) -> Person:
        """Make the person; raises IntegrityError for who signs up twice at once."""
        form.describe(user)
        user.language = (get_language() or settings.LANGUAGE_CODE)[:2]
        user.created_at = clock.now()
        with transaction.atomic(using=router.db_for_write(Person)):
            saved: Person = super().save_user(request, user, form, commit)
            entering.vouched(request, saved.pk, now=user.created_at)
        return saved

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Person | None:
        """Who has these credentials; in the office somebody who does not work here has none. Raises Wait."""
        address, password = str(credentials["email"]), str(credentials["password"])
        with at_the_door(request):
            tried = attempts.try_password(
                request, address=address, password=password, admits=_admitted, now=clock.now()
            )
            if not tried.is_right:
                self._failed(request, tried.person)
                return None
        return tried.person

    def reauthenticate(self, user: Person, password: str) -> bool:
        """Whether somebody who is logged in knows their password."""
        with at_the_door(context.request):
            try:
                is_right = attempts.confirm_password(context.request, user, password, now=clock.now())
            except Wait as wait:
                seconds = math.ceil(wait.seconds)
                said = ngettext("Too many tries. Please try again in %(count)d second.",
                                "Too many tries. Please try again in %(count)d seconds.", seconds)  # fmt: skip
                raise ValidationError(said % {"count": seconds}) from None
        if not is_right:
            self._failed(context.request, user)
        return is_right

    def _failed(self, request: HttpRequest, person: Person | None) -> None:
        """Write it down: about whom, where somebody has that address, and never the address itself."""
        with at_the_door(request):
            services.note("account.login_failed", person_id=person.pk if person else None, now=clock.now())

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: tries are counted by `passwords.tries`."""

    def pre_login(self, request: HttpRequest, user: Person, **kwargs: Any) -> HttpResponse | None:
        """Note which password the login began with: see `login`."""
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        request.session[_BEGUN] = user.get_session_auth_hash()
        return answer

    def login(self, request: HttpRequest, user: Person) -> None:
        """Let somebody in, unless the password is another one by now than when this login began (minutes ago, perhaps)."""
        begun = request.session.pop(_BEGUN, None)
        if begun is not None and not constant_time_compare(begun, user.get_session_auth_hash()):
            request.session.flush()
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)
        request.actor = known_as(user.pk, request)  # type: ignore[attr-defined]
        with at_the_door(request, as_actor=request.actor):  # type: ignore[attr-defined]
            services.note("account.login", person_id=user.pk, now=clock.now())
            entering.began(request, user.pk, now=clock.now())

    def logout(self, request: HttpRequest) -> None:
        with at_the_door(request):
            services.note("account.logout", person_id=request.user.pk, now=clock.now())
            if isinstance(request.user, Person):
                entering.left(request, request.user.pk, now=clock.now())
        super().logout(request)

    def get_login_stages(self) -> list[str]:
        """The library's, with our own second step in the place of its; who gave none may be asked for a mailed code."""
        own = {"allauth.mfa.stages.AuthenticateStage": "hospes.accounts.second.stage.SecondStep"}
        stages = [own.get(stage, stage) for stage in super().get_login_stages()]
        return [*stages, "hospes.accounts.origins.stage.NewPlaceStage"]

    def get_reauthentication_methods(self, user: Person) -> list[dict[str, Any]]:
        """How somebody who is logged in can show once more who they are."""
        with at_the_door(self.request or context.request):
            has_step = ways.has_step(user.pk)
        password = {
            "id": "reauthenticate",
            "description": _("Use your password"),
            "url": reverse("account_reauthenticate"),
        }
        step = {
            "id": "mfa_reauthenticate",
            "description": _("Use your second step"),
            "url": reverse("mfa_reauthenticate"),
        }
        return [password] * user.has_usable_password() + [step] * has_step

    # --- where from, where to ---------------------------------------------------------------------------------------------

    def get_client_ip(self, request: HttpRequest) -> str:
        """For the limits on tries; where no address is known, all share one limit."""
        return client_ip(request) or "unknown"

    def is_safe_url(self, url: str | None) -> bool:
        """Whether to go on to an address after login: on this face only, whatever the Host header says."""
        own = urlsplit(settings.HOSPES_OFFICE_URL if is_office() else settings.HOSPES_PORTAL_URL)
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={own.netloc}, require_https=own.scheme == "https"
        )

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return front_door()

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return front_door()

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return front_door()

    # --- what changes, and what is told about it --------------------------------------------------------------------------

    def set_password(self, user: Person, password: str) -> None:
        super().set_password(user, password)
        with at_the_door(context.request):
            services.password_changed(person_id=user.pk, now=clock.now())
            entering.got_new_password(context.request, user.pk, now=clock.now())

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        confirmed = bool(super().confirm_email(request, email_address))
        if confirmed:
            with at_the_door(request):
                services.note("account.address_confirmed", person_id=email_address.user_id, now=clock.now())
                entering.vouched(request, email_address.user_id, now=clock.now())
        return confirmed

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        address = emailconfirmation.email_address
        self._tell("account.confirm_address", address.user_id, about_id=address.pk, within="%Y%m%d%H%M")

    def send_account_already_exists_mail(self, email: str) -> None:
        for person in filter_users_by_email(email, is_active=True, prefer_verified=True):
            self._tell("account.already_exists", person.pk, within="%Y%m%d%H")

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Person,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        self._tell(_NOTICES[template_prefix], user.pk)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Refused: a mail that this house does not know would leave from inside the request."""
        raise LookupError(f"{template_prefix}: no kind of message stands for this mail")

    def _tell(self, kind: str, person_id: int, **more: Any) -> None:
        with at_the_door(self.request):
            services.tell(kind, person_id=person_id, now=clock.now(), **more)


class SecondStepAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the library ships no types
    """Codes from an app; the other ways are our own (`accounts.second`)."""

    def encrypt(self, text: str) -> str:
        return sealing.sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.opened(encrypted_text)

    def get_totp_issuer(self) -> str:
        return str(settings.HOSPES_OPERATOR.name)

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Staff keep a second step for as long as they are staff: a passkey of the office, or else this one."""
        person_id = authenticator.user_id
        return standing_of(person_id, now=clock.now()) is None or ways.office_passkeys(person_id) > 0

    def is_mfa_enabled(self, user: Person, types: Any = None) -> bool:
        """Whether a person has any second step; with types: those of the login library."""
        if types is not None or user.is_anonymous:
            return bool(super().is_mfa_enabled(user, types))
        with at_the_door(context.request):
            return ways.has_step(user.pk)


def front_door() -> str:
    """The first page of this face in the active language."""
    language = get_language() or settings.LANGUAGE_CODE
    return "/" if language == settings.LANGUAGE_CODE else f"/{language}/"


def _admitted(person_id: int) -> bool:
    """Whether a person may log in on this face, if they know their password."""
    return not is_office() or standing_of(person_id, now=clock.now()) is not None
