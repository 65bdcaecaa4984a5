"""
The operator's accent: from one colour the four that the themes need, each with enough contrast (WCAG 2, 4.5 to 1).

The light theme uses the accent as text on white and as a button; when it is too light it is darkened until it is legible.
The dark theme uses a lighter one of the same hue. Source of the formulas: WCAG 2.2 relative luminance; Oklab by B. Ottosson.
"""

from __future__ import annotations

import math
import re

from django.http import HttpRequest, HttpResponse

LIGHT_GROUND = "#ffffff"
DARK_GROUND = "#1d232b"  # a little lighter than any dark surface on which the accent stands as text
ENOUGH = 4.5
LIGHT_TEXT, DARK_TEXT = "#ffffff", "#0b1216"

Oklab = tuple[float, float, float]


class AccentRefused(ValueError):
    """The accent is not a colour of the form #rrggbb."""


def contrast(one: str, other: str) -> float:
    """Return the WCAG contrast of two #rrggbb colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def accents(colour: str) -> dict[str, str]:
    """
    Return the four variables of an accent by their CSS names; raise AccentRefused when it is no #rrggbb colour.

    A colour that is legible on white is kept as it is.
    """
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise AccentRefused(f"accent {colour!r}: write it as #rrggbb, for example #0f5f73")
    light = _moved(colour.lower(), LIGHT_GROUND, step=-0.01)
    dark = _moved(_with_lightness(colour, 0.78), DARK_GROUND, step=0.01)
    return {
        "--operator-accent": light,
        "--operator-on-accent": _text_on(light),
        "--operator-accent-dark": dark,
        "--operator-on-accent-dark": _text_on(dark),
    }


def stylesheet(colour: str) -> str:
    """Return the operator's stylesheet: the four variables on :root."""
    return ":root{" + ";".join(f"{name}:{value}" for name, value in accents(colour).items()) + "}\n"


def operator_css(request: HttpRequest) -> HttpResponse:
    """Serve the stylesheet of the operator's accent; route it as `operator_css`, outside the language prefix."""
    from django.conf import settings

    response = HttpResponse(
        stylesheet(settings.HOSPES_OPERATOR.accent), content_type="text/css; charset=utf-8"
    )
    response["Cache-Control"] = "public, max-age=3600"
    return response


def _text_on(ground: str) -> str:
    return max((LIGHT_TEXT, DARK_TEXT), key=lambda text: contrast(text, ground))


def _moved(colour: str, ground: str, *, step: float) -> str:
    """Darken or lighten until it is legible on the ground and a text is legible on it."""
    lightness = _to_oklab(colour)[0]
    while contrast(colour, ground) < ENOUGH or contrast(colour, _text_on(colour)) < ENOUGH:
        lightness += step
        if not 0 < lightness < 1:
            return DARK_TEXT if step < 0 else LIGHT_TEXT
        colour = _with_lightness(colour, lightness)
    return colour


def _with_lightness(colour: str, lightness: float) -> str:
    """The same hue at another lightness, its chroma cut down until the screen can show it."""
    _, a, b = _to_oklab(colour)
    for part in range(20, -1, -1):
        rgb = _to_rgb((lightness, a * part / 20, b * part / 20))
        if all(-0.0001 <= channel <= 1.0001 for channel in rgb):
            return "#" + "".join(f"{round(min(max(channel, 0), 1) * 255):02x}" for channel in rgb)
    return LIGHT_TEXT if lightness > 0.5 else DARK_TEXT


def _linear(colour: str) -> tuple[float, float, float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _to_oklab(colour: str) -> Oklab:
    r, g, b = _linear(colour)
    x = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    y = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    z = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * x + 0.7936177850 * y - 0.0040720468 * z,
        1.9779984951 * x - 2.4285922050 * y + 0.4505937099 * z,
        0.0259040371 * x + 0.7827717662 * y - 0.8086757660 * z,
    )


def _to_rgb(lab: Oklab) -> tuple[float, float, float]:
    lightness, a, b = lab
    x = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    y = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    z = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z,
        -1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z,
        -0.0041960863 * x - 0.7034186147 * y + 1.7076147010 * z,
    )
    red, green, blue = (p * 12.92 if p <= 0.0031308 else 1.055 * p ** (1 / 2.4) - 0.055 for p in linear)
    return red, green, blue
