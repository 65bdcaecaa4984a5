"""
Passkeys (WebAuthn): a device signs a challenge of ours; we hold the public half only, sealed.

A passkey belongs to one face: browsers tie it to the face's host name (`rp_id`), and we take no signature that was not made
at exactly the face's own address. A challenge belongs to the session that asked for it and works once. A device that counts
its signatures must count up: one that does not was copied.
"""

import hashlib
import json
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, router, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hospes.accounts import services
from hospes.accounts.models import Passkey
from hospes.customers.models import Person
from hospes.kernel import journal
from hospes.kernel.secrets import blind_index, blind_indexes, seal, unseal

journal.register({
    "account.passkey_added": _("Passkey added"),
    "account.passkey_renamed": _("Passkey renamed"),
    "account.passkey_removed": _("Passkey removed"),
})  # fmt: skip

#: More than anybody has devices.
MOST: Final = 20

_CHALLENGE_SECONDS: Final = 300
_KEPT: Final = "second_passkey"

Session = MutableMapping[str, Any]


class PasskeyRefused(Exception):
    """What the browser sent is no answer to what it was asked; nothing is said about why."""


@dataclass(frozen=True)
class Site:
    """A face as browsers know it: its exact origin, and the host name that its passkeys belong to."""

    origin: str

    @property
    def rp_id(self) -> str:
        return urlsplit(self.origin).hostname or ""


def site_of(address: str) -> Site:
    """The face with this address (HOSPES_PORTAL_URL, HOSPES_OFFICE_URL)."""
    place = urlsplit(address)
    return Site(f"{place.scheme}://{place.netloc}")


def read(text: str) -> dict[str, Any]:
    """What a browser sent as its answer; raises PasskeyRefused for what no browser says."""
    try:
        told = json.loads(text[:20_000])
    except ValueError:
        raise PasskeyRefused from None
    if not isinstance(told, dict):
        raise PasskeyRefused
    return told


# --- making one -----------------------------------------------------------------------------------------------------------


