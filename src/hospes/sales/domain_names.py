"""Domain names as people type them: pure. Names are kept in lower-case ASCII (RFC 5891)."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import idna
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
#: Longer than any name, also in letters that take several characters each.
_LONGEST: Final = 300
#: Scripts that are written together in one word (Unicode TR 39, "highly restrictive", without Latin beside them).
_TOGETHER: Final = (
    frozenset({"CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"CJK", "HANGUL"}),
    frozenset({"CJK", "BOPOMOFO"}),
)


class NoName(ValueError):
    """It is no name that can be registered; the message is fit to show to whoever typed it."""

    def __init__(self, why: Promise | str) -> None:
        super().__init__(str(why))
        self.why = why

    def __str__(self) -> str:
        return str(self.why)


def domain_name(text: str) -> str:
    """
    A domain name in lower-case ASCII (RFC 5891), without scheme, "www." or path; raises ValueError when it is none.

    It needs at least two labels, and a last one that is no number. Not by Python's own codec: that is of before RFC 5891 and
    makes strasse.de, which is somebody else's, of straße.de.
    """
    ascii_name = _ascii(_bare(text))
    labels = ascii_name.split(".")
    if (
        len(labels) < 2
        or len(ascii_name) > 253
        or not all(_LABEL.fullmatch(x) for x in labels)
        or labels[-1].isdigit()
    ):
        raise ValueError("this is no domain name")
    return ascii_name


def _bare(text: str) -> str:
    bare = re.sub(r"^[a-z]+://", "", text.strip()[:_LONGEST].lower()).split("/")[0].removesuffix(".")
    return re.sub(r"^www\.(?=[^.]+\.)", "", bare)  # www.nl is a name by itself


def _ascii(bare: str) -> str:
    try:
        return idna.encode(bare, uts46=True).decode("ascii")
    except UnicodeError:
        raise ValueError("this is no domain name") from None


@dataclass(frozen=True)
class Sought:
    """A name that somebody looks for: its own part in ASCII and as one reads it, and the extension that they typed, if any."""

    label: str
    shown: str
    extension: str

    @property
    def is_idn(self) -> bool:
        """Whether it has letters beyond a to z."""
        return self.label.startswith("xn--")


def sought(text: str, extensions: list[str]) -> Sought:
    """
    What somebody looks for, among extensions (".nl") that can be had; raises NoName, which says what is wrong.

    A name without an extension is looked for under all of them; spaces between words are left out, as nobody means them.
    """
    bare = re.sub(r"\s+", "", _bare(text))
    if not bare:
        raise NoName(_("Type the name that you would like, such as example or example.nl."))
    typed = max((e for e in extensions if bare.endswith(e) and bare != e), key=len, default="")
    own = bare.removesuffix(typed) if typed else bare
    if "." in own and not typed:
        raise NoName(
            _(
                "We do not sell names that end in .%(end)s. Type the name without an ending to see what there is."
            )
            % {"end": own.rsplit(".", 1)[1][:20]}
        )
    if "." in own:
        raise NoName(
            _("This is a name below another one. Type the name itself, with one dot at most: example.nl.")
        )
    label = _own_part(own)
    return Sought(label, readable(label), typed)


def _own_part(own: str) -> str:
    """The own part of a name in ASCII; raises NoName."""
    if len(own) > _LONGEST - 50:
        raise NoName(_("This name is too long: 63 letters at most."))
    if is_mixed(own):
        raise NoName(
            _(
                "This name mixes letters of several alphabets, which registries refuse: they look alike and mislead people."
            )
        )
    try:
        label = _ascii(own)
    except ValueError:
        raise NoName(
            _(
                "A domain name has letters, figures and hyphens, and no other signs. It does not begin or end with a hyphen."
            )
        ) from None
    if not _LABEL.fullmatch(label):
        raise NoName(
            _(
                "A domain name has letters, figures and hyphens, and no other signs. It does not begin or end with a hyphen."
            )
        )
    if label[2:4] == "--" and not label.startswith("xn--"):
        raise NoName(_("A name with hyphens in its third and fourth place is kept apart by the registries."))
    if label.startswith("xn--") and is_mixed(readable(label)):
        raise NoName(
            _(
                "This name mixes letters of several alphabets, which registries refuse: they look alike and mislead people."
            )
        )
    if len(label) < 2:
        raise NoName(_("A domain name has at least two letters."))
    return label


def registrable(text: str, *, extension: str, takes_idn: bool) -> str:
    """A name of an extension in ASCII; raises NoName (or ValueError for what is no domain name at all)."""
    name = domain_name(text)
    if not name.endswith(extension) or "." in name.removesuffix(extension):
        raise NoName(_("This is not a name that ends in %(extension)s.") % {"extension": extension})
    label = _own_part(readable(name.removesuffix(extension)))
    if label.startswith("xn--") and not takes_idn:
        raise NoName(
            _("Names that end in %(extension)s have the letters a to z, figures and hyphens only.")
            % {"extension": extension}
        )
    return label + extension


def readable(name: str) -> str:
    """A name in ASCII as one reads it; what does not decode stays as it is."""
    try:
        return idna.decode(name) if "xn--" in name else name
    except UnicodeError:
        return name


def is_mixed(text: str) -> bool:
    """Whether letters of several scripts stand in it, other than those that are written together."""
    scripts = {_script(c) for c in text if unicodedata.category(c)[0] in "LM"} - {""}
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


def _script(letter: str) -> str:
    """The script of a letter, by the first word of its name in Unicode; of a mark that joins any letter, none."""
    first = unicodedata.name(letter, "").partition(" ")[0].partition("-")[0]
    return "" if first in ("COMBINING", "MODIFIER") else first
