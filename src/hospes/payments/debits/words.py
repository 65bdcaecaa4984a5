"""What a mandate says, by version and language: what was signed is made again from here, and its hash compared."""

import hashlib
from collections.abc import Mapping
from typing import Final

#: The version that is signed now. Texts of earlier versions stay here as they are: they are the proof.
VERSION: Final = "2026-11"

_TEXTS: Final[Mapping[tuple[str, str], str]] = {
    ("2026-11", "nl"): (
        "SEPA-incassomachtiging, doorlopend\n"
        "\n"
        "Incassant: {creditor}, {address}\n"
        "Incassant-ID: {creditor_id}\n"
        "Kenmerk van de machtiging: {reference}\n"
        "Rekeninghouder: {holder}\n"
        "Rekeningnummer (IBAN): {iban}\n"
        "Getekend op: {signed_on}\n"
        "\n"
        "Met deze machtiging geeft u toestemming aan {creditor} om doorlopend opdrachten naar uw bank te sturen om een bedrag van uw"
        " rekening af te schrijven voor uw facturen, en aan uw bank om doorlopend een bedrag van uw rekening af te schrijven volgens"
        " die opdrachten.\n"
        "Van elke afschrijving krijgt u vooraf bericht, met het bedrag en de dag.\n"
        "Bent u het niet eens met een afschrijving? Dan kunt u die laten terugboeken. Vraag uw bank daarnaar binnen acht weken na de"
        " afschrijving.\n"
        "U kunt deze machtiging elke dag intrekken, in uw account. Vanaf dan wordt er niets meer afgeschreven.\n"
    ),
    ("2026-11", "en"): (
        "SEPA direct debit mandate, recurring\n"
        "\n"
        "Creditor: {creditor}, {address}\n"
        "Creditor identifier: {creditor_id}\n"
        "Mandate reference: {reference}\n"
        "Account holder: {holder}\n"
        "Account number (IBAN): {iban}\n"
        "Signed on: {signed_on}\n"
        "\n"
        "By this mandate you authorise {creditor} to send recurring instructions to your bank to debit your account for your invoices,"
        " and your bank to debit your account in accordance with those instructions.\n"
        "Before each debit you get word of the amount and the day.\n"
        "You are entitled to a refund from your bank under the terms and conditions of your agreement with your bank. A refund must be"
        " claimed within eight weeks from the date on which your account was debited.\n"
        "You can withdraw this mandate on any day, in your account. From then on nothing is debited any more.\n"
    ),
}  # fmt: skip


def mandate_text(version: str, language: str, values: Mapping[str, str]) -> str:
    """
    The mandate as it is signed; values: creditor, address, creditor_id, reference, holder, iban, signed_on.

    Raises LookupError for a version that never was.
    """
    return _TEXTS[version, language if language in ("nl", "en") else "nl"].format(**values)


def digest(text: str) -> str:
    """The hash of a mandate's text."""
    return hashlib.sha256(text.encode()).hexdigest()
