"""What press services give out: a lectern and a long table."""

from random import Random

from PIL import Image, ImageFilter

from newsroom.demo.drawing.layers import (
    WIDE,
    Point,
    bloom,
    both,
    dim,
    fade,
    finish,
    glow,
    gradient,
    lay,
    levels,
    noise,
    rim,
)
from newsroom.demo.drawing.lettering import write
from newsroom.demo.drawing.palette import Colour, lit, mix
from newsroom.demo.drawing.pen import Pen, Stencil, drawing_on
from newsroom.demo.drawing.people import Sitter, bust

MINISTER = Sitter("#e3b898", "#85868a", "swept", "#232c3d", "tie", "#f2f3f3", half=146,
                  jaw=0.88,
                  turn=-16, brows=11, lips="#7c2430")  # fmt: skip

DELEGATES = (
    Sitter("#e6bd9d", "#4a3426", "parted", "#2c3440", "tie", lips="#35567a", half=140),
    Sitter("#d9a47c", "#17161a", "bun", "#5d2f45", "suit", half=132, turn=10),
    Sitter("#ecc4a6", "#a9a9aa", "bald", "#33373c", "tie", lips="#6d5a25",
           glasses="wire", half=146),
    Sitter("#d39c72", "#1c1a1c", "brush", "#27313f", "tie", lips="#7a2230", half=144,
           turn=-14),
    Sitter("#e9c0a0", "#7b4a2b", "bob", "#1f4a4a", "suit", "#efe4d6", half=130,
           turn=-10),
    Sitter("#dba881", "#2a2422", "crop", "#3b3f45", "tie", lips="#2c5b46",
           beard="full", half=142),
    Sitter("#e4b695", "#8d8d8f", "parted", "#2a2d3c", "tie", lips="#82413a",
           glasses="round",
           beard="moustache", half=140),
)  # fmt: skip


