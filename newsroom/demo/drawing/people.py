"""People as flat shapes: a head, its hair, what they wear. Nobody real is meant."""

from dataclasses import dataclass, replace

from newsroom.demo.drawing import hair
from newsroom.demo.drawing.layers import Point
from newsroom.demo.drawing.palette import Colour, lit, mix
from newsroom.demo.drawing.pen import Pen


@dataclass(frozen=True)
class Sitter:
    skin: Colour
    hair: Colour
    style: str
    clothes: Colour
    wear: str = "jumper"
    under: Colour = "#e9e5da"
    half: float = 138
    jaw: float = 0.8
    turn: float = 14
    glasses: str = ""
    beard: str = ""
    beard_colour: Colour | None = None
    scarf: Colour | None = None
    earrings: Colour | None = None
    brows: float = 9
    lips: Colour | None = None


def bust(pen: Pen, sitter: Sitter) -> None:
    """Draw a sitter, from the crown to the chest, around the middle of the face."""
    behind, front = hair.STYLES[sitter.style]
    behind(pen, sitter.half, sitter.hair)
    _shoulders(pen, sitter)
    _neck(pen, sitter)
    _WEAR[sitter.wear](pen, sitter)
    _ears(pen, sitter)
    _face(pen, sitter)
    if sitter.beard:
        _BEARDS[sitter.beard](pen, sitter)
    _features(pen, sitter)
    front(pen, sitter.half, sitter.hair)
    if sitter.glasses:
        _spectacles(pen, sitter)
    if sitter.scarf:
        _scarf(pen, sitter.scarf)


def _shoulders(pen: Pen, sitter: Sitter) -> None:
    wide = 250 + sitter.half
    outline: list[Point] = [
        (-84, 232), (-190, 276), (-wide + 60, 340), (-wide, 470), (-wide - 30, 900),
        (wide + 30, 900), (wide, 470), (wide - 60, 340), (190, 276), (84, 232),
    ]  # fmt: skip
    pen.blob(outline, sitter.clothes)
    pen.blob(
        [(40, 260), (190, 276), (wide - 60, 340), (wide, 470), (wide + 30, 900),
         (150, 900), (110, 560)],
        lit(sitter.clothes, 0.82),
    )  # fmt: skip
    for side in (-1, 1):
        pen.curve(
            [
                (side * (wide - 96), 470),
                (side * (wide - 110), 600),
                (side * (wide - 90), 760),
            ],
            6,
            lit(sitter.clothes, 0.68),
        )


def _neck(pen: Pen, sitter: Sitter) -> None:
    width = sitter.half * 0.52
    pen.blob(
        [
            (-width, 60), (-width, 200), (-width - 34, 262), (0, 318),
            (width + 34, 262),
            (width, 200), (width, 60),
        ],
        sitter.skin,
    )  # fmt: skip
    shadow = mix(sitter.skin, "#2a1420", 0.34)
    pen.blob(
        [(-width, 120), (-width * 0.6, 206), (width * 0.3, 240), (width + 20, 258),
         (width, 200), (width, 90), (0, 80)],
        shadow,
    )  # fmt: skip


def _jumper(pen: Pen, sitter: Sitter) -> None:
    pen.curve([(-106, 238), (-60, 296), (0, 318), (60, 296), (106, 238)], 34,
              lit(sitter.clothes, 1.14))  # fmt: skip
    pen.curve([(-92, 250), (-50, 300), (0, 320), (50, 300), (92, 250)], 4,
              lit(sitter.clothes, 0.7))  # fmt: skip


def _turtleneck(pen: Pen, sitter: Sitter) -> None:
    pen.blob(
        [(-88, 168), (0, 196), (88, 168), (102, 286), (0, 330), (-102, 286)],
        lit(sitter.clothes, 1.12),
    )
    pen.curve([(-92, 190), (0, 222), (92, 190)], 5, lit(sitter.clothes, 0.8))


def _suit(pen: Pen, sitter: Sitter) -> None:
    pen.polygon([(-92, 232), (0, 520), (92, 232), (0, 300)], sitter.under)
    pen.polygon(
        [(-94, 226), (-104, 262), (-44, 350), (0, 306)], lit(sitter.under, 0.96)
    )
    pen.polygon([(94, 226), (104, 262), (44, 350), (0, 306)], lit(sitter.under, 0.82))
    if sitter.wear == "tie":
        tie = sitter.lips or "#7a2230"
        pen.polygon([(-24, 310), (24, 310), (16, 348), (-16, 348)], lit(tie, 1.15))
        pen.polygon([(-16, 348), (16, 348), (36, 560), (0, 600), (-36, 560)], tie)
    dark = lit(sitter.clothes, 0.7)
    pen.polygon(
        [(-104, 236), (-176, 300), (-120, 400), (-166, 420), (-10, 700), (0, 560)], dark
    )
    pen.polygon(
        [(104, 236), (176, 300), (120, 400), (166, 420), (10, 700), (0, 560)],
        lit(sitter.clothes, 0.58),
    )