def begin_adding(person: Person, site: Site, session: Session, *, now: datetime) -> dict[str, Any]:
    """What the browser is told to make a passkey with; devices that have one of this person's already make no other."""
    options, state = _server(site).register_begin(
        user=PublicKeyCredentialUserEntity(
            id=_user_handle(person.pk), name=person.email, display_name=person.name
        ),
        credentials=[_public(key) for key in Passkey.objects.filter(person_id=person.pk, rp_id=site.rp_id)],
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    session[_KEPT] = {"for": "add", "state": state, "at": now.timestamp()}
    return dict(options)


def add(
    person: Person, name: str, answer: Mapping[str, Any], *, site: Site, session: Session, now: datetime
) -> Passkey:
    """Keep the passkey that the browser made; raises PasskeyRefused."""
    state = _challenge(session, "add", now)
    try:
        made = _server(site).register_complete(state, RegistrationResponse.from_dict(answer))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise PasskeyRefused from None
    if made.credential_data is None or Passkey.objects.filter(person_id=person.pk).count() >= MOST:
        raise PasskeyRefused
    handle = blind_index(made.credential_data.credential_id, context=_HANDLE)
    try:
        with transaction.atomic(using=router.db_for_write(Passkey)):
            key: Passkey = Passkey.objects.create(
                person_id=person.pk, name=name, rp_id=site.rp_id, handle=handle, sign_count=made.counter, added_at=now,
                sealed=seal(bytes(made.credential_data), context=_sealing(handle)),
            )  # fmt: skip
    except IntegrityError:  # it is here already, of this person or of somebody else
        raise PasskeyRefused from None
    _note("account.passkey_added", key, now)
    services.tell("account.passkey_added", person_id=person.pk, about_id=key.pk, now=now)
    return key


def rename(key: Passkey, name: str, *, now: datetime) -> None:
    """Call a passkey something else."""
    if Passkey.objects.filter(pk=key.pk).exclude(name=name).update(name=name):
        _note("account.passkey_renamed", key, now)


def remove(key: Passkey, *, now: datetime) -> None:
    """Take no signature of a passkey any more."""
    if Passkey.objects.filter(pk=key.pk).delete()[0]:
        _note("account.passkey_removed", key, now)
        services.tell("account.passkey_removed", person_id=key.person_id, now=now)


# --- using one ------------------------------------------------------------------------------------------------------------


def begin_using(person_id: int | None, site: Site, session: Session, *, now: datetime) -> dict[str, Any]:
    """
    What the browser is told to sign: with a passkey of this person as the second step; with None any that the device has, as
    the whole login. Then the device must have checked who holds it (by finger, face or PIN).
    """
    keys = (
        None
        if person_id is None
        else [_public(k) for k in Passkey.objects.filter(person_id=person_id, rp_id=site.rp_id)]
    )
    verification = (
        UserVerificationRequirement.REQUIRED if person_id is None else UserVerificationRequirement.PREFERRED
    )
    options, state = _server(site).authenticate_begin(credentials=keys, user_verification=verification)
    what_for = "log_in" if person_id is None else f"step:{person_id}"
    session[_KEPT] = {"for": what_for, "state": state, "at": now.timestamp()}
    return dict(options)


def use(
    answer: Mapping[str, Any], *, person_id: int | None, site: Site, session: Session, now: datetime
) -> Passkey:
    """The passkey that signed what this session was asked to sign; raises PasskeyRefused. See begin_using."""
    state = _challenge(session, "log_in" if person_id is None else f"step:{person_id}", now)
    try:
        signed = AuthenticationResponse.from_dict(answer)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise PasskeyRefused from None
    key = _find(signed.raw_id, site, person_id)
    held_by = signed.response.user_handle
    if held_by is not None and held_by not in _user_handles(key.person_id):
        raise PasskeyRefused
    try:
        _server(site).authenticate_complete(state, [_public(key)], signed)
    except (ValueError, TypeError, KeyError):
        raise PasskeyRefused from None
    _count_up(key, signed.response.authenticator_data.counter, now)
    return key


def _find(credential_id: bytes, site: Site, person_id: int | None) -> Passkey:
    held = Passkey.objects.filter(rp_id=site.rp_id, handle__in=blind_indexes(credential_id, context=_HANDLE))
    if person_id is not None:
        held = held.filter(person_id=person_id)
    key: Passkey | None = held.first()
    if key is None:
        raise PasskeyRefused
    return key


def _count_up(key: Passkey, counter: int, now: datetime) -> None:
    """A device that counts must be further than before; most passkeys do not count, and say 0."""
    lower = Passkey.objects.filter(pk=key.pk).filter(
        Q(sign_count=0) if counter == 0 else Q(sign_count__lt=counter)
    )
    if not lower.update(sign_count=counter, last_used_at=now):
        raise PasskeyRefused


# --- pieces ---------------------------------------------------------------------------------------------------------------

_HANDLE: Final = "accounts_passkey:handle"
_PERSON: Final = "accounts_passkey:person"


def _server(site: Site) -> Fido2Server:
    entity = PublicKeyCredentialRpEntity(id=site.rp_id, name=settings.HOSPES_OPERATOR.name)
    return Fido2Server(entity, verify_origin=lambda origin: origin == site.origin)


def _challenge(session: Session, what_for: str, now: datetime) -> Any:
    """What the session was asked, once: also of two answers that come at the same moment only one is looked at."""
    kept = session.pop(_KEPT, None)
    if not isinstance(kept, dict) or kept["for"] != what_for:
        raise PasskeyRefused
    if now.timestamp() - kept["at"] > _CHALLENGE_SECONDS:
        raise PasskeyRefused
    mark = hashlib.sha256(str(kept["state"]["challenge"]).encode()).hexdigest()
    if not cache.add(f"second:challenge:{mark}", 1, _CHALLENGE_SECONDS):
        raise PasskeyRefused
    return kept["state"]


def _public(key: Passkey) -> AttestedCredentialData:
    return AttestedCredentialData(unseal(key.sealed, context=_sealing(bytes(key.handle))))


def _sealing(handle: bytes) -> str:
    return f"accounts_passkey:sealed:{handle.hex()}"


def _user_handle(person_id: int) -> bytes:
    """What a device knows a person by: the same each time, and not the number that we know them by."""
    return blind_index(str(person_id), context=_PERSON)


def _user_handles(person_id: int) -> list[bytes]:
    return blind_indexes(str(person_id), context=_PERSON)


def _note(action: str, key: Passkey, now: datetime) -> None:
    journal.record(action, at=now, table="accounts_passkey", object_id=key.pk, person_id=key.person_id)
