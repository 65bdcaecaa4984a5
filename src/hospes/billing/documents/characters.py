"""
What people type, made fit for XML and for paper.

XML 1.0 forbids some characters; PDF/A forbids any character that no font of ours can draw. Neither may ever
stop an invoice, so what is impossible is replaced here, and the rest stays exactly what it was.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
NOT_DRAWABLE = "\N{WHITE SQUARE}"

# A mark for the template, which makes a break of it that leaves no trace: a real zero width space would
# come along when somebody copies an address or an account number from the page.
BREAK_HERE = "\N{ZERO WIDTH SPACE}"
_BREAK_AFTER = re.compile(r"(?<=[@./_?&=:#+-])(?=[^@./_?&=:#+-])")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Joiners shape words in Persian and Hindi, and make one emoji of several. Every other format character is
# dropped, above all those that turn the direction of writing, with which a name could rearrange the amounts
# beside it.
_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}\N{VARIATION SELECTOR-16}"


def for_xml(text: str) -> str:
    """Return text that XML 1.0 can hold: without spaces at the ends, forbidden characters made U+FFFD."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def for_paper(text: str, longest: int = 30) -> str:
    """
    Return one line of text that our fonts can draw and that can be broken to fit a column.

    White space of any kind becomes single spaces; what no font has becomes a white square. A word of more
    than longest characters gets marks (BREAK_HERE) where it may be broken without a hyphen: first where
    addresses and host names have their joints, then anywhere in a piece that is still too long.
    """
    words = drawable(text).split(" ")
    return " ".join(word if len(word) <= longest else _breakable(word, longest) for word in words)


def drawable(text: str) -> str:
    """Return one line of text that our fonts can draw, without places to break: for titles and metadata."""
    composed = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    drawn: list[str] = []
    for char in composed:
        category = unicodedata.category(char)
        if category[0] == "M" or char in _JOINERS:
            if drawn and _one_font_has(drawn[-1] + char):
                drawn[-1] += char
        elif category[0] == "Z" or category == "Cc":
            drawn.append(" ")
        elif category != "Cf":
            drawn.append(char if _one_font_has(char) else NOT_DRAWABLE)
    line = re.sub(" +", " ", "".join(drawn)).strip(" ")
    return line or (NOT_DRAWABLE if text.strip() else "")


def paragraphs(text: str) -> list[str]:
    """Split text in lines for paper; empty ones are left out."""
    return [line for line in map(for_paper, text.splitlines()) if line]


def _breakable(word: str, longest: int) -> str:
    pieces = _BREAK_AFTER.split(word)
    return BREAK_HERE.join(piece if len(piece) <= longest else _anywhere(piece) for piece in pieces)


def _anywhere(piece: str) -> str:
    broken = [piece[0]]
    for before, char in pairwise(piece):
        # never inside what is drawn as one: letter with marks, emoji sequence, flag
        if before not in _JOINERS and char not in _JOINERS and unicodedata.category(char)[0] in "LNP":
            broken.append(BREAK_HERE)
        broken.append(char)
    return "".join(broken)


def _one_font_has(cluster: str) -> bool:
    """Whether one font has a letter and all its marks; the typesetter cannot take them from two."""
    points = {ord(char) for char in cluster if char not in _JOINERS}
    return any(points <= font for font in _coverage())


@cache
def _coverage() -> tuple[frozenset[int], ...]:
    """The code points that each font has a glyph for, private use excepted, which PDF/A-3a forbids."""
    return tuple(
        frozenset(
            point
            for point in _code_points(font.read_bytes())
            if unicodedata.category(chr(point)) not in ("Co", "Cs", "Cn")
        )
        for font in sorted(FONTS.glob("*.ttf"))
    )


def _code_points(font: bytes) -> Iterator[int]:
    """Read the character map of a TrueType font (OpenType specification, table cmap, formats 4 and 12)."""
    tables: int = struct.unpack_from(">H", font, 4)[0]
    for record in range(tables):
        tag, _, start, _ = struct.unpack_from(">4sIII", font, 12 + 16 * record)
        if tag == b"cmap":
            break
    else:
        raise ValueError("a font without a character map")
    subtables: int = struct.unpack_from(">H", font, start + 2)[0]
    for number in range(subtables):
        offset = start + struct.unpack_from(">HHI", font, start + 4 + 8 * number)[2]
        kind = struct.unpack_from(">H", font, offset)[0]
        if kind == 4:
            yield from _format_4(font, offset)
        elif kind == 12:
            yield from _format_12(font, offset)


def _format_4(font: bytes, at: int) -> Iterator[int]:
    count: int = struct.unpack_from(">H", font, at + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", font, at + 14)
    starts = struct.unpack_from(f">{count}H", font, at + 16 + 2 * count)
    deltas = struct.unpack_from(f">{count}H", font, at + 16 + 4 * count)
    offsets_at = at + 16 + 6 * count
    offsets = struct.unpack_from(f">{count}H", font, offsets_at)
    for segment in range(count):
        for point in range(starts[segment], ends[segment] + 1):
            glyph = point
            if offsets[segment]:
                where = offsets_at + 2 * segment + offsets[segment] + 2 * (point - starts[segment])
                glyph = struct.unpack_from(">H", font, where)[0]
                if glyph == 0:
                    continue
            if (glyph + deltas[segment]) & 0xFFFF:
                yield point


def _format_12(font: bytes, at: int) -> Iterator[int]:
    groups: int = struct.unpack_from(">I", font, at + 12)[0]
    for first, last, glyph in struct.iter_unpack(">III", font[at + 16 : at + 16 + 12 * groups]):
        yield from range(first + (glyph == 0), last + 1)
