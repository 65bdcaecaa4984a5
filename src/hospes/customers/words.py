"""
The words that somebody is found by: those of a name, folded so that "Müller-de Vries" is found by "muller" and by "vries".

A search under row policies can use an index only with operators that PostgreSQL knows to be leakproof, which LIKE and the
trigram operators are not; the beginning of a word in a column of its own is (`^@`). So the words stand in tables beside
the names. A trigger keeps them, with its owner's rights: no purpose can write them, and what is renamed, emptied or deleted
is found by its old name no longer.
"""

import re
import string
import unicodedata
from typing import Final

#: A shorter word finds nothing: it would find everybody.
SHORTEST: Final = 2
LONGEST: Final = 80

_APART: Final = str.maketrans(dict.fromkeys(string.punctuation, " "))
_MARKS: Final = re.compile("[\u0300-\u036f]")
# Compatibility decomposition makes a plain space of most others.
_SPACE: Final = re.compile(r"[ \t\n\v\f\r]+")


def folded(text: str) -> list[str]:
    """The words of a text in lower case without accents, each once, in their order; the same as `customers_folded` in SQL."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text)).lower()
    words = (word[:LONGEST] for word in _SPACE.split(bare.translate(_APART)))
    return list(dict.fromkeys(word for word in words if len(word) >= SHORTEST))
