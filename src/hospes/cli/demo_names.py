"""Names and addresses for the demo, put together from syllables: they belong to nobody, and look like it."""

from dataclasses import dataclass
from random import Random

_START = ("Al", "Be", "Da", "El", "Fi", "Ga", "Hen", "Jo", "Ka", "Le", "Mi", "No", "Ra", "Sa", "Te", "Wi")
_END = ("bor", "dina", "fke", "jan", "lien", "mara", "nus", "ra", "rik", "sje", "tine", "vin")
_SUR = (
    "Berken",
    "Duin",
    "Groen",
    "Hout",
    "Klaver",
    "Linden",
    "Meer",
    "Molen",
    "Oever",
    "Rijn",
    "Steen",
    "Zand",
)
_SUR_END = ("akker", "berg", "dam", "haven", "hof", "horst", "kamp", "laar", "veld", "waard")
_TRADE = (
    "Atelier",
    "Bakkerij",
    "Bureau",
    "Garage",
    "Hoveniers",
    "Kwekerij",
    "Praktijk",
    "Studio",
    "Werkplaats",
    "Winkel",
)
_TOWN = ("Oosterwaard", "Lindenhaven", "Molenkamp", "Duinakker", "Steenlaar", "Zandhorst")


@dataclass(frozen=True)
class MadeUp:
    """A generated person, with a company to go with it; the domains end in .example (RFC 2606), which nobody can own."""

    given_name: str
    family_name: str
    email: str
    phone: str
    street: str
    postcode: str
    town: str
    trade_name: str
    kvk_number: str
    domain: str


def made_up(number: int) -> MadeUp:
    """The person with this number: always the same."""
    random = Random(number * 7919)  # noqa: S311  # no secret: it has to be the same each time
    given = random.choice(_START) + random.choice(_END)
    family = random.choice(_SUR) + random.choice(_SUR_END)
    trade = f"{random.choice(_TRADE)} {family}"
    name = f"{given}.{family}{number}".lower()
    return MadeUp(
        given_name=given, family_name=family, email=f"{name}@mail.example",
        phone=f"+3197010{number:06d}", street=f"{random.choice(_SUR)}straat {random.randint(1, 240)}",
        postcode=f"{random.randint(1000, 9999)} {random.choice('ABCDEFGHJKLMNPRSTVWXZ')}{random.choice('ABCDEFGHJKLMNPRSTVWXZ')}",
        town=random.choice(_TOWN), trade_name=trade, kvk_number=f"{90000000 + number}",
        domain=f"{family}-{number}.example".lower(),
    )  # fmt: skip
