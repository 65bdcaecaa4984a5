"""The pages in two languages: English is the key, Dutch stands beside it."""

from collections.abc import Callable

Words = Callable[[str], str]

DUTCH = {
    # everywhere
    "Payment provider": "Betaalprovider",
    "SMS gateway": "Sms-dienst",
    "Mail catcher": "Mailvanger",
    "Hosting panel": "Hostingpaneel",
    "Peppol access point": "Peppol-toegangspunt",
    "VAT number check": "Controle van btw-nummers",
    "Simulator": "Simulator",
    "The simulators": "De simulators",
    "Skip to the content": "Naar de inhoud",
    "Time": "Tijd",
    "State": "Status",
    "Nothing has arrived yet.": "Er is nog niets binnengekomen.",
    "This does not work": "Dit lukt niet",
    "Not found": "Niet gevonden",
    "There is nothing at this address.": "Op dit adres staat niets.",
    "This is a simulator. Nothing leaves this machine.": "Dit is een simulator. Niets verlaat deze machine.",
    # payments
    "Payments": "Betalingen",
    "Payment": "Betaling",
    "Amount": "Bedrag",
    "Description": "Omschrijving",
    "Method": "Betaalmethode",
    "Notices": "Meldingen",
    "There are no payments yet.": "Er zijn nog geen betalingen.",
    "Pay at this page": "Naar de betaalpagina",
    "What the merchant sent": "Wat de webwinkel stuurde",
    "What the merchant sees": "Wat de webwinkel ziet",
    "Notices to the merchant": "Meldingen aan de webwinkel",
    "Tries": "Pogingen",
    "Answer": "Antwoord",
    "Address": "Adres",
    "No notice was sent.": "Er is geen melding verstuurd.",
    "Refunds": "Terugbetalingen",
    "Nothing was paid back.": "Er is niets terugbetaald.",
    "refunded": "terugbetaald",
    "Pay": "Betalen",
    "This is a simulator: no money moves and no bank is asked. Choose how the payment ends.": (
        "Dit is een simulator: er gaat geen geld om en geen bank kijkt mee. Kies hoe de betaling afloopt."
    ),
    "How do you want to pay?": "Hoe wilt u betalen?",
    "You pay with": "U betaalt met",
    "Credit card": "Creditcard",
    "How does it end?": "Hoe loopt het af?",
    "Pay now": "Betaal",
    "Let it fail": "Laat mislukken",
    "Cancel": "Annuleer",
    "Let it expire": "Laat verlopen",
    "Leave it pending": "Laat in behandeling",
    "Go back without deciding": "Ga terug zonder keuze",
    "This payment has ended": "Deze betaling is afgerond",
    "Its state is": "De status is",
    "Back to the shop": "Terug naar de winkel",
    "open": "open",
    "pending": "in behandeling",
    "paid": "betaald",
    "failed": "mislukt",
    "canceled": "geannuleerd",
    "expired": "verlopen",
    "How unpleasant should it be?": "Hoe vervelend moet het worden?",
    "The notice (webhook) of this payment": "De melding (webhook) van deze betaling",
    "How many times at once (0 is never)": "Hoe vaak tegelijk (0 is nooit)",
    "How many seconds late": "Hoeveel seconden te laat",
    "Order": "Volgorde",
    "Notice and return together": "Melding en terugkeer tegelijk",
    "First the notice, then the return": "Eerst de melding, dan de terugkeer",
    "First the return, then the notice": "Eerst de terugkeer, dan de melding",
    "The next requests of the merchant": "De volgende vragen van de webwinkel",
    "The next new payments": "De volgende nieuwe betalingen",
    "How many get an outage (503; -1 is all)": "Hoeveel krijgen een storing (503; -1 is alle)",
    "How many are told to wait (429)": "Hoeveel moeten wachten (429)",
    "How many are answered late": "Hoeveel krijgen laat antwoord",
    "How late, in seconds": "Hoe laat, in seconden",
    "How many lose the connection after the payment was made": (
        "Hoeveel verliezen de verbinding nadat de betaling is gemaakt"
    ),
    "Say how the payment ends.": "Zeg hoe de betaling afloopt.",
    "There is no such order.": "Die volgorde bestaat niet.",
    "Give a number.": "Vul een getal in.",
    "This number is too small or too large.": "Dit getal is te klein of te groot.",
    "The payment method is not on offer for this payment.": "Deze betaalmethode kan bij deze betaling niet.",
    "waiting": "wacht",
    "done": "aangekomen",
    "given_up": "opgegeven",
    "refused": "geweigerd",
    # sms
    "Text messages": "Sms-berichten",
    "To": "Aan",
    "From": "Van",
    "Text": "Tekst",
    "Parts": "Delen",
    "accepted": "aangenomen",
    "delivered": "afgeleverd",
    # Peppol
    "E-invoices": "E-facturen",
    "Number": "Nummer",
    # mail
    "Mail": "Mail",
    "Subject": "Onderwerp",
    "(no subject)": "(geen onderwerp)",
    "Back to the list": "Terug naar de lijst",
    "As text": "Als tekst",
    "As HTML": "Als HTML",
    "Attachments": "Bijlagen",
    "Headers": "Kopregels",
    "The mail, as a mail program shows it; remote images and scripts are blocked": (
        "De mail, zoals een mailprogramma die toont; afbeeldingen van elders en scripts zijn geblokkeerd"
    ),
    "The source": "De bron",
    "Search": "Zoeken",
    "Recipient": "Ontvanger",
    # panel
    "Accounts": "Accounts",
    "There are no accounts yet.": "Er zijn nog geen accounts.",
    "Account": "Account",
    "Domain": "Domein",
    "Package": "Pakket",
    "active": "actief",
    "suspended": "opgeschort",
    # VAT numbers
    "VAT numbers": "Btw-nummers",
    "VAT number": "Btw-nummer",
    "Asked by": "Gevraagd door",
    "Consultation number": "Consultatienummer",
    "Nothing was asked yet.": "Er is nog niets gevraagd.",
    "VALID": "geldig",
    "INVALID": "niet geldig",
    "MS_UNAVAILABLE": "lidstaat niet bereikbaar",
    "MS_MAX_CONCURRENT_REQ": "te veel vragen aan de lidstaat",
    "GLOBAL_MAX_CONCURRENT_REQ": "te veel vragen tegelijk",
    "TIMEOUT": "te laat",
    "SERVICE_UNAVAILABLE": "dienst niet bereikbaar",
}

ENGLISH = {
    "given_up": "given up", "VALID": "valid", "INVALID": "not valid", "MS_UNAVAILABLE": "member state unavailable",
    "MS_MAX_CONCURRENT_REQ": "too many questions to the member state", "GLOBAL_MAX_CONCURRENT_REQ": "too many questions at once",
    "TIMEOUT": "too late", "SERVICE_UNAVAILABLE": "service unavailable",
}  # fmt: skip


def words(language: str) -> Words:
    """Return the function that says a text in a language (nl or en)."""
    table = DUTCH if language == "nl" else ENGLISH
    return lambda text: table.get(text, text)