def _shirt(pen: Pen, sitter: Sitter) -> None:
    dark = lit(sitter.clothes, 0.72)
    pen.polygon([(-66, 250), (0, 420), (66, 250), (0, 300)], sitter.skin)
    pen.polygon([(-98, 214), (-128, 270), (-58, 372), (0, 318), (-60, 262)],
                lit(sitter.clothes, 1.16))  # fmt: skip
    pen.polygon([(98, 214), (128, 270), (58, 372), (0, 318), (60, 262)], dark)
    pen.line([(0, 400), (0, 800)], 5, dark)
    for y in (470, 570, 670):
        pen.circle((0, y), 8, sitter.under)


def _checks(pen: Pen, sitter: Sitter) -> None:
    """A checked shirt under an open jacket."""
    shirt = sitter.under
    pen.polygon([(-120, 250), (120, 250), (190, 900), (-190, 900)], shirt)
    for x in range(-160, 161, 40):
        pen.line([(x * 0.8, 250), (x, 900)], 10, lit(shirt, 0.72))
    for y in range(300, 900, 40):
        pen.line([(-170, y), (170, y)], 10, lit(shirt, 0.72))
        pen.line([(-170, y + 16), (170, y + 16)], 3, lit(shirt, 1.3))
    _neck(pen, sitter)
    _shirt(pen, replace(sitter, clothes=shirt, under="#f1ede2"))
    for side, shade in ((-1, 1.0), (1, 0.78)):
        edge = [(side * 104, 236), (side * 150, 268), (side * 250, 300),
                (side * 330, 900), (side * 130, 900), (side * 96, 520)]  # fmt: skip
        pen.polygon(edge, lit(sitter.clothes, shade))
        lapel = [(side * 104, 236), (side * 164, 330), (side * 120, 380),
                 (side * 150, 410), (side * 98, 560)]  # fmt: skip
        pen.polygon(lapel, lit(sitter.clothes, shade * 0.74))


def _coat(pen: Pen, sitter: Sitter) -> None:
    pen.polygon([(-96, 236), (0, 480), (96, 236), (0, 300)], sitter.under)
    pen.curve([(-70, 262), (0, 322), (70, 262)], 24, lit(sitter.under, 0.86))
    for side, shade in ((-1, 1.12), (1, 0.72)):
        pen.blob(
            [(side * 98, 196), (side * 168, 236), (side * 214, 380), (side * 120, 480),
             (side * 20, 620), (side * 8, 520), (side * 70, 360)],
            lit(sitter.clothes, shade),
        )  # fmt: skip
    pen.line([(0, 560), (0, 900)], 6, lit(sitter.clothes, 0.6))


def _hood(pen: Pen, sitter: Sitter) -> None:
    for side, shade in ((-1, 1.14), (1, 0.84)):
        pen.blob(
            [(side * 70, 180), (side * 186, 190), (side * 226, 300), (side * 120, 400),
             (0, 440), (side * 34, 330)],
            lit(sitter.clothes, shade),
        )  # fmt: skip
    pen.line([(0, 420), (0, 900)], 8, lit(sitter.clothes, 0.6))
    for side in (-1, 1):
        pen.line([(side * 40, 392), (side * 46, 520)], 6, sitter.under)
        pen.circle((side * 46, 526), 10, sitter.under)


_WEAR = {
    "jumper": _jumper,
    "turtleneck": _turtleneck,
    "suit": _suit,
    "tie": _suit,
    "shirt": _shirt,
    "checks": _checks,
    "coat": _coat,
    "hood": _hood,
}


def _ears(pen: Pen, sitter: Sitter) -> None:
    for side in (-1, 1):
        shade = sitter.skin if side < 0 else mix(sitter.skin, "#2a1420", 0.3)
        pen.oval((side * (sitter.half + 4), 10), 22, 40, shade)
        pen.arc((side * (sitter.half + 6), 8), 12, 26, (90, 290), 4,
                mix(sitter.skin, "#2a1420", 0.42))  # fmt: skip
        if sitter.earrings:
            pen.circle((side * (sitter.half + 10), 66), 13, sitter.earrings)


def outline(sitter: Sitter, side: int) -> list[Point]:
    """One half of the face, from the crown down to the chin."""
    half, jaw = sitter.half * side, sitter.jaw
    return [
        (half * 0.42, -184), (half * 0.84, -138), (half, -50), (half * 0.98, 30),
        (half * jaw * 1.08, 110), (half * jaw * 0.6, 166),
    ]  # fmt: skip


def _face(pen: Pen, sitter: Sitter) -> None:
    left, right = outline(sitter, -1), outline(sitter, 1)
    pen.blob([(0, -192), *right, (0, 187), *reversed(left)], sitter.skin)
    turn = sitter.turn
    shadow = mix(sitter.skin, "#3a1826", 0.2)
    pen.blob(
        [(turn + 60, -186), *right[1:], (turn * 0.4, 186), (turn + 22, 120),
         (turn + 34, 70), (turn + 58, 20), (turn + 66, -60), (turn + 52, -120)],
        shadow,
    )  # fmt: skip
    pen.oval((turn - 70, 62), 34, 22, mix(sitter.skin, "#c9463a", 0.13))


