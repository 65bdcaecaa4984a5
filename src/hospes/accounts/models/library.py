"""The tables of the login library, put on the map."""

from hospes.kernel.datamap import (
    SAFETY,
    THE_CONTRACT,
    Category,
    Event,
    Keep,
    Source,
    Then,
    declare,
    impersonal,
    personal,
    plain,
    row,
    secret,
)
from hospes.kernel.purposes import Purpose
from hospes.kernel.recipients import Recipient

declare("account.EmailAddress", row(
    plain("id", "verified", "primary", "user") | personal(Category.CONTACT, "email", to=[Recipient.MAIL_SERVER]),
    key={"user_id": "person"}, reads={Purpose.ACCESS, Purpose.MESSAGES}, source=Source.PERSON,
    creates={Purpose.ACCESS}, writes={Purpose.ACCESS}, deletes={Purpose.ACCESS},
    keep=Keep(Event.ACCOUNT_END, THE_CONTRACT, Then.DELETE),
))  # fmt: skip
# Confirmations are signed links; this table of allauth stays empty, since no role may write it.
declare("account.EmailConfirmation", impersonal("id", "email_address", "key", "created", "sent"))
declare("mfa.Authenticator", row(
    plain("id", "user", "type") | secret(Category.LOGIN, "data", reads={Purpose.ACCESS})
    | personal(Category.LOGIN, "created_at", "last_used_at"),
    key={"user_id": "person"}, reads={Purpose.ACCESS, Purpose.SECURITY}, twins=(), source=Source.PERSON,
    creates={Purpose.ACCESS}, writes={Purpose.ACCESS}, deletes={Purpose.ACCESS},
    keep=Keep(Event.ACCOUNT_END, SAFETY, Then.DELETE),
))  # fmt: skip
