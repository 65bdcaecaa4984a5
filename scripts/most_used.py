#!/usr/bin/env python3
"""
Build the list of the most used passwords that ships: src/hospes/accounts/passwords/data/most_used.txt.gz.

    python scripts/most_used.py PASSWORDS.json WORDS.json

PASSWORDS is a JSON list of passwords, WORDS one of words, each with what is used the most first; `most_used.md` beside the
result says which ones were taken. Of a password stays what stands between the digits and signs around it, or the whole where
those are in its midst; of the words the first few thousand that are long enough to be a password's main part.
"""

import gzip
import json
import re
import sys
from pathlib import Path

from hospes.accounts.passwords.runs import folded

TARGET = Path(__file__).resolve().parents[1] / "src/hospes/accounts/passwords/data/most_used.txt.gz"
_AROUND = re.compile(r"^[^a-z]+|[^a-z]+$")
_MOST_WORDS, _SHORTEST_WORD = 5000, 5


def _cores(password: str) -> set[str]:
    plain = folded(password)
    if re.search(r"[@\s]|\.(com|net|nl|ru)", plain):  # addresses of people
        return set()
    core = _AROUND.sub("", plain)
    whole = (
        {plain} if len(plain) >= 6 and not plain.isalpha() and core != plain.strip("0123456789") else set()
    )
    return {word for word in {core} | whole if 4 <= len(word) <= 24 and word.isascii()}


def main(passwords: Path, words: Path) -> None:
    """Write the list; the same input gives the same bytes."""
    found: set[str] = set().union(*map(_cores, json.loads(passwords.read_text("utf-8"))))
    long_enough = [folded(w) for w in json.loads(words.read_text("utf-8")) if len(w) >= _SHORTEST_WORD]
    found |= {word for word in long_enough[:_MOST_WORDS] if word.isascii() and word.isalpha()}
    TARGET.write_bytes(gzip.compress("\n".join(sorted(found)).encode(), 9, mtime=0))
    print(f"{len(found)} words, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
