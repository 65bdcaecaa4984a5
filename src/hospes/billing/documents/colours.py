"""The operator's accent colour, made fit to read: contrast as WCAG 2.2 defines it (1.4.3)."""

from __future__ import annotations

_WHITE = (255, 255, 255)
_READABLE = 4.5
Rgb = tuple[int, int, int]


def written_in(accent: str) -> str:
    """The accent, darkened as far as text on white and on its own tint needs it (4.5 : 1)."""
    colour, ground = _parse(accent), _parse(tint(accent))
    while contrast(colour, ground) < _READABLE:
        colour = _mix(colour, (0, 0, 0), 0.06)
    return _format(colour)


def tint(accent: str) -> str:
    """A very light ground in the accent colour."""
    return _format(_mix(_WHITE, _parse(accent), 0.07))


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Rgb) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _mix(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (int(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return (red, green, blue)


def _parse(colour: str) -> Rgb:
    return (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))


def _format(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