def minister_lectern(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#2d4c74"), (0.6, "#23395a"), (1, "#121c2e"))
    folds = levels(noise(WIDE, (64, 1400), rng), 40, 210)
    lay(image, "#0d1728", dim(folds, 0.6))
    glow(image, (960, 380), 900, "#86a6cf", 0.6)
    with drawing_on(image) as pen:
        pen.rect((500, 110, 1420, 380), "#e8edf0", 6)
        pen.rect((500, 110, 1420, 128), "#1f6b6b")
        for x, way in ((250, 1), (1670, -1)):
            _flag(pen, x, way)
    _backdrop(image)
    shadow = Stencil(WIDE)
    shadow.oval((1000, 500), 120, 160)
    shadow.oval((1000, 900), 290, 230)
    lay(image, "#0a1220", dim(shadow.cut(40), 0.5))
    with drawing_on(image) as pen:
        bust(pen.moved(960, 500, 0.74), MINISTER)
        _lectern(pen)
        for side in (-1, 1):
            _sleeve(pen, side)
    bloom(image, 30, 0.14)
    _audience(image, rng)
    return finish(image, rng, vignette=0.3)


def _backdrop(image: Image.Image) -> None:
    for x, anchor in ((560, "ls"), (1360, "rs")):
        words = ("Ministry of", "Transport") if x < 960 else ("Press", "service")
        for row, word in enumerate(words):
            write(
                image,
                (x, 240 + row * 60),
                word,
                46,
                bold=True,
                colour="#2b4a63",
                anchor=anchor,
            )


def _flag(pen: Pen, x: float, way: int) -> None:
    """The flag of no country: a sun on teal, white and ochre."""
    pen.line([(x, 60), (x, 1000)], 12, "#b9984c")
    pen.circle((x, 52), 17, "#d8b866")
    bands: tuple[Colour, ...] = ("#1f6b6b", "#ece8dc", "#c98f32")
    for fold in range(6):
        shade = (1.06, 0.9, 1.12, 0.84, 1.0, 0.78)[fold]
        left, right = x + way * fold * 26, x + way * (fold * 26 + 27)
        top, foot = 84 + fold * 9, 640 + fold * 26
        for band, colour in enumerate(bands):
            one, two = (
                top + (foot - top) * band / 3,
                top + (foot - top) * (band + 1) / 3,
            )
            pen.polygon([(left, one), (right, one + 9), (right, two + 24),
                         (left, two + 6)],
                        lit(colour, shade))  # fmt: skip
    pen.oval((x + way * 76, 330), 30, 44, "#d8a83c")


def _sleeve(pen: Pen, side: int) -> None:
    """An arm whose hand lies on the edge of the lectern."""
    cloth = lit(MINISTER.clothes, 0.94 if side < 0 else 0.78)
    skin = lit(MINISTER.skin, 1.0 if side < 0 else 0.86)
    arm: list[Point] = [(262, 740), (292, 800), (300, 868), (282, 926), (238, 926),
                        (238, 880),
                        (250, 800)]  # fmt: skip
    cuff: list[Point] = [(252, 878), (240, 924), (222, 916), (236, 868)]
    hand: list[Point] = [(240, 872), (226, 918), (176, 922), (162, 904), (186, 878)]
    pen.blob([(960 + side * x, y) for x, y in hand], skin)
    pen.polygon([(960 + side * x, y) for x, y in cuff], "#f1f2f2")
    pen.blob([(960 + side * x, y) for x, y in arm], cloth)


def _lectern(pen: Pen) -> None:
    pen.polygon([(640, 930), (1280, 930), (1240, 1300), (680, 1300)], "#6b4a33")
    pen.polygon([(1120, 930), (1280, 930), (1240, 1300), (1100, 1300)], "#533826")
    pen.polygon([(610, 960), (1310, 960), (1290, 912), (630, 912)], "#8d6443")
    pen.rect((610, 958, 1310, 982), "#402a1c")
    pen.circle((960, 1120), 104, "#d9b566")
    pen.circle((960, 1120), 92, "#24506a")
    pen.polygon([(936, 1190), (984, 1190), (967, 1060), (953, 1060)], "#ece8dc")
    pen.line([(960, 1184), (960, 1070)], 4, "#24506a")
    for side in (-1, 1):
        for feather in range(3):
            pen.curve([(960 + side * 20, 1130 + feather * 22),
                       (960 + side * 52, 1108 + feather * 18),
                       (960 + side * 78, 1074 + feather * 30)], 9,
                       "#d9b566")  # fmt: skip
    for x, x2 in ((840, 876), (1080, 1044)):
        pen.curve([(x, 930), (x - (x - x2) * 0.2, 850), (x2, 806)], 8, "#14181d")
        pen.line(
            [(x2 - 8 + (x < 960) * 16, 812), (x2 + (x < 960) * 24 - 12, 770)],
            22,
            "#101317",
        )
        pen.oval((x2 + (x < 960) * 24 - 12, 766), 17, 22, "#1b2027")
    pen.polygon([(800, 912), (1120, 912), (1110, 896), (812, 896)], "#f4f2ea")


def _audience(image: Image.Image, rng: Random) -> None:
    """Backs of heads and two cameras, out of focus."""
    cut = Stencil(WIDE)
    for x in range(-30, 2000, 178):
        shift, size = rng.randint(-22, 22), rng.uniform(0.9, 1.15)
        top = 1120 + rng.randint(-20, 40) + (60 if 700 < x < 1200 else 0)
        cut.oval((x + shift, top + 60), 62 * size, 78 * size)
        cut.blob([(x + shift - 150, 1400), (x + shift - 120, top + 170),
                  (x + shift, top + 118),
                  (x + shift + 120, top + 170), (x + shift + 150, 1400)])  # fmt: skip
    for x in (430, 1560):
        cut.rect((x - 76, 956, x + 76, 1060), radius=12)
        cut.rect((x - 30, 924, x + 36, 960), radius=6)
        cut.rect((x - 10, 1050, x + 16, 1300))
        cut.line([(x, 1060), (x - 90, 1300)], 16)
        cut.line([(x, 1060), (x + 96, 1300)], 16)
    lay(image, "#070a10", cut.cut(6))
    with drawing_on(image) as pen:
        for x in (430, 1560):
            pen.rect((x - 52, 978, x + 40, 1036), "#24405f", 4)
            pen.rect((x - 14, 988, x + 4, 1036), "#8d5a45", 3)
            pen.circle((x + 58, 972), 6, "#ff4a38")


def long_table_talks(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#7c5836"), (0.5, "#6a4a2d"), (1, "#3c2a1c"))
    with drawing_on(image) as pen:
        for x in range(-40, 1960, 200):
            pen.rect(
                (x, 0, x + 190, 640), mix("#8a6440", "#76512f", (x // 200) % 3 / 2)
            )
            pen.rect(
                (x + 14, 30, x + 176, 620),
                mix("#7d5936", "#6a4829", (x // 200) % 3 / 2),
                4,
            )
        pen.rect((640, 60, 1280, 390), "#c7a15a", 4)
        pen.rect((656, 76, 1264, 374), "#93b0ba")
        pen.polygon([(656, 300), (820, 190), (940, 270), (1080, 150), (1264, 300),
                     (1264, 374),
                     (656, 374)], "#5f7f83")  # fmt: skip
        pen.polygon(
            [(656, 330), (900, 300), (1264, 340), (1264, 374), (656, 374)], "#b9a468"
        )
        for x, way in ((470, -1), (1450, 1)):
            _small_flag(pen, x, way)
    for x in (300, 960, 1620):
        glow(image, (x, 40), 520, "#ffe2a8", 0.5)
    with drawing_on(image) as pen:
        for number, sitter in enumerate(DELEGATES):
            x = 180 + number * 260
            pen.rect((x - 92, 440, x + 92, 900), "#4c1f20", 26)
            pen.rect((x - 78, 456, x + 78, 900), "#6b2b2a", 20)
            bust(pen.moved(x, 548, 0.46), sitter)
        _table(pen, rng)
    bloom(image, 26, 0.2)
    _near_side(image, rng)
    return finish(image, rng, vignette=0.3)


def _small_flag(pen: Pen, x: float, way: int) -> None:
    pen.line([(x, 130), (x, 660)], 9, "#c7a15a")
    tones: tuple[Colour, ...] = (
        ("#1f6b6b", "#ece8dc", "#c98f32")
        if way < 0
        else ("#7f2f3b", "#e7dcc0", "#3a4f7a")
    )
    for band, colour in enumerate(tones):
        pen.polygon([(x, 150 + band * 90), (x + way * 90, 170 + band * 96),
                     (x + way * 96, 270 + band * 96), (x, 240 + band * 90)],
                     colour)  # fmt: skip


def _table(pen: Pen, rng: Random) -> None:
    pen.polygon([(-20, 800), (1940, 800), (2100, 1010), (-180, 1010)], "#e9e4d8")
    pen.polygon([(-20, 800), (1940, 800), (1944, 808), (-24, 808)], "#fffdf6")
    pen.rect((0, 1008, 1920, 1290), "#cfc8b8")
    for x in range(-20, 1950, 70):
        pen.polygon(
            [(x, 1008), (x + 26, 1008), (x + 36, 1290), (x - 6, 1290)], "#bdb5a3"
        )
    for number in range(7):
        x = 180 + number * 260
        pen.polygon(
            [(x - 62, 872), (x + 62, 872), (x + 70, 916), (x - 70, 916)], "#fffdf8"
        )
        pen.rect((x - 42, 886, x + 42, 894), "#6a6f73")
        pen.rect((x - 28, 900, x + 30, 906), "#9a9fa2")
        pen.polygon(
            [(x + 84, 860), (x + 108, 860), (x + 104, 910), (x + 88, 910)], "#c9dde3"
        )
        pen.oval((x + 96, 860), 12, 4, "#eef6f7")
        pen.curve([(x - 92, 912), (x - 84, 850), (x - 62, 820)], 5, "#23272b")
        pen.oval((x - 58, 816), 10, 8, "#16191c")
        pen.polygon(
            [(x - 60, 940), (x + 50, 936), (x + 62, 966), (x - 66, 970)], "#f8f5ec"
        )
    for x in (440, 960, 1480):
        for _ in range(22):
            dx, dy = rng.uniform(-70, 70), rng.uniform(-26, 16)
            pen.circle(
                (x + dx, 968 + dy),
                rng.uniform(9, 16),
                rng.choice(("#4f7a4a", "#3d6640", "#f3efe4", "#e9c9c2", "#d98f86")),
            )


def _near_side(image: Image.Image, rng: Random) -> None:
    """The other delegation, seen from behind."""
    cut = Stencil(WIDE)
    for number in range(5):
        x: float = 150 + number * 405 + rng.randint(-24, 24)
        top = 980 + rng.randint(-24, 24)
        cut.oval((x, top + 80), 84, 104)
        shoulders: list[Point] = [(x - 220, 1400), (x - 176, top + 240),
                                  (x - 50, top + 176),
                                  (x + 50, top + 176), (x + 176, top + 240),
                                  (x + 220, 1400)]  # fmt: skip
        cut.blob(shoulders)
    body = cut.cut(7)
    lay(image, "#14151b", body)
    light = dim(rim(body, body.filter(ImageFilter.GaussianBlur(12))), 0.7)
    lay(image, "#c79a62", both(light, fade(WIDE, (0, 255), (0.9, 255), (1, 60))))


SCENES = {
    "minister-lectern": minister_lectern,
    "long-table-talks": long_table_talks,
}
