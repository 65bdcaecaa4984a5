"""The passwords that are used the most. Where they come from, and under which licence, is said in `data/most_used.md`."""

import gzip
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"


@cache
def most_used() -> frozenset[str]:
    """
    The words that the most used passwords are made of, folded as `rules` folds them; read once in a process.

    Takes some 6 MB of memory.
    """
    listed = gzip.decompress((_DATA / "most_used.txt.gz").read_bytes()).decode().split("\n")
    dutch = (_DATA / "dutch.txt").read_text("utf-8").splitlines()
    return frozenset(listed).union(*(line.split() for line in dutch if not line.startswith("#")))
