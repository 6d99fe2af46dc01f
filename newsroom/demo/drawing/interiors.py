"""Rooms with people gone or hardly seen."""

import math
from random import Random

from PIL import Image, ImageFilter

from newsroom.demo.drawing.layers import (
    WIDE,
    bloom,
    both,
    dim,
    fade,
    finish,
    glow,
    gradient,
    lay,
    levels,
    shine,
)
from newsroom.demo.drawing.palette import lit, mix
from newsroom.demo.drawing.pen import Pen, Stencil, drawing_on, half_round

SPINES = ("#7f2f2b", "#2f4f5c", "#cbb88f", "#474d3b", "#93703f", "#ddd4c2", "#22303b",
          "#6f4d5e",
          "#a58b44", "#3f5f4d", "#b4552f", "#56697a")  # fmt: skip


def parliament_hall(rng: Random) -> Image.Image:
    image = gradient(
        WIDE, (0, "#e0d3b8"), (0.35, "#b59467"), (0.36, "#6b4a30"), (1, "#2f2119")
    )
    with drawing_on(image) as pen:
        pen.rect((0, 0, 1920, 470), "#a98a5f")
        for x in range(-20, 1940, 140):
            pen.rect((x, 0, x + 40, 470), "#c4a67a")
            pen.rect((x + 30, 0, x + 40, 470), "#93764e")
        for x in (120, 400, 1400, 1680):
            pen.rect((x, 40, x + 130, 330), "#eef2ea")
            pen.slice((x + 65, 60), 65, 60, (180, 360), "#eef2ea")
            pen.line([(x + 65, 0), (x + 65, 330)], 5, "#a08358")
            pen.line([(x, 160), (x + 130, 160)], 5, "#a08358")
        _chair_of_the_house(pen)
        for row in range(7):
            _benches(pen, row, rng)
        pen.polygon([(880, 1290), (1040, 1290), (1000, 560), (920, 560)], "#7a2f2d")
        for row in range(14):
            y = 570 + 700 * (row / 14) ** 1.4
            pen.line(
                [(918 - (y - 560) * 0.055, y), (1002 + (y - 560) * 0.055, y)],
                2,
                "#5d2122",
            )
    for x in (185, 465, 1465, 1745):
        glow(image, (x, 180), 300, "#fff6dc", 0.75)
    glow(image, (960, 300), 620, "#ffe6b4", 0.4)
    return finish(image, rng, vignette=0.34)


def _chair_of_the_house(pen: Pen) -> None:
    pen.rect((700, 60, 1220, 470), "#7a5231")
    pen.rect((716, 76, 1204, 470), "#8c6240")
    pen.circle((960, 190), 84, "#d3b069")
    pen.circle((960, 190), 72, "#6e4527")
    for turn in range(8):
        angle = turn * math.pi / 4
        pen.polygon([(960 + 66 * math.cos(angle), 190 + 66 * math.sin(angle)),
                     (960 + 20 * math.cos(angle + 0.4),
                      190 + 20 * math.sin(angle + 0.4)),
                     (960 + 20 * math.cos(angle - 0.4),
                      190 + 20 * math.sin(angle - 0.4))],
                    "#d3b069")  # fmt: skip
    for x in (850, 960, 1070):
        pen.rect((x - 32, 320, x + 32, 440), "#4f2320", 14)
    pen.rect((760, 400, 1160, 480), "#5d3b24", 4)
    pen.rect((760, 400, 1160, 410), "#b58a56")
    pen.rect((890, 440, 1030, 560), "#6d472c", 4)
    pen.rect((880, 434, 1040, 446), "#c1955d")
    pen.line([(930, 434), (944, 396)], 4, "#23201d")
    pen.line([(990, 434), (976, 396)], 4, "#23201d")