def _features(pen: Pen, sitter: Sitter) -> None:
    turn, dark = sitter.turn, mix(sitter.skin, "#20101a", 0.8)
    brow = mix(sitter.beard_colour or sitter.hair, "#20140f", 0.45)
    for side in (-1, 1):
        x = turn + side * 58
        pen.curve(
            [(x - 34, -34), (x - side * 2, -48), (x + 34, -36)], sitter.brows, brow
        )
        pen.blob([(x - 30, 2), (x, -15), (x + 30, 2), (x, 12)], "#f3ece2")
        pen.circle((x + 3, -2), 11.5, dark)
        pen.curve([(x - 31, 2), (x, -15), (x + 31, 2)], 6, dark)
    nose = mix(sitter.skin, "#3a1826", 0.36)
    pen.blob(
        [(turn + 6, -22), (turn + 22, 40), (turn + 30, 62), (turn + 2, 72),
         (turn - 12, 66),
         (turn + 8, 50)],
        nose,
    )  # fmt: skip
    lips = mix(sitter.skin, "#8c2a35", 0.5)
    if sitter.wear != "tie" and sitter.lips:
        lips = mix(sitter.lips, sitter.skin, 0.1)
    x = turn + 2
    pen.blob([(x - 40, 116), (x - 12, 108), (x, 112), (x + 12, 108), (x + 38, 116),
              (x, 134)], lips)  # fmt: skip
    pen.curve([(x - 44, 114), (x, 119), (x + 42, 113)], 4, mix(lips, "#20101a", 0.55))


def _full_beard(pen: Pen, sitter: Sitter) -> None:
    colour = sitter.beard_colour or sitter.hair
    half, x = sitter.half, sitter.turn
    edge = [(-half - 2, 10), (-half * 0.96, 96), (-half * 0.66, 186), (0, 226),
            (half * 0.66, 186), (half * 0.96, 96), (half + 2, 10)]  # fmt: skip
    pen.blob(
        [
            *edge,
            (half * 0.72, 70),
            (x + 52, 84),
            (x + 4, 78),
            (x - 46, 84),
            (-half * 0.7, 70),
        ],
        colour,
    )
    pen.blob([(x, 96), *edge[3:], (half * 0.76, 80)], lit(colour, 0.82))


def _stubble(pen: Pen, sitter: Sitter) -> None:
    half, x = sitter.half, sitter.turn
    tone = mix(sitter.skin, sitter.beard_colour or sitter.hair, 0.42)
    pen.blob(
        [(-half + 3, 24), (-half * 0.84, 104), (-half * 0.46, 164), (0, 184),
         (half * 0.46, 164), (half * 0.84, 104), (half - 3, 24), (half * 0.66, 78),
         (x + 46, 82), (x, 80), (x - 44, 82), (-half * 0.66, 78)],
        tone,
    )  # fmt: skip


def _moustache(pen: Pen, sitter: Sitter) -> None:
    x = sitter.turn + 2
    pen.blob(
        [(x - 66, 122), (x - 40, 90), (x, 80), (x + 40, 90), (x + 66, 122),
         (x + 26, 112),
         (x, 108), (x - 26, 112)],
        sitter.beard_colour or sitter.hair,
    )  # fmt: skip


_BEARDS = {"full": _full_beard, "stubble": _stubble, "moustache": _moustache}


def _spectacles(pen: Pen, sitter: Sitter) -> None:
    turn, frame = sitter.turn, "#1d2226"
    for side in (-1, 1):
        x = turn + side * 60
        if sitter.glasses == "round":
            pen.arc((x, 0), 48, 46, (0, 360), 7, frame)
        else:
            box = [
                (x - 50, -34),
                (x + 50, -34),
                (x + 44, 34),
                (x - 44, 34),
                (x - 50, -34),
            ]
            pen.line(
                [*box, box[1]], 9, "#5b2c22" if sitter.glasses == "square" else frame
            )
        pen.line([(x + side * 48, -12), (side * (sitter.half + 2), -16)], 6, frame)
    pen.curve([(turn - 14, -8), (turn, -16), (turn + 14, -8)], 6, frame)


def _scarf(pen: Pen, colour: Colour) -> None:
    pen.blob(
        [(-140, 216), (-60, 224), (0, 240), (70, 224), (140, 212), (166, 300),
         (60, 360),
         (-60, 362), (-168, 306)],
        colour,
    )  # fmt: skip
    pen.curve([(-146, 258), (-20, 316), (146, 250)], 8, lit(colour, 0.74))
    pen.curve([(-120, 236), (0, 280), (120, 232)], 6, lit(colour, 1.2))
    pen.blob([(40, 320), (120, 310), (150, 560), (64, 580)], lit(colour, 0.86))
    pen.line([(92, 340), (108, 560)], 6, lit(colour, 0.7))
