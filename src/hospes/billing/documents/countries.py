"""The names of the countries that a document can name, in Dutch and in English."""

from __future__ import annotations

from hospes.billing.documents.parts import Language

# Only for addresses abroad: code, Dutch, English. A country that is not here is written as its code.
_COUNTRIES = {
    code: {"nl": dutch, "en": english}
    for code, dutch, english in (
        ("AT", "Oostenrijk", "Austria"),
        ("BE", "België", "Belgium"),
        ("BG", "Bulgarije", "Bulgaria"),
        ("CH", "Zwitserland", "Switzerland"),
        ("CY", "Cyprus", "Cyprus"),
        ("CZ", "Tsjechië", "Czechia"),
        ("DE", "Duitsland", "Germany"),
        ("DK", "Denemarken", "Denmark"),
        ("EE", "Estland", "Estonia"),
        ("ES", "Spanje", "Spain"),
        ("FI", "Finland", "Finland"),
        ("FR", "Frankrijk", "France"),
        ("GB", "Verenigd Koninkrijk", "United Kingdom"),
        ("GR", "Griekenland", "Greece"),
        ("HR", "Kroatië", "Croatia"),
        ("HU", "Hongarije", "Hungary"),
        ("IE", "Ierland", "Ireland"),
        ("IS", "IJsland", "Iceland"),
        ("IT", "Italië", "Italy"),
        ("LI", "Liechtenstein", "Liechtenstein"),
        ("LT", "Litouwen", "Lithuania"),
        ("LU", "Luxemburg", "Luxembourg"),
        ("LV", "Letland", "Latvia"),
        ("MT", "Malta", "Malta"),
        ("NL", "Nederland", "The Netherlands"),
        ("NO", "Noorwegen", "Norway"),
        ("PL", "Polen", "Poland"),
        ("PT", "Portugal", "Portugal"),
        ("RO", "Roemenië", "Romania"),
        ("SE", "Zweden", "Sweden"),
        ("SI", "Slovenië", "Slovenia"),
        ("SK", "Slowakije", "Slovakia"),
        ("US", "Verenigde Staten", "United States"),
    )
}


def country_name(code: str, language: Language) -> str:
    """The name of a country for an address, or its code where we have no name."""
    return _COUNTRIES[code][language] if code in _COUNTRIES else code
