"""The forms in which somebody signs up, asks for a new password, or chooses one by a link."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.forms import ResetPasswordForm, ResetPasswordKeyForm
from allauth.account.forms import SignupForm as LibrarySignupForm
from allauth.account.internal.flows.email_verification import add_email_verification_sent_message
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from hospes.accounts import resets, services
from hospes.accounts.passwords import attempts, familiar, limits, own, slots, tries
from hospes.accounts.passwords.alike import meant, nobodys_address
from hospes.accounts.passwords.rules import Own
from hospes.accounts.passwords.tries import Wait
from hospes.accounts.passwords.validator import refuse_weak
from hospes.customers.models import Person
from hospes.kernel import clock


class SignupForm(LibrarySignupForm):  # type: ignore[misc]  # the library ships no types
    """The library's, with an answer that is the same, and takes as long, where somebody has the address already."""

    def validate_unique_email(self, value: str) -> str:
        """Not looked at here: what is wrong in the form has nothing to do with who has the address."""
        return value

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean()
        if data.get("password1") and "password1" not in self.errors:
            try:
                refuse_weak(data["password1"], self._known_by(data))
            except ValidationError as refusal:
                self.add_error("password1", refusal)
        return data

    def _known_by(self, data: dict[str, Any]) -> list[Own]:
        given: dict[str, str] = {
            name: data.get(name) or "" for name in ("email", "phone", "street", "postcode", "town")
        }
        name = f"{data.get('given_name') or ''} {data.get('family_name') or ''}"
        company = data.get("trade_name") or ""
        return own.of_words(name=name, company=company, **given)

    def try_save(self, request: HttpRequest) -> tuple[None, HttpResponse]:
        """Make the account and send the link, or tell who has the address that they have one."""
        now, email = clock.now(), self.cleaned_data["email"]
        tries.take(attempts.networks_turns(request, limits.SIGNUP, limits.SIGNUP_CROWD), now=now)
        has_it = attempts.find(email)
        if has_it is not None:
            self.cleaned_data["email"] = nobodys_address(email)
        try:
            with meant(has_it is None), _as_stranger():
                made = EmailAddress.objects.get(user=self.save(request))
        except IntegrityError:  # somebody was a moment faster
            has_it = attempts.find(email)
            made = EmailAddress(user=has_it)
        services.answer_signup(
            has_it=has_it.pk if has_it else None, made=made.user_id, about_id=made.pk, now=now
        )
        add_email_verification_sent_message(request, email, signup=True)
        return None, redirect("account_email_verification_sent")


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    """The library's, with an answer that takes as long when nobody has the address."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **_: Any) -> str:
        now, email = clock.now(), self.cleaned_data["email"]
        tries.take(attempts.networks_turns(request, limits.RESET, limits.RESET_CROWD), now=now)
        person: Person | None = attempts.find(email)
        services.ask_reset(person_id=person.pk if person is not None and person.is_active else None, now=now)
        return str(email)


class NewPasswordForm(ResetPasswordKeyForm):  # type: ignore[misc]
    """The library's, whose link works for one new password only, however many are sent at once."""

    def save(self) -> None:
        request, now = context.request, clock.now()
        tries.take(attempts.networks_turns(request, limits.NEW_PASSWORD), now=now)
        named = resets.read(self.temp_key)
        if named is None or not services.use_reset(reset_id=named[0], person_id=self.user.pk, now=now):
            raise ImmediateHttpResponse(redirect(request.path))  # where it says that the link no longer works
        super().save()
        familiar.vouch(request, person_id=self.user.pk, reset_id=named[0])


@contextmanager
def _as_stranger() -> Iterator[None]:
    try:
        with slots.hashing_for(slots.Who.STRANGER):
            yield
    except slots.Busy:
        raise Wait(slots.TRY_AGAIN) from None