def _benches(pen: Pen, row: int, rng: Random) -> None:
    """One half ring of desks with its chairs behind."""
    t = row / 6
    across, down = 330 + 900 * t**1.15, 110 + 560 * t**1.25
    centre = (960.0, 500 + 30 * t)
    wood = mix("#9a6d43", "#4c3020", t)
    size = 1 + 2.6 * t
    arc = half_round(centre, across, down, 60)
    pen.line([(x, y + 16 * size) for x, y in arc], 30 * size, lit(wood, 0.6))
    pen.line(arc, 13 * size, wood)
    pen.line([(x, y - 6 * size) for x, y in arc], 2.2 * size, lit(wood, 1.5))
    seats = 17 + row * 2
    for seat in range(seats):
        angle = (0.07 + 0.86 * seat / (seats - 1)) * math.pi
        if abs(angle - math.pi / 2) < 0.12:
            continue
        x, y = across * math.cos(angle), centre[1] + down * math.sin(angle)
        behind = (centre[0] + x + 26 * size * math.cos(angle),
                  y + 22 * size * math.sin(angle))  # fmt: skip
        chair = pen.moved(*behind, size)
        chair.rect((-13, -17, 13, 18), "#17453d", 6)
        chair.rect((-11, -15, 11, 2), "#256657", 5)
        if rng.random() < 0.5:
            paper = pen.moved(centre[0] + x, y, size)
            paper.polygon([(-5, -3), (4, -4), (6, 2), (-4, 3)], "#f1ecde")


