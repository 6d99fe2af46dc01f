"""Pens that draw in the picture's own measures with smooth edges."""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from PIL import Image, ImageDraw, ImageFilter

from newsroom.demo.drawing.layers import Point, Size
from newsroom.demo.drawing.palette import Colour

Ink = Colour | int
Box = tuple[float, float, float, float]

FINE = 2  # edges are drawn twice as large and then reduced


class Pen:
    """Draws on an enlarged sheet; points and widths are those of the picture."""

    def __init__(
        self, sheet: Image.Image, ink: Ink, origin: Point = (0, 0), scale: float = 1
    ) -> None:
        self.sheet = sheet
        self.ink = ink
        self.origin = origin
        self.scale = scale
        self._draw = ImageDraw.Draw(sheet)

    def moved(self, x: float, y: float, scale: float = 1) -> "Pen":
        """The same pen for a drawing with its own origin and measure."""
        origin = (self.origin[0] + x * self.scale, self.origin[1] + y * self.scale)
        return Pen(self.sheet, self.ink, origin, self.scale * scale)

    def line(
        self, points: Iterable[Point], width: float = 2, ink: Ink | None = None
    ) -> None:
        self._draw.line(
            self._placed(points),
            fill=self._chosen(ink),
            width=self._width(width),
            joint="curve",
        )

    def polygon(self, points: Iterable[Point], ink: Ink | None = None) -> None:
        self._draw.polygon(self._placed(points), fill=self._chosen(ink))

    def blob(self, points: Sequence[Point], ink: Ink | None = None) -> None:
        """Fill a closed shape with a smooth outline through the points."""
        self.polygon(smooth(points), ink)

    def curve(
        self, points: Sequence[Point], width: float = 2, ink: Ink | None = None
    ) -> None:
        """Draw a smooth open line through the points."""
        self.line(through([points[0], *points, points[-1]]), width, ink)

    def rect(self, box: Box, ink: Ink | None = None, radius: float = 0) -> None:
        (left, top), (right, bottom) = self._placed([box[:2], box[2:]])
        if right - left < 1 or bottom - top < 1:
            return
        corners = (left, top, right - 1, bottom - 1)
        self._draw.rounded_rectangle(
            corners, radius * self.scale * FINE, fill=self._chosen(ink)
        )

    def circle(self, at: Point, radius: float, ink: Ink | None = None) -> None:
        self.oval(at, radius, radius, ink)

    def oval(
        self, at: Point, across: float, down: float, ink: Ink | None = None
    ) -> None:
        self._draw.ellipse(self._round(at, across, down), fill=self._chosen(ink))

    def arc(
        self,
        at: Point,
        across: float,
        down: float,
        angles: tuple[float, float],
        width: float,
        ink: Ink | None = None,
    ) -> None:
        box = self._round(at, across, down)
        self._draw.arc(box, *angles, fill=self._chosen(ink), width=self._width(width))

    def slice(
        self,
        at: Point,
        across: float,
        down: float,
        angles: tuple[float, float],
        ink: Ink | None = None,
    ) -> None:
        box = self._round(at, across, down)
        self._draw.pieslice(box, *angles, fill=self._chosen(ink))

    def _chosen(self, ink: Ink | None) -> Ink:
        return self.ink if ink is None else ink

    def _width(self, width: float) -> int:
        return max(1, round(width * self.scale * FINE))

    def _placed(self, points: Iterable[Point]) -> list[Point]:
        (left, top), scale = self.origin, self.scale
        return [
            ((left + x * scale) * FINE, (top + y * scale) * FINE) for x, y in points
        ]

    def _round(self, at: Point, across: float, down: float) -> list[Point]:
        x, y = at
        return self._placed([(x - across, y - down), (x + across, y + down)])


class Stencil(Pen):
    """A pen that draws a mask."""

    def __init__(self, size: Size) -> None:
        super().__init__(Image.new("L", (size[0] * FINE, size[1] * FINE)), 255)

    def cut(self, blur: float = 0) -> Image.Image:
        mask = self.sheet.reduce(FINE)
        return mask.filter(ImageFilter.GaussianBlur(blur)) if blur else mask


@contextmanager
def drawing_on(image: Image.Image, ink: Ink = "#000000") -> Iterator[Pen]:
    """Draw fine shapes into a picture; they are there when the block ends."""
    size = (image.width * FINE, image.height * FINE)
    pen = Pen(image.resize(size, Image.Resampling.NEAREST), ink)
    yield pen
    image.paste(pen.sheet.reduce(FINE))


def between(start: Point, end: Point, share: float) -> Point:
    """Go from one point (share 0) towards the other (share 1)."""
    return (
        start[0] + (end[0] - start[0]) * share,
        start[1] + (end[1] - start[1]) * share,
    )


def tilted(at: Point, wide: float, high: float, turn: float) -> list[Point]:
    """The corners of a rectangle round a point; half its sides, a turn in radians."""
    sine, cosine = math.sin(turn), math.cos(turn)
    return [
        (at[0] + x * cosine - y * sine, at[1] + x * sine + y * cosine)
        for x, y in ((-wide, -high), (wide, -high), (wide, high), (-wide, high))
    ]


def half_round(at: Point, across: float, down: float, steps: int) -> list[Point]:
    """Half an ellipse from right to left, below its middle; above with down < 0."""
    angles = [step / steps * math.pi for step in range(steps + 1)]
    return [(at[0] + across * math.cos(a), at[1] + down * math.sin(a)) for a in angles]


def through(points: Sequence[Point], steps: int = 10) -> list[Point]:
    """A Catmull-Rom curve from the second point to the last but one."""
    curve: list[Point] = []
    for i in range(1, len(points) - 2):
        before, start, end, after = points[i - 1 : i + 3]
        for step in range(steps):
            t = step / steps
            curve.append(
                (
                    _spline(before[0], start[0], end[0], after[0], t),
                    _spline(before[1], start[1], end[1], after[1], t),
                )
            )
    return [*curve, points[-2]]


def smooth(points: Sequence[Point], steps: int = 10) -> list[Point]:
    """A closed curve through the points."""
    return through([points[-1], *points, points[0], points[1]], steps)


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (
        2 * b
        + (c - a) * t
        + (2 * a - 5 * b + 4 * c - d) * t**2
        + (3 * b - a - 3 * c + d) * t**3
    )
