"""A stage, a cinema, a market and a polling station."""

import math
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
    shine,
)
from newsroom.demo.drawing.palette import lit, mix
from newsroom.demo.drawing.pen import Pen, Stencil, drawing_on, tilted


def theatre_stage(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#1a0f14"), (0.7, "#2a171b"), (1, "#0d0709"))
    with drawing_on(image) as pen:
        pen.rect((330, 90, 1590, 900), "#141b2b")
        pen.polygon([(330, 760), (1590, 760), (1800, 1010), (120, 1010)], "#7a5535")
        for i in range(-9, 10):
            pen.line([(960 + i * 70, 760), (960 + i * 93, 1010)], 2.4, "#5c3d25")
        pen.rect((120, 1006, 1800, 1050), "#432b1a")
    cone = Stencil(WIDE)
    cone.polygon([(1180, -60), (1240, -60), (1150, 900), (700, 900)])
    shine(
        image,
        "#ffedc2",
        dim(both(cone.cut(26), fade(WIDE, (0, 255), (0.72, 120), (1, 0))), 0.45),
    )
    glow(image, (920, 880), 360, "#ffe3a6", 0.95, flat=0.34)
    with drawing_on(image) as pen:
        _chair_and_player(pen.moved(920, 880, 1.15))
    for left in (True, False):
        _curtain(image, rng, left)
    _valance(image)
    cut = Stencil(WIDE)
    for row, y in enumerate((1120, 1220)):
        for x in range(-40 + row * 60, 2000, 150):
            shift = rng.randint(-12, 12)
            cut.oval((x + shift, y), 42, 52)
            cut.blob([(x + shift - 90, y + 190), (x + shift - 74, y + 84),
                      (x + shift, y + 44),
                      (x + shift + 74, y + 84), (x + shift + 90, y + 190)])  # fmt: skip
    heads = cut.cut(3)
    lay(image, "#0a0507", heads)
    lay(image, "#d98f52", dim(rim(heads, cut.cut(8)), 0.5))
    bloom(image, 24, 0.25)
    return finish(image, rng, vignette=0.4)


def _chair_and_player(pen: Pen) -> None:
    pen.oval((50, 8), 190, 15, "#6d4c2e")
    for x in (120, 196):
        pen.rect((x, -120, x + 10, 4), "#5b3b22")
    pen.rect((114, -130, 212, -112), "#7d5431")
    pen.rect((200, -260, 212, -112), "#5b3b22")
    pen.rect((120, -250, 212, -232), "#7d5431")
    for x in (-30, 2):
        pen.polygon([(x, -170), (x + 28, -170), (x + 24, 4), (x + 2, 4)], "#20242f")
    pen.blob([(-56, -350), (0, -378), (52, -350), (46, -160), (-46, -160)], "#d9d2c2")
    pen.blob([(6, -374), (52, -350), (46, -160), (12, -160)], "#b3a993")
    pen.curve([(-48, -336), (-92, -270), (-120, -330)], 22, "#d9d2c2")
    pen.circle((-122, -338), 15, "#e6b894")
    pen.curve([(48, -336), (76, -250), (58, -180)], 22, "#a89e88")
    pen.circle((58, -174), 14, "#c99a78")
    pen.oval((0, -420), 34, 42, "#e6b894")
    pen.blob([(4, -460), (36, -436), (32, -392), (12, -384)], "#c08f6d")
    pen.blob([(-38, -418), (-34, -462), (0, -474), (36, -458), (38, -412), (12, -442),
              (-20, -444)],
             "#3a2620")  # fmt: skip


def _curtain(image: Image.Image, rng: Random, left: bool) -> None:
    cut = Stencil(WIDE)
    edge = [
        (0, -10),
        (420, -10),
        (400, 300),
        (330, 640),
        (250, 760),
        (270, 1030),
        (0, 1030),
    ]
    if not left:
        edge = [(1920 - x, y) for x, y in edge]
    cut.polygon(edge)
    cloth = Image.new("RGB", WIDE, "#a3252b")
    folds = fade(
        WIDE, *((i / 22, 255 if i % 2 else 20) for i in range(23)), across=True
    )
    lay(cloth, "#4a0c13", dim(folds, 0.85))
    lay(cloth, "#2a060b", dim(levels(noise(WIDE, (160, 900), rng), 60, 220), 0.5))
    lay(image, cloth, cut.cut(1))
    with drawing_on(image) as pen:
        x = 262 if left else 1658
        pen.line([(0 if left else 1920, 700), (x, 764)], 20, "#d8ab4e")


def _valance(image: Image.Image) -> None:
    with drawing_on(image) as pen:
        for number in range(9):
            x = number * 240
            pen.slice((x, 60), 124, 130, (0, 180), "#7d1820")
            pen.slice((x, 60), 90, 100, (0, 180), "#97222a")
            pen.arc((x, 60), 124, 130, (0, 180), 11, "#d8ab4e")
        pen.rect((0, 0, 1920, 66), "#8a1d25")
        pen.rect((0, 58, 1920, 68), "#d8ab4e")


def cinema_seats(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#150f16"), (0.5, "#2b1a22"), (1, "#0c070a"))
    with drawing_on(image) as pen:
        for side in (-1, 1):
            edge = 960 + side * 960
            pen.polygon([(edge, -10), (960 + side * 640, 130), (960 + side * 640, 640),
                         (edge, 900)],
                        "#3a2029")  # fmt: skip
            for lamp in (0.3, 0.62):
                x = edge - side * 320 * lamp
                pen.rect(
                    (x - 13, 330 + 60 * lamp, x + 13, 410 + 50 * lamp), "#ffca7a", 8
                )
        pen.rect((380, 110, 1540, 610), "#0b090c")
        pen.rect((396, 126, 1524, 594), "#e9eef0")
    film = gradient((1128, 468), (0, "#cfdde2"), (0.5, "#f4efe2"), (1, "#cdbb9a"))
    with drawing_on(film) as pen:
        pen.polygon([(0, 380), (240, 300), (520, 350), (800, 270), (1128, 340),
                     (1128, 468), (0, 468)],
                    "#8f9a92")  # fmt: skip
        pen.polygon(
            [(0, 420), (400, 390), (1128, 430), (1128, 468), (0, 468)], "#5d665f"
        )
        pen.rect((700, 210, 800, 330), "#6b6a62")
        pen.polygon([(684, 214), (750, 160), (816, 214)], "#4b463f")
        pen.blob(
            [(300, 430), (306, 330), (324, 312), (342, 330), (350, 430)], "#2f3433"
        )
        pen.circle((324, 296), 16, "#2f3433")
    image.paste(film.filter(ImageFilter.GaussianBlur(1.2)), (396, 126))
    glow(image, (960, 360), 900, "#dfe9ee", 0.4)
    for x in (96, 198, 1722, 1824):
        glow(image, (x, 380), 150, "#ffb85e", 0.75)
    with drawing_on(image) as pen:
        for row in range(5):
            _row_of_seats(pen, row)
    bloom(image, 26, 0.3)
    return finish(image, rng, vignette=0.36)


def _row_of_seats(pen: Pen, row: int) -> None:
    size = 0.62 + row * 0.24
    y, step = 690 + row * 120 + row * row * 8, 150 * size
    count = int(2200 / step)
    for seat in range(-count // 2, count // 2 + 1):
        x = 960 + (seat + (row % 2) * 0.5) * step
        if row == 1 and seat == 2:
            _viewer(pen.moved(x, y, size))
        chair = pen.moved(x, y, size)
        red = mix("#b3262f", "#3d0d14", row / 5.5)
        chair.rect((-64, -70, 64, 150), lit(red, 0.62), 34)
        chair.rect((-60, -66, 60, 146), red, 30)
        chair.rect((-48, -52, 48, 60), lit(red, 1.18), 24)
        chair.arc((0, -26), 56, 40, (195, 345), 6, mix(red, "#ffe6d6", 0.5))
        chair.rect((-82, 30, -62, 150), "#1b1014", 8)
    pen.rect((0, y + 120 * size, 1920, y + 160 * size), "#0f080b")


def _viewer(pen: Pen) -> None:
    pen.blob([(-58, 20), (-40, -66), (0, -82), (40, -66), (58, 20)], "#24303a")
    pen.oval((0, -122), 34, 42, "#3b2a22")
    pen.arc((0, -122), 36, 44, (210, 330), 6, "#e9d9bf")


def market_stall(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#8fb0bd"), (0.5, "#e5d9bd"), (1, "#b49a72"))
    back = gradient(WIDE, (0, "#b9c4bd"), (0.6, "#d9c49c"), (1, "#a78c64"))
    with drawing_on(back) as pen:
        for x in range(-30, 1950, 260):
            pen.rect(
                (x, 160, x + 230, 900),
                rng.choice(("#c9a27a", "#a9b3a4", "#d4bd94", "#b78d72")),
            )
            pen.polygon([(x - 20, 420), (x + 250, 420), (x + 270, 500), (x - 40, 500)],
                        rng.choice(("#9c4438", "#3f6b6b", "#c9953c")))  # fmt: skip
            pen.rect((x + 60, 620, x + 110, 900), "#6a5a50", 20)
    lay(image, back.filter(ImageFilter.GaussianBlur(11)), Image.new("L", WIDE, 255))
    with drawing_on(image) as pen:
        for x in (150, 1750):
            pen.rect((x, 250, x + 24, 1280), "#6d4a2e")
        _baker(pen.moved(1240, 760))
        pen.rect((90, 800, 1830, 846), "#9a6b3f")
        pen.rect((90, 800, 1830, 812), "#c4935c")
        for x in range(100, 1820, 116):
            pen.rect((x, 846, x + 110, 1290), lit("#7d5230", 1 + 0.12 * math.sin(x)))
        _loaves(pen, rng)
        _awning(pen)
        _scales(pen.moved(980, 800))
        pen.rect((250, 930, 560, 1090), "#2b3a35", 6)
        pen.rect((262, 942, 548, 1078), "#34463f", 4)
        for row, long in enumerate((190, 130, 160)):
            pen.line(
                [(290, 976 + row * 36), (290 + long, 974 + row * 36)], 7, "#e9e6d8"
            )
            pen.line([(496, 976 + row * 36), (530, 974 + row * 36)], 7, "#f0c24b")
    glow(image, (700, 420), 560, "#ffdf9e", 0.5)
    return finish(image, rng, vignette=0.28)


def _awning(pen: Pen) -> None:
    for stripe in range(14):
        x, wide = 40 + stripe * 131.4, 131.4
        colour = "#b2402f" if stripe % 2 == 0 else "#f1e8d3"
        top = (140 + stripe * 117.1, 140 + (stripe + 1) * 117.1)
        pen.polygon([(top[0], 60), (top[1], 60), (x + wide, 270), (x, 270)], colour)
        pen.slice((x + wide / 2, 268), wide / 2, 46, (0, 180), lit(colour, 0.86))
    pen.rect((130, 48, 1790, 66), "#5d3d26")


def _loaves(pen: Pen, rng: Random) -> None:
    """Grey bread in rows, and a gap where the large loaf used to lie."""
    for tray, (left, right, y) in enumerate(
        ((130, 860, 792), (180, 820, 716), (240, 780, 648))
    ):
        pen.rect((left, y, right, y + 12), "#8a5d36")
        x = left + 56.0
        while x < right - 40:
            if not (tray == 0 and 480 < x < 600):
                crust = lit(
                    rng.choice(("#a8713a", "#94602f", "#b98346")),
                    rng.uniform(0.9, 1.08),
                )
                pen.blob([(x - 52, y), (x - 54, y - 34), (x, y - 62), (x + 54, y - 34),
                          (x + 52, y)],
                         crust)  # fmt: skip
                for cut in (-24, 2, 28):
                    pen.curve([(x + cut - 10, y - 44), (x + cut, y - 34),
                               (x + cut + 6, y - 20)], 6,
                              lit(crust, 1.35))  # fmt: skip
            x += 104
    for number in range(7):
        x = 1500 + number * 42
        pen.blob([(x - 20, 790), (x - 26, 560), (x, 530), (x + 24, 560), (x + 18, 790)],
                 lit("#b57d40", 0.9 + 0.05 * (number % 3)))  # fmt: skip
        for y in (600, 650, 700):
            pen.line([(x - 14, y + 14), (x + 14, y - 8)], 6, "#dba964")
    pen.polygon([(1460, 690), (1800, 690), (1776, 806), (1484, 806)], "#8c6339")
    for y in (716, 746, 776):
        pen.line([(1466, y), (1792, y)], 8, "#a97c4c")


def _baker(pen: Pen) -> None:
    pen.blob(
        [(-150, 120), (-140, -130), (-70, -190), (70, -190), (140, -130), (150, 120)],
        "#58707f",
    )
    pen.blob([(-84, 120), (-80, -120), (80, -120), (84, 120)], "#efe8d8")
    for side in (-1, 1):
        pen.line([(side * 60, -120), (side * 40, -196)], 13, "#efe8d8")
    pen.blob([(-34, -180), (-30, -240), (30, -240), (34, -180), (0, -160)], "#cf9c78")
    pen.oval((0, -284), 68, 80, "#dfae8a")
    pen.blob([(12, -360), (66, -300), (50, -226), (20, -206), (30, -280)], "#c48f6b")
    pen.blob([(-78, -262), (-78, -350), (0, -384), (78, -350), (78, -262), (50, -324),
              (-50, -324)],
             "#a53f35")  # fmt: skip
    for x in (-28, 22):
        pen.curve([(x - 14, -282), (x, -290), (x + 14, -282)], 5, "#4a2f24")
    pen.curve([(-22, -240), (0, -232), (20, -240)], 5, "#8d4b40")
    pen.curve([(-140, -110), (-190, 10), (-120, 50)], 50, "#4d6371")
    pen.circle((-104, 50), 27, "#dfae8a")


def _scales(pen: Pen) -> None:
    pen.polygon([(-70, 0), (-50, -76), (50, -76), (70, 0)], "#3f7f86")
    pen.circle((0, -40), 27, "#f4efe0")
    pen.line([(0, -40), (14, -58)], 4, "#b2402f")
    pen.polygon([(-96, -92), (96, -92), (74, -76), (-74, -76)], "#c9ced0")


def ballot_box(rng: Random) -> Image.Image:
    back = gradient(
        WIDE, (0, "#6f8798"), (0.6, "#a9b3b2"), (0.62, "#8c7a63"), (1, "#6d5c49")
    )
    with drawing_on(back) as pen:
        _booths(pen)
    image = back.filter(ImageFilter.GaussianBlur(15))
    with drawing_on(image) as pen:
        pen.polygon([(-20, 1040), (1940, 1040), (1940, 1300), (-20, 1300)], "#8f6e4a")
        pen.rect((0, 1040, 1920, 1052), "#b8936a")
    shade = Stencil(WIDE)
    shade.oval((1010, 1124), 520, 60)
    lay(image, "#2a1e14", dim(shade.cut(22), 0.7))
    with drawing_on(image) as pen:
        _papers(pen, rng)
    glass = Stencil(WIDE)
    glass.polygon([(560, 520), (1360, 520), (1330, 1120), (590, 1120)])
    lay(image, "#d5e6ea", dim(glass.cut(1), 0.28))
    gleam = Stencil(WIDE)
    gleam.polygon([(620, 530), (740, 530), (680, 1110), (630, 1110)])
    gleam.polygon([(1180, 530), (1230, 530), (1200, 1110), (1170, 1110)])
    lay(image, "#ffffff", dim(gleam.cut(6), 0.3))
    with drawing_on(image) as pen:
        for edge in ((560, 590), (1360, 1330)):
            pen.line([(edge[0], 520), (edge[1], 1120)], 10, "#eaf2f3")
        pen.line([(586, 1118), (1334, 1118)], 10, "#eaf2f3")
        _hand(pen.moved(1010, 372))
        _lid(pen)
        _fingers(pen.moved(1010, 372))
        pen.circle((960, 830), 92, "#2f4f63")
        pen.circle((960, 830), 78, "#dce7ea")
        pen.line([(922, 830), (950, 862), (1006, 796)], 16, "#2f4f63")
    return finish(image, rng, vignette=0.3)


def _booths(pen: Pen) -> None:
    """Behind the box, where it is out of focus: curtains and two people who wait."""
    for x in (90, 520, 1300, 1730):
        pen.rect((x - 150, 180, x + 150, 860), "#39566b")
        for fold in range(-5, 6):
            pen.rect((x + fold * 27 - 8, 200, x + fold * 27 + 6, 800), "#7f2f37")
        pen.rect((x - 160, 170, x + 160, 204), "#2c4353")
    for x in (780, 1050):
        pen.oval((x, 520), 46, 58, "#4b4038")
        body: list[Point] = [(x - 110, 900), (x - 90, 620), (x, 570), (x + 90, 620)]
        pen.blob([*body, (x + 110, 900)], "#3c4650")


def _lid(pen: Pen) -> None:
    """The lid with its slot, and the ballot paper going in."""
    pen.polygon([(530, 476), (1390, 476), (1372, 532), (548, 532)], "#2f4f63")
    pen.polygon([(530, 476), (1390, 476), (1360, 452), (560, 452)], "#466c84")
    pen.rect((820, 458, 1120, 470), "#16242e", 5)
    pen.polygon([(860, 464), (1066, 464), (1072, 330), (866, 330)], "#f7f3e6")
    for y in (352, 384, 416):
        pen.rect((892, y, 912, y + 18), "#8d979b")
        pen.rect((926, y + 6, 1040 - (y - 352) * 0.5, y + 13), "#8d979b")


def _papers(pen: Pen, rng: Random) -> None:
    for layer in range(70):
        x, y = rng.uniform(640, 1280), 1100 - layer * 3.4 + rng.uniform(-10, 10)
        turn, wide, high = (
            rng.uniform(-0.5, 0.5),
            rng.uniform(60, 100),
            rng.uniform(14, 40),
        )
        corners = tilted((x, y), wide, high, turn)
        shape = [(min(max(a, 606), 1318), min(b, 1112)) for a, b in corners]
        pen.polygon(shape, lit("#efe9da", rng.uniform(0.78, 1.04)))
        pen.line([shape[0], shape[2]], 1.6, "#b9b2a1")


def _hand(pen: Pen) -> None:
    pen.polygon([(120, -60), (960, -330), (960, -80), (150, 60)], "#27404f")
    pen.polygon([(120, -60), (960, -330), (960, -270), (122, -30)], "#365a6d")
    pen.polygon([(96, -56), (140, -66), (170, 56), (126, 66)], "#e9edec")
    pen.blob(
        [(120, -50), (60, -62), (0, -46), (-30, -4), (0, 40), (70, 70), (140, 58)],
        "#d9a47e",
    )


def _fingers(pen: Pen) -> None:
    for y, reach in ((-30, -70), (-4, -84), (22, -76), (46, -58)):
        pen.line([(30, y), (reach + 30, y + 10)], 27, "#d9a47e")
        pen.circle((reach + 30, y + 10), 13.5, "#d9a47e")
        pen.line([(24, y + 14), (reach + 34, y + 23)], 3, "#b17f5d")
    pen.blob([(60, -58), (20, -48), (10, 40), (70, 66), (100, 20)], "#d9a47e")


SCENES = {
    "theatre-stage": theatre_stage,
    "cinema-seats": cinema_seats,
    "market-stall": market_stall,
    "ballot-box": ballot_box,
}
