"""How people wear their hair: one part behind the head and one in front of it.

The middle of the face is at (0, 0); its chin is at 186 and its crown at -190.
"""

from collections.abc import Callable

from newsroom.demo.drawing.layers import Point
from newsroom.demo.drawing.palette import Colour, lit
from newsroom.demo.drawing.pen import Pen

Part = Callable[[Pen, float, Colour], None]


def _nothing(pen: Pen, half: float, colour: Colour) -> None:
    """A part that is not there."""


def _cap(half: float, low: float, *fringe: Point) -> list[Point]:
    """The outline of hair on top of the head, closed by a fringe."""
    return [
        (-half - 8, low),
        (-half - 14, -80),
        (-half * 0.86, -178),
        (-half * 0.3, -222),
        (half * 0.35, -222),
        (half * 0.9, -176),
        (half + 14, -80),
        (half + 8, low),
        *fringe,
    ]


def _bob_behind(pen: Pen, half: float, colour: Colour) -> None:
    wide = half + 52
    pen.blob(
        [
            (-wide + 6, 120), (-wide, -40), (-half * 0.8, -200), (0, -232),
            (half * 0.8, -200), (wide, -40), (wide - 6, 120), (half, 176), (0, 150),
            (-half, 176),
        ],
        lit(colour, 0.72),
    )  # fmt: skip


def _bob_front(pen: Pen, half: float, colour: Colour) -> None:
    pen.blob(
        [
            (-half - 40, 130), (-half - 50, -40), (-half * 0.85, -190), (0, -236),
            (half * 0.85, -190), (half + 50, -40), (half + 40, 130), (half + 2, 60),
            (half - 14, -60), (half * 0.4, -102), (-half * 0.3, -100),
            (-half + 14, -54),
            (-half - 4, 60),
        ],
        colour,
    )  # fmt: skip
    pen.curve([(-40, -228), (-70, -170), (-84, -112)], 7, lit(colour, 1.16))
    pen.curve([(30, -230), (50, -170), (44, -116)], 7, lit(colour, 0.84))


def _parted_front(pen: Pen, half: float, colour: Colour) -> None:
    fringe = [(half - 8, -70), (half * 0.5, -128), (-half * 0.35, -104), (-half, -80)]
    pen.blob(_cap(half, -10, *fringe), colour)
    pen.curve([(-56, -216), (10, -176), (half * 0.7, -140)], 6, lit(colour, 1.35))


def _curls_behind(pen: Pen, half: float, colour: Colour) -> None:
    dark = lit(colour, 0.8)
    for x, y, radius in (
        (-0.9, -150, 84), (0.9, -150, 84), (-1.25, -40, 88), (1.25, -40, 88),
        (-1.4, 80, 92), (1.4, 80, 92), (-1.3, 190, 88), (1.3, 190, 88),
        (-1.0, 270, 74), (1.05, 275, 74), (0, -200, 96),
    ):  # fmt: skip
        pen.circle((x * half, y), radius, dark)


def _curls_front(pen: Pen, half: float, colour: Colour) -> None:
    for x, y, radius in (
        (-0.95, -96, 52), (-0.7, -164, 58), (-0.2, -192, 60), (0.35, -190, 60),
        (0.8, -150, 56), (1.0, -86, 48), (-1.12, -20, 44), (1.12, -16, 44),
        (-1.16, 60, 42), (1.18, 66, 42),
    ):  # fmt: skip
        pen.circle((x * half, y), radius, colour)
    for x, y in ((-0.75, -180), (-0.1, -214), (0.5, -200)):
        pen.arc((x * half, y), 34, 30, (190, 300), 6, lit(colour, 1.5))


def _fringe_of_age(pen: Pen, half: float, colour: Colour) -> None:
    """What is left beside a bald head."""
    for side in (-1, 1):
        pen.blob(
            [
                (side * (half + 18), 40), (side * (half + 20), -60),
                (side * (half - 6), -128), (side * (half - 24), -90),
                (side * (half - 8), -20), (side * (half + 2), 50),
            ],
            colour,
        )  # fmt: skip


def _swept_front(pen: Pen, half: float, colour: Colour) -> None:
    pen.blob(
        [
            (-half - 22, 10), (-half - 34, -110), (-half * 0.7, -222), (10, -262),
            (half * 0.85, -226), (half + 30, -120), (half + 16, 0), (half - 2, -50),
            (half * 0.72, -142), (half * 0.1, -166), (-half * 0.6, -110),
            (-half + 4, -46),
        ],
        colour,
    )  # fmt: skip
    for shift in (0, 34, 68):
        pen.curve(
            [(-half * 0.7 + shift, -128 - shift / 3), (-10 + shift, -222), (70, -232)],
            6,
            lit(colour, 0.86),
        )


def _crop_front(pen: Pen, half: float, colour: Colour) -> None:
    fringe = [(half - 4, -78), (half * 0.78, -128), (0, -138), (-half * 0.78, -128),
              (-half + 4, -78)]  # fmt: skip
    pen.blob(
        [(-half - 5, -30), (-half - 3, -110), (-half * 0.7, -184), (0, -208),
         (half * 0.7, -184), (half + 3, -110), (half + 5, -30), *fringe],
        colour,
    )  # fmt: skip


