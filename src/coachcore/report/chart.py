"""The course of a goal as a picture: a sparkline in text, a chart with the fan of its forecast in HTML.

Both stand with a line that says the same in words.

A chart is inline SVG without scripts, styles or outside resources, drawn in the colour of the text, so that it is read
in black and white and in the dark: readings are a solid line with dots, the forecast a shaded band with a dashed line,
the target a dotted line.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

import attrs

from coachcore.model.answers import bounded_repr
from coachcore.model.value import LongText

__all__ = ["Chart", "sparkline", "svg"]

BARS: Final = "▁▂▃▄▅▆▇█"
WIDEST: Final = 40
"""Characters of a sparkline. Of more values the last of each stretch is shown."""
WIDTH, HEIGHT, MARGIN = 640, 200, 12
"""Of a chart, in units of its own: it is as wide as the page lets it."""
Point = tuple[float, float]


@attrs.frozen(kw_only=True)
class Chart:
    """The course of a goal. text: what it shows, in words; legend: how it is drawn.

    readings: time and value of each, times in days from any begin. fan: for days to come, time, lower bound, median and
    upper bound.
    target: the value to be reached, if there is one. scale: the values at its bottom and its top; the lowest and the
    highest that are drawn, when omitted.
    """

    __repr__ = bounded_repr

    text: LongText
    legend: str
    readings: tuple[Point, ...]
    fan: tuple[tuple[float, float, float, float], ...] = ()
    target: float | None = None
    scale: Point | None = None


def sparkline(values: Sequence[float], scale: Point | None = None) -> str:
    """Values as bars of text, from the lowest to the highest of them; of equal values all are of middle height.

    scale: the values of the lowest and the highest bar, instead of those.
    """
    size = -(-len(values) // WIDEST)
    shown = [values[min(begin + size, len(values)) - 1] for begin in range(0, len(values), size)] if values else []
    if not shown:
        return ""
    lowest, highest = scale or (min(shown), max(shown))
    span = highest - lowest
    steps = len(BARS) - 1
    return "".join(BARS[round((value - lowest) / span * steps) if span else steps // 2] for value in shown)


def svg(chart: Chart) -> str:
    """The chart as a figure of a page, its text as the title of the drawing."""
    text = escape(chart.text)
    return (
        f'<figure>\n<svg role="img" viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" '
        f'xmlns="http://www.w3.org/2000/svg"><title>{text}</title>\n'
        + "\n".join(_shapes(chart))
        + f"\n</svg>\n<figcaption>{text} {escape(chart.legend)}</figcaption>\n</figure>"
    )


def _shapes(chart: Chart) -> Iterator[str]:
    times = [time for time, _ in chart.readings] + [time for time, *_ in chart.fan]
    values = [value for _, value in chart.readings] + [bound for _, *bounds in chart.fan for bound in bounds]
    if chart.target is not None:
        values.append(chart.target)
    first, (lowest, highest) = min(times), chart.scale or (min(values), max(values))
    length, height = (max(times) - first) or 1.0, (highest - lowest) or 1.0

    def place(time: float, value: float) -> str:
        x = MARGIN + (time - first) / length * (WIDTH - 2 * MARGIN)
        y = HEIGHT - MARGIN - (value - lowest) / height * (HEIGHT - 2 * MARGIN)
        return f"{x:.1f},{y:.1f}"

    if chart.target is not None:
        _, _, y = place(first, chart.target).partition(",")
        yield (
            f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{y}" y2="{y}" '
            'stroke="currentColor" stroke-width="1.5" stroke-dasharray="2 4"/>'
        )
    if chart.fan:
        begin = chart.readings[-1]
        upper = [place(*begin)] + [place(time, bound) for time, _, _, bound in chart.fan]
        lower = [place(time, bound) for time, bound, _, _ in reversed(chart.fan)]
        yield f'<polygon points="{" ".join((*upper, *lower))}" fill="currentColor" fill-opacity="0.15"/>'
        median = [place(*begin)] + [place(time, middle) for time, _, middle, _ in chart.fan]
        yield (
            f'<polyline points="{" ".join(median)}" fill="none" stroke="currentColor" '
            'stroke-width="1.5" stroke-dasharray="8 5"/>'
        )
    points = [place(time, value) for time, value in chart.readings]
    yield f'<polyline points="{" ".join(points)}" fill="none" stroke="currentColor" stroke-width="2"/>'
    for point in points:
        x, _, y = point.partition(",")
        yield f'<circle cx="{x}" cy="{y}" r="3" fill="currentColor"/>'
