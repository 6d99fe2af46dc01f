"""Pens that draw in the picture's own measures with smooth edges."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from PIL import Image, ImageDraw, ImageFilter

from newsroom.demo.drawing.layers import Point, Size
from newsroom.demo.drawing.palette import Colour

Ink = Colour | int

FINE = 2  # edges are drawn twice as large and then reduced


class Pen:
    """Draws on an enlarged sheet; points and widths are those of the picture."""

    def __init__(self, sheet: Image.Image, ink: Ink) -> None:
        self.sheet = sheet
        self.ink = ink
        self._draw = ImageDraw.Draw(sheet)

    def line(
        self, points: Iterable[Point], width: float = 2, ink: Ink | None = None
    ) -> None:
        self._draw.line(
            _enlarged(points),
            fill=self._chosen(ink),
            width=max(1, round(width * FINE)),
            joint="curve",
        )

    def polygon(self, points: Iterable[Point], ink: Ink | None = None) -> None:
        self._draw.polygon(_enlarged(points), fill=self._chosen(ink))

    def blob(self, points: Sequence[Point], ink: Ink | None = None) -> None:
        """Fill a closed shape with a smooth outline through the points."""
        self.polygon(smooth(points), ink)

    def curve(
        self, points: Sequence[Point], width: float = 2, ink: Ink | None = None
    ) -> None:
        """Draw a smooth open line through the points."""
        first, last = points[0], points[-1]
        self.line(through([first, *points, last]), width, ink)

    def rect(
        self,
        box: tuple[float, float, float, float],
        ink: Ink | None = None,
        radius: float = 0,
    ) -> None:
        left, top, right, bottom = (value * FINE for value in box)
        if right <= left or bottom <= top:
            return
        corners = (left, top, right - 1, bottom - 1)
        if radius:
            self._draw.rounded_rectangle(
                corners, radius * FINE, fill=self._chosen(ink)
            )
        else:
            self._draw.rectangle(corners, fill=self._chosen(ink))

    def circle(self, at: Point, radius: float, ink: Ink | None = None) -> None:
        self.oval(at, radius, radius, ink)

    def oval(
        self, at: Point, across: float, down: float, ink: Ink | None = None
    ) -> None:
        x, y = at
        box = [
            value * FINE
            for value in (x - across, y - down, x + across, y + down)
        ]
        self._draw.ellipse(box, fill=self._chosen(ink))

    def ring(
        self, at: Point, across: float, down: float, width: float, ink: Ink | None = None
    ) -> None:
        self.arc(at, across, down, (0, 360), width, ink)

    def arc(
        self,
        at: Point,
        across: float,
        down: float,
        angles: tuple[float, float],
        width: float,
        ink: Ink | None = None,
    ) -> None:
        x, y = at
        box = [v * FINE for v in (x - across, y - down, x + across, y + down)]
        self._draw.arc(
            box, *angles, fill=self._chosen(ink), width=max(1, round(width * FINE))
        )

    def slice(
        self,
        at: Point,
        across: float,
        down: float,
        angles: tuple[float, float],
        ink: Ink | None = None,
    ) -> None:
        x, y = at
        box = [v * FINE for v in (x - across, y - down, x + across, y + down)]
        self._draw.pieslice(box, *angles, fill=self._chosen(ink))

    def _chosen(self, ink: Ink | None) -> Ink:
        return self.ink if ink is None else ink


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


def _enlarged(points: Iterable[Point]) -> list[Point]:
    return [(x * FINE, y * FINE) for x, y in points]
