"""Whatever a page says in English it says in Dutch."""

import ast
from collections.abc import Iterator
from pathlib import Path

import simulators
from simulators.payments.checkout import OUTCOMES
from simulators.payments.deeds import DEEDS
from simulators.payments.ledger import MOVES
from simulators.payments.unpleasant import CREATE_FIELDS, ORDER_WORDS, REQUEST_FIELDS
from simulators.words import DUTCH, words

ROOT = Path(simulators.__file__).parent


def said() -> Iterator[str]:
    """Texts that the source hands to say() or lists in front of it."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            texts: list[ast.expr] = []
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                texts = node.args
            elif isinstance(node, ast.comprehension) and isinstance(node.iter, ast.Tuple):
                texts = node.iter.elts
            for text in texts:
                if isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value[0].isupper():
                    yield text.value


def test_every_text_has_its_dutch():
    texts = {
        *said(),
        *OUTCOMES.values(),
        *ORDER_WORDS.values(),
        *DEEDS.values(),
        *MOVES,
        *set().union(*MOVES.values()),
    }
    texts |= {field.label for field in (*REQUEST_FIELDS, *CREATE_FIELDS)}
    assert len(texts) > 50
    assert sorted(text for text in texts if text not in DUTCH) == []
    assert words("nl")("Pay now") == "Betaal"
    assert words("en")("Pay now") == "Pay now"