def _bun_behind(pen: Pen, half: float, colour: Colour) -> None:
    pen.circle((26, -236), 74, lit(colour, 0.85))
    pen.arc((26, -236), 48, 44, (170, 330), 8, lit(colour, 1.25))


def _bun_front(pen: Pen, half: float, colour: Colour) -> None:
    fringe = [(half - 2, -50), (half * 0.62, -124), (0, -158), (-half * 0.62, -124),
              (-half + 2, -50)]  # fmt: skip
    pen.blob(_cap(half, 10, *fringe), colour)
    pen.curve([(-24, -164), (-64, -190), (-84, -206)], 14, "#b9b5b0")


def _cap_of_wool(pen: Pen, half: float, colour: Colour) -> None:
    pen.blob(
        [
            (-half - 20, -84), (-half - 16, -170), (-half * 0.62, -256), (0, -278),
            (half * 0.62, -256), (half + 16, -170), (half + 20, -84), (0, -100),
        ],
        colour,
    )  # fmt: skip
    pen.blob(
        [(-half - 26, -66), (-half - 24, -128), (0, -146), (half + 24, -128),
         (half + 26, -66), (0, -84)],
        lit(colour, 0.78),
    )  # fmt: skip
    for x in range(-5, 6):
        pen.line([(x * half / 5.2, -134), (x * half / 5.1, -86)], 4, lit(colour, 0.66))


def _long_behind(pen: Pen, half: float, colour: Colour) -> None:
    wide = half + 46
    pen.blob(
        [
            (-wide - 14, 330), (-wide, 60), (-half - 26, -110), (0, -232),
            (half + 26, -110), (wide, 60), (wide + 14, 330), (half * 0.6, 400),
            (-half * 0.6, 400),
        ],
        lit(colour, 0.78),
    )  # fmt: skip


def _long_front(pen: Pen, half: float, colour: Colour) -> None:
    for side in (-1, 1):
        pen.blob(
            [
                (0, -228), (side * half * 0.7, -212), (side * (half + 30), -100),
                (side * (half + 46), 120), (side * (half + 40), 340),
                (side * (half - 2), 350), (side * (half + 4), 120),
                (side * (half - 12), -40), (side * half * 0.42, -140), (0, -186),
            ],
            colour,
        )  # fmt: skip
        pen.curve(
            [(side * 40, -206), (side * (half + 2), -90), (side * (half + 26), 140)],
            6,
            lit(colour, 1.3),
        )


def _brush_front(pen: Pen, half: float, colour: Colour) -> None:
    """Thick and short, brushed up."""
    pen.blob(
        [
            (-half - 8, -20), (-half - 12, -120), (-half * 0.92, -206),
            (-half * 0.4, -238),
            (half * 0.2, -250), (half * 0.8, -226), (half + 8, -150), (half + 8, -20),
            (half - 8, -96), (half * 0.5, -140), (0, -132), (-half * 0.5, -144),
            (-half + 8, -92),
        ],
        colour,
    )  # fmt: skip
    for x in (-0.5, -0.1, 0.3):
        pen.curve([(x * half, -150), (x * half + 14, -220)], 6, lit(colour, 1.3))


def _braid_behind(pen: Pen, half: float, colour: Colour) -> None:
    for step in range(8):
        pen.oval((-half - 34 - step * 5, 110 + step * 46), 40, 34, lit(colour, 0.9))
        pen.arc(
            (-half - 34 - step * 5, 110 + step * 46),
            30,
            22,
            (20, 150),
            5,
            lit(colour, 1.6),
        )
    pen.oval((-half - 6, 40), 50, 80, colour)


def _braid_front(pen: Pen, half: float, colour: Colour) -> None:
    fringe = [(half - 6, -30), (half * 0.55, -132), (10, -178), (-half * 0.6, -118),
              (-half + 6, -20)]  # fmt: skip
    pen.blob(_cap(half, 60, *fringe), colour)
    pen.curve([(10, -178), (8, -206), (4, -224)], 5, lit(colour, 0.5))


def _pixie_front(pen: Pen, half: float, colour: Colour) -> None:
    pen.blob(
        [
            (-half - 12, 30), (-half - 22, -90), (-half * 0.85, -196), (0, -240),
            (half * 0.85, -200), (half + 20, -90), (half + 10, 20), (half - 6, -30),
            (half * 0.74, -110), (half * 0.2, -84), (-half * 0.1, -116),
            (-half * 0.62, -60), (-half + 6, -20),
        ],
        colour,
    )  # fmt: skip
    pen.curve([(-20, -226), (40, -170), (half * 0.66, -120)], 6, lit(colour, 1.45))


STYLES: dict[str, tuple[Part, Part]] = {
    "bob": (_bob_behind, _bob_front),
    "parted": (_nothing, _parted_front),
    "curls": (_curls_behind, _curls_front),
    "bald": (_nothing, _fringe_of_age),
    "swept": (_nothing, _swept_front),
    "crop": (_nothing, _crop_front),
    "bun": (_bun_behind, _bun_front),
    "wool": (_nothing, _cap_of_wool),
    "long": (_long_behind, _long_front),
    "brush": (_nothing, _brush_front),
    "braid": (_braid_behind, _braid_front),
    "pixie": (_nothing, _pixie_front),
}