def newsroom_night(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#1a202b"), (0.6, "#262a31"), (1, "#101216"))
    city = gradient((1920, 640), (0, "#101b38"), (0.6, "#2d3d66"), (1, "#5b506c"))
    with drawing_on(city) as pen:
        for depth, tone in ((0, "#24335a"), (1, "#18223f")):
            x = -20
            while x < 1940:
                wide, tall = rng.randint(70, 170), rng.randint(120, 360) - depth * 60
                pen.rect((x, 640 - tall, x + wide, 640), tone)
                for left in range(x + 10, x + wide - 12, 22):
                    for top in range(652 - tall, 630, 28):
                        if rng.random() < 0.3:
                            pen.rect(
                                (left, top, left + 10, top + 14),
                                rng.choice(
                                    ("#ffcf7d", "#ffe5b0", "#f0a456", "#bfd6ee")
                                ),
                            )
                x += wide + 4
    city = city.filter(ImageFilter.GaussianBlur(3.5))
    for x in (70, 530, 990, 1450):
        image.paste(city.crop((x, 0, min(1920, x + 400), 640)), (x, 90))
    with drawing_on(image) as pen:
        for x in (70, 530, 990, 1450):
            for edge in (x, x + 196, x + 392):
                pen.rect((edge, 90, edge + 9, 730), "#0d1016")
            pen.rect((x, 330, x + 400, 338), "#0d1016")
            pen.rect((x - 20, 730, x + 420, 752), "#343840")
        for x, y, size in ((300, 880, 1.0), (860, 860, 0.92), (1380, 890, 1.05)):
            _desk(pen.moved(x, y, size), rng)
        _reader(pen.moved(1150, 900, 1.06))
    for x, y in ((180, 720), (1580, 720)):
        glow(image, (x, y + 60), 330, "#ffc26a", 0.75)
    for x in (330, 890, 1410):
        glow(image, (x, 790), 300, "#9fc8e0", 0.5)
    bloom(image, 26, 0.4)
    return finish(image, rng, vignette=0.36)


def _desk(pen: Pen, rng: Random) -> None:
    pen.rect((-270, 0, 290, 26), "#4a3a2e")
    pen.rect((-270, 0, 290, 6), "#7b6149")
    pen.rect((-250, 26, -226, 420), "#241d19")
    pen.rect((246, 26, 270, 420), "#241d19")
    pen.rect((-220, 26, 240, 120), "#2d241e")
    pen.rect((-70, -210, 190, -40), "#0c0f14", 8)
    pen.rect((-58, -198, 178, -52), "#c9dfe9", 3)
    pen.rect((40, -40, 80, 0), "#0c0f14")
    for row in range(7):
        long = rng.uniform(70, 190)
        pen.rect((-44, -184 + row * 18, -44 + long, -176 + row * 18), "#7f9fb0")
    for sheet in range(5):
        pen.rect((-230 + sheet * 4, -12 - sheet * 8, -110 + sheet * 5, -4 - sheet * 8),
                 lit("#d8d2c2", 1 - sheet * 0.05))  # fmt: skip
    pen.rect((216, -44, 250, 0), "#a4402f", 4)
    pen.line([(-180, -10), (-206, -120), (-130, -170)], 7, "#1a1d22")
    pen.polygon([(-150, -190), (-96, -160), (-116, -130), (-172, -160)], "#2e5a4c")


def _reader(pen: Pen) -> None:
    """Somebody who works late, seen from behind."""
    pen.blob([(-150, 400), (-140, 110), (-90, 40), (0, 14), (90, 40), (140, 110),
              (150, 400)],
             "#1c2430")  # fmt: skip
    pen.blob([(-30, 30), (-34, -30), (34, -30), (30, 30)], "#141a22")
    pen.oval((0, -70), 62, 76, "#15161b")
    pen.blob([(-66, -60), (-60, -140), (0, -160), (60, -140), (66, -60), (44, 10),
              (-44, 10)],
             "#1b1614")  # fmt: skip
    pen.curve([(-146, 180), (-124, 84), (-84, 42)], 6, "#5e7f92")
    pen.curve([(-66, -70), (-58, -132), (-20, -156)], 5, "#5e7f92")


def bookshop_shelves(rng: Random) -> Image.Image:
    image = Image.new("RGB", WIDE, "#2a1d14")
    with drawing_on(image) as pen:
        for shelf in range(5):
            y = 250 + shelf * 262
            pen.rect((0, y - 236, 1920, y), "#1c130d")
            x = -20.0
            while x < 1930:
                x = _book(pen, x, y, rng)
            pen.rect((0, y, 1920, y + 24), "#6d4a2e")
            pen.rect((0, y, 1920, y + 5), "#9a6f46")
            pen.rect((0, y + 24, 1920, y + 34), "#120c08")
        for x in (-12, 626, 1280, 1908):
            pen.rect((x, 0, x + 28, 1280), "#7a5434")
            pen.rect((x, 0, x + 6, 1280), "#a27648")
        for side in (0, 150):
            pen.line([(1420 + side, 1300), (1500 + side * 0.86, -20)], 22, "#b98a52")
            pen.line([(1426 + side, 1300), (1506 + side * 0.86, -20)], 6, "#dcb27a")
        for rung in range(10):
            t = rung / 10
            pen.line([(1424 + 76 * t, 1240 - 1270 * t),
                      (1574 + 55 * t, 1240 - 1270 * t)], 15,
                     "#a4763f")  # fmt: skip
    shade = Image.radial_gradient("L").resize((2900, 2100)).crop((600, 470, 2520, 1750))
    lay(image, "#070403", levels(shade, 40, 220, 215))
    glow(image, (620, 420), 900, "#ffb45e", 0.4)
    glow(image, (620, 380), 300, "#ffdc9a", 0.3)
    return finish(image, rng, vignette=0.2)


def _book(pen: Pen, x: float, y: float, rng: Random) -> float:
    """Set one book on the shelf; returns where the next may stand."""
    wide, tall = rng.uniform(22, 62), rng.uniform(158, 218)
    chance = rng.random()
    if chance < 0.03:
        return x + rng.uniform(30, 90)
    colour = lit(rng.choice(SPINES), rng.uniform(0.75, 1.1))
    if chance < 0.07:
        for layer in range(rng.randint(3, 5)):
            pen.rect((x, y - 30 - layer * 30, x + 170 - layer * 9, y - 2 - layer * 30),
                     lit(rng.choice(SPINES), 0.95), 3)  # fmt: skip
        return x + 178
    lean = rng.choice((0, 0, 0, 0, 0, 0, 14))
    corners = [(x + lean, y - tall), (x + wide + lean, y - tall), (x + wide, y), (x, y)]
    pen.polygon(corners, colour)
    pen.polygon([(x + lean, y - tall), (x + lean + wide * 0.2, y - tall),
                 (x + wide * 0.2, y), (x, y)],
                lit(colour, 1.3))  # fmt: skip
    pen.polygon([(x + lean + wide * 0.8, y - tall), (x + lean + wide, y - tall),
                 (x + wide, y),
                 (x + wide * 0.8, y)], lit(colour, 0.7))  # fmt: skip
    if lean == 0 and wide > 28:
        band = mix(colour, "#f0dca8", 0.6)
        pen.rect((x + 5, y - tall + 18, x + wide - 5, y - tall + 23), band)
        pen.rect((x + 5, y - 32, x + wide - 5, y - 27), band)
        if rng.random() < 0.6:
            pen.rect((x + wide * 0.28, y - tall + 42, x + wide * 0.72,
                      y - rng.uniform(66, 110)),
                     mix(colour, "#f3e6c4", 0.45), 2)  # fmt: skip
    return x + wide + lean + 2


def reading_room(rng: Random) -> Image.Image:
    image = gradient(
        WIDE, (0, "#c9ae82"), (0.5, "#a5845a"), (0.52, "#6e4c30"), (1, "#35231a")
    )
    with drawing_on(image) as pen:
        _arched_windows(pen)
        for x in (355, 765, 1175, 1585):
            _bookcase(pen.moved(x, 250), rng)
        for row, y in enumerate((690, 830, 1040)):
            _long_desk(pen, y, 0.7 + row * 0.34 + (0.1 if row == 2 else 0), row)
    beams = Stencil(WIDE)
    for x in (150, 560, 970, 1380, 1790):
        beams.polygon([(x - 110, 90), (x + 110, 90), (x + 520, 1280), (x + 120, 1280)])
    shine(
        image,
        "#fff0c6",
        dim(both(beams.cut(22), fade(WIDE, (0, 200), (0.8, 60), (1, 0))), 0.35),
    )
    for row, y in enumerate((690, 830, 1040)):
        size = 0.7 + row * 0.34 + (0.1 if row == 2 else 0)
        for spot in (-620, 0, 620):
            glow(image, (960 + spot * size, y - 56 * size), 210 * size, "#ffd98c", 0.7)
    return finish(image, rng, vignette=0.28)


def _arched_windows(pen: Pen) -> None:
    for x in (150, 560, 970, 1380, 1790):
        pen.rect((x - 120, 190, x + 120, 560), "#e9f1f0")
        pen.slice((x, 194), 120, 130, (180, 360), "#e9f1f0")
        for bar in (-60, 0, 60):
            pen.line([(x + bar, 70), (x + bar, 560)], 5, "#a99067")
        for bar in (230, 340, 450):
            pen.line([(x - 120, bar), (x + 120, bar)], 5, "#a99067")
        pen.arc((x, 194), 126, 136, (180, 360), 12, "#8b6d44")


def _bookcase(pen: Pen, rng: Random) -> None:
    pen.rect((-60, 0, 60, 410), "#5b3d27")
    for shelf in range(5):
        left = -52.0
        while left < 46:
            wide, top = rng.uniform(7, 14), 18 + shelf * 78 + rng.uniform(0, 16)
            book = (left, top, left + wide, 76 + shelf * 78)
            pen.rect(book, lit(rng.choice(SPINES), 0.85))
            left += wide + 1


def _long_desk(pen: Pen, y: float, size: float, row: int) -> None:
    desk = pen.moved(960, y, size)
    desk.polygon([(-960, 0), (960, 0), (1060, 74), (-1060, 74)], "#8a5a34")
    desk.polygon([(-960, 0), (960, 0), (966, 5), (-966, 5)], "#c69258")
    desk.rect((-1060, 74, 1060, 104), "#5a381f")
    desk.rect((-1060, 104, 1060, 200), "#3a2416")
    for spot in (-620, 0, 620):
        desk.oval((spot, 30), 170, 24, "#d9a761")
        desk.line([(spot, 26), (spot, -56)], 8, "#c9a04c")
        desk.oval((spot, 28), 30, 9, "#c9a04c")
        desk.blob([(spot - 80, -50), (spot - 60, -86), (spot, -98), (spot + 60, -86),
                   (spot + 80, -50), (spot, -44)], "#1f6b50")  # fmt: skip
        desk.curve([(spot - 58, -76), (spot - 10, -92), (spot + 30, -90)], 5, "#6fb894")
    for spot in (-340, 330) if row != 1 else (250,):
        desk.polygon(
            [(spot - 90, 40), (spot, 46), (spot, 22), (spot - 78, 18)], "#f4ecda"
        )
        desk.polygon(
            [(spot + 90, 40), (spot, 46), (spot, 22), (spot + 78, 18)], "#e3d8bf"
        )
    for chair in (-800, -470, -150, 170, 480, 800):
        desk.rect((chair - 66, 60, chair + 66, 190), "#4d2f1c", 16)
        desk.rect((chair - 50, 76, chair + 50, 176), "#23614c", 12)


SCENES = {
    "parliament-hall": parliament_hall,
    "newsroom-night": newsroom_night,
    "bookshop-shelves": bookshop_shelves,
    "reading-room": reading_room,
}
