"""Countries: those in which customers can live (of the EU, whose VAT and consumer law the rest of the house knows), and all."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HOME = "NL"

EU: dict[str, Promise] = {
    "AT": _("Austria"), "BE": _("Belgium"), "BG": _("Bulgaria"), "CY": _("Cyprus"), "CZ": _("Czechia"), "DE": _("Germany"),
    "DK": _("Denmark"), "EE": _("Estonia"), "ES": _("Spain"), "FI": _("Finland"), "FR": _("France"), "GR": _("Greece"),
    "HR": _("Croatia"), "HU": _("Hungary"), "IE": _("Ireland"), "IT": _("Italy"), "LT": _("Lithuania"),
    "LU": _("Luxembourg"), "LV": _("Latvia"), "MT": _("Malta"), "NL": _("Netherlands"), "PL": _("Poland"),
    "PT": _("Portugal"), "RO": _("Romania"), "SE": _("Sweden"), "SI": _("Slovenia"), "SK": _("Slovakia"),
}  # fmt: skip

#: All other countries and areas that have a code of their own (ISO 3166-1, and Kosovo).
_OTHERS: dict[str, Promise] = {
    "AD": _("Andorra"), "AE": _("United Arab Emirates"), "AF": _("Afghanistan"), "AG": _("Antigua & Barbuda"),
    "AI": _("Anguilla"), "AL": _("Albania"), "AM": _("Armenia"), "AO": _("Angola"), "AQ": _("Antarctica"),
    "AR": _("Argentina"), "AS": _("American Samoa"), "AU": _("Australia"), "AW": _("Aruba"), "AX": _("Åland Islands"),
    "AZ": _("Azerbaijan"), "BA": _("Bosnia & Herzegovina"), "BB": _("Barbados"), "BD": _("Bangladesh"),
    "BF": _("Burkina Faso"), "BH": _("Bahrain"), "BI": _("Burundi"), "BJ": _("Benin"), "BL": _("St. Barthélemy"),
    "BM": _("Bermuda"), "BN": _("Brunei"), "BO": _("Bolivia"), "BQ": _("Caribbean Netherlands"), "BR": _("Brazil"),
    "BS": _("Bahamas"), "BT": _("Bhutan"), "BV": _("Bouvet Island"), "BW": _("Botswana"), "BY": _("Belarus"),
    "BZ": _("Belize"), "CA": _("Canada"), "CC": _("Cocos (Keeling) Islands"), "CD": _("Congo (Kinshasa)"),
    "CF": _("Central African Republic"), "CG": _("Congo (Brazzaville)"), "CH": _("Switzerland"), "CI": _("Côte d'Ivoire"),
    "CK": _("Cook Islands"), "CL": _("Chile"), "CM": _("Cameroon"), "CN": _("China"), "CO": _("Colombia"),
    "CR": _("Costa Rica"), "CU": _("Cuba"), "CV": _("Cape Verde"), "CW": _("Curaçao"), "CX": _("Christmas Island"),
    "DJ": _("Djibouti"), "DM": _("Dominica"), "DO": _("Dominican Republic"), "DZ": _("Algeria"), "EC": _("Ecuador"),
    "EG": _("Egypt"), "EH": _("Western Sahara"), "ER": _("Eritrea"), "ET": _("Ethiopia"), "FJ": _("Fiji"),
    "FK": _("Falkland Islands"), "FM": _("Micronesia"), "FO": _("Faroe Islands"), "GA": _("Gabon"),
    "GB": _("United Kingdom"), "GD": _("Grenada"), "GE": _("Georgia"), "GF": _("French Guiana"), "GG": _("Guernsey"),
    "GH": _("Ghana"), "GI": _("Gibraltar"), "GL": _("Greenland"), "GM": _("Gambia"), "GN": _("Guinea"),
    "GP": _("Guadeloupe"), "GQ": _("Equatorial Guinea"), "GS": _("South Georgia & South Sandwich Islands"),
    "GT": _("Guatemala"), "GU": _("Guam"), "GW": _("Guinea-Bissau"), "GY": _("Guyana"), "HK": _("Hong Kong"),
    "HM": _("Heard & McDonald Islands"), "HN": _("Honduras"), "HT": _("Haiti"), "ID": _("Indonesia"), "IL": _("Israel"),
    "IM": _("Isle of Man"), "IN": _("India"), "IO": _("British Indian Ocean Territory"), "IQ": _("Iraq"), "IR": _("Iran"),
    "IS": _("Iceland"), "JE": _("Jersey"), "JM": _("Jamaica"), "JO": _("Jordan"), "JP": _("Japan"), "KE": _("Kenya"),
    "KG": _("Kyrgyzstan"), "KH": _("Cambodia"), "KI": _("Kiribati"), "KM": _("Comoros"), "KN": _("St. Kitts & Nevis"),
    "KP": _("North Korea"), "KR": _("South Korea"), "KW": _("Kuwait"), "KY": _("Cayman Islands"), "KZ": _("Kazakhstan"),
    "LA": _("Laos"), "LB": _("Lebanon"), "LC": _("St. Lucia"), "LI": _("Liechtenstein"), "LK": _("Sri Lanka"),
    "LR": _("Liberia"), "LS": _("Lesotho"), "LY": _("Libya"), "MA": _("Morocco"), "MC": _("Monaco"), "MD": _("Moldova"),
    "ME": _("Montenegro"), "MF": _("St. Martin"), "MG": _("Madagascar"), "MH": _("Marshall Islands"),
    "MK": _("North Macedonia"), "ML": _("Mali"), "MM": _("Myanmar"), "MN": _("Mongolia"), "MO": _("Macao"),
    "MP": _("Northern Mariana Islands"), "MQ": _("Martinique"), "MR": _("Mauritania"), "MS": _("Montserrat"),
    "MU": _("Mauritius"), "MV": _("Maldives"), "MW": _("Malawi"), "MX": _("Mexico"), "MY": _("Malaysia"),
    "MZ": _("Mozambique"), "NA": _("Namibia"), "NC": _("New Caledonia"), "NE": _("Niger"), "NF": _("Norfolk Island"),
    "NG": _("Nigeria"), "NI": _("Nicaragua"), "NO": _("Norway"), "NP": _("Nepal"), "NR": _("Nauru"), "NU": _("Niue"),
    "NZ": _("New Zealand"), "OM": _("Oman"), "PA": _("Panama"), "PE": _("Peru"), "PF": _("French Polynesia"),
    "PG": _("Papua New Guinea"), "PH": _("Philippines"), "PK": _("Pakistan"), "PM": _("St. Pierre & Miquelon"),
    "PN": _("Pitcairn Islands"), "PR": _("Puerto Rico"), "PS": _("Palestinian Territories"), "PW": _("Palau"),
    "PY": _("Paraguay"), "QA": _("Qatar"), "RE": _("Réunion"), "RS": _("Serbia"), "RU": _("Russia"), "RW": _("Rwanda"),
    "SA": _("Saudi Arabia"), "SB": _("Solomon Islands"), "SC": _("Seychelles"), "SD": _("Sudan"), "SG": _("Singapore"),
    "SH": _("St. Helena"), "SJ": _("Svalbard & Jan Mayen"), "SL": _("Sierra Leone"), "SM": _("San Marino"),
    "SN": _("Senegal"), "SO": _("Somalia"), "SR": _("Suriname"), "SS": _("South Sudan"), "ST": _("São Tomé & Príncipe"),
    "SV": _("El Salvador"), "SX": _("Sint Maarten"), "SY": _("Syria"), "SZ": _("Eswatini"),
    "TC": _("Turks & Caicos Islands"), "TD": _("Chad"), "TF": _("French Southern Territories"), "TG": _("Togo"),
    "TH": _("Thailand"), "TJ": _("Tajikistan"), "TK": _("Tokelau"), "TL": _("Timor-Leste"), "TM": _("Turkmenistan"),
    "TN": _("Tunisia"), "TO": _("Tonga"), "TR": _("Türkiye"), "TT": _("Trinidad & Tobago"), "TV": _("Tuvalu"),
    "TW": _("Taiwan"), "TZ": _("Tanzania"), "UA": _("Ukraine"), "UG": _("Uganda"), "UM": _("U.S. Outlying Islands"),
    "US": _("United States"), "UY": _("Uruguay"), "UZ": _("Uzbekistan"), "VA": _("Vatican City"),
    "VC": _("St. Vincent & Grenadines"), "VE": _("Venezuela"), "VG": _("British Virgin Islands"),
    "VI": _("U.S. Virgin Islands"), "VN": _("Vietnam"), "VU": _("Vanuatu"), "WF": _("Wallis & Futuna"), "WS": _("Samoa"),
    "XK": _("Kosovo"), "YE": _("Yemen"), "YT": _("Mayotte"), "ZA": _("South Africa"), "ZM": _("Zambia"), "ZW": _("Zimbabwe"),
}  # fmt: skip

#: Every country: its code, and what it is called.
EVERY: dict[str, Promise] = EU | _OTHERS

_VAT_PREFIXES = {"GR": "EL"}


def vat_prefix(country: str) -> str:
    """The letters that VAT numbers of a country begin with: its code, but for Greece."""
    return _VAT_PREFIXES.get(country, country)


def choices() -> list[tuple[str, str]]:
    """Codes and names in the active language, the home country first."""
    named = sorted(((code, str(name)) for code, name in EU.items()), key=lambda pair: pair[1])
    return sorted(named, key=lambda pair: pair[0] != HOME)


def name_of(country: str) -> str:
    """What a country is called in the active language; its code where it has no name here."""
    return str(EVERY.get(country, country))


def every_choice() -> list[tuple[str, str]]:
    """Codes and names of all countries in the active language, the home country first."""
    named = sorted(((code, str(name)) for code, name in EVERY.items()), key=lambda pair: pair[1])
    return sorted(named, key=lambda pair: pair[0] != HOME)
