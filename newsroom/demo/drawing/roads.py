"""Roads that are closed."""

import math
from random import Random

from PIL import Image

from newsroom.demo.drawing.landscape import fir, flakes, forest, hills, sky_clouds
from newsroom.demo.drawing.layers import (
    TALL,
    WIDE,
    both,
    dim,
    fade,
    finish,
    glow,
    gradient,
    haze,
    lay,
    levels,
    noise,
    ridge,
)
from newsroom.demo.drawing.palette import lit, mix
from newsroom.demo.drawing.pen import Pen, Stencil, drawing_on


def snow_road(rng: Random) -> Image.Image:
    image = gradient(TALL, (0, "#3b4a66"), (0.3, "#8790a8"), (0.46, "#e3b9a2"),
                     (0.5, "#efd0b8"),
                     (0.52, "#c9d0dc"), (1, "#8b97b0"))  # fmt: skip
    sky_clouds(image, "#56607c", rng, (0, 190), (0.4, 40), (0.46, 0))
    hills(image, ridge(1280, 930, 180, rng), "#8693aa", "#a9b2c4", 160)
    haze(image, "#e6cfc4", 930, 120, 0.6)
    ground = [(i * 64.0, 950 + 8 * math.sin(i)) for i in range(21)]
    hills(image, ground, "#c3cbda", "#e1e6ee", 700)
    _road(image, rng)
    with drawing_on(image) as pen:
        for row in range(16):
            t = (row / 15) ** 1.7
            for side in (-1, 1):
                for spread in (0.0, 0.7, 1.4):
                    x = 660 + side * (96 + 560 * t + spread * (90 + 300 * t))
                    height = (70 + 720 * t) * rng.uniform(0.75, 1.15)
                    tone = mix("#7f8ea6", "#16232b", min(1, 0.2 + t * 1.3))
                    fir(pen, (x + rng.uniform(-20, 20) * (1 + 2 * t), 964 + 720 * t),
                        height,
                        tone, mix("#b9c3d4", "#dfe6f0", t))  # fmt: skip
        for x, y, size in (
            (664, 974, 9),
            (674, 1000, 16),
            (694, 1052, 28),
            (736, 1160, 56),
        ):
            _lorry(pen, x, y, size)
    for x, y in ((691, 1153), (781, 1153)):
        glow(image, (x, y), 90, "#ff3320", 0.9)
    haze(image, "#f0d9cb", 980, 70, 0.35)
    flakes(image, rng, 520)
    return finish(image, rng)


def _road(image: Image.Image, rng: Random) -> None:
    road = Stencil(image.size)
    road.polygon([(644, 950), (664, 950), (1080, 1920), (120, 1920)])
    lay(image, gradient(image.size, (0.5, "#a5afc2"), (1, "#6f7b93")), road.cut(6))
    ruts = Stencil(image.size)
    for near, wide in ((330, 80), (800, 90)):
        ruts.polygon([(652, 952), (656, 952), (near + wide, 1920), (near, 1920)])
    lay(image, "#46516a", dim(ruts.cut(9), 0.5))
    crust = levels(noise(image.size, (90, 14), rng), 120, 230, 120)
    lay(image, "#ffffff", both(crust, fade(image.size, (0, 0), (0.52, 0), (1, 255))))


def _lorry(pen: Pen, x: float, y: float, size: float) -> None:
    pen.rect((x - size, y - size * 2.1, x + size, y), "#39424f", size * 0.1)
    pen.rect(
        (x - size * 0.9, y - size * 2.0, x + size * 0.9, y - size * 0.3), "#5c6674"
    )
    pen.rect((x - size, y - size * 0.25, x + size, y), "#20262e")
    for side in (-1, 1):
        pen.circle((x + side * size * 0.8, y - size * 0.12), size * 0.12, "#ff5a3c")


def border_post(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#7f9fb5"), (0.3, "#c6d3d6"), (0.46, "#f2e4cf"),
                     (0.5, "#eadbc4"),
                     (1, "#8d9078"))  # fmt: skip
    sky_clouds(image, "#f6f3ec", rng, (0, 110), (0.25, 190), (0.44, 30), (0.48, 0))
    hills(image, ridge(1920, 640, 150, rng), "#9fb0b4", "#bfc4bd", 110)
    wooded = ridge(1920, 650, 26, rng)
    haze(image, "#efe5d4", 640, 60, 0.7)
    with drawing_on(image) as pen:
        forest(pen, wooded, 76, "#56685f", rng)
    ground = gradient((1920, 650), (0, "#98a07f"), (0.3, "#7d8763"), (1, "#4c553b"))
    tufts = levels(noise((1920, 650), (60, 10), rng), 120, 220)
    lay(ground, "#3f4a2f", dim(tufts, 0.5))
    image.paste(ground, (0, 630))
    haze(image, "#efe6d6", 640, 46, 0.7)
    _tarmac(image, rng)
    with drawing_on(image) as pen:
        for x in (90, 250, 390, 500):
            _fence(pen, x, 640 + (500 - x) * 0.5, 60 + (500 - x) * 0.3)
        _booth(pen.moved(1360, 960))
        _barrier(pen)
    shade = Stencil(WIDE)
    shade.polygon([(1130, 968), (1620, 968), (1900, 1060), (1300, 1060)])
    lay(image, "#232a22", dim(shade.cut(12), 0.35))
    return finish(image, rng)


def _tarmac(image: Image.Image, rng: Random) -> None:
    road = Stencil(image.size)
    road.polygon([(752, 630), (792, 630), (1560, 1290), (60, 1290)])
    surface = gradient(image.size, (0.48, "#b3b2ac"), (1, "#5b5d5f"))
    lay(surface, "#3e4042", dim(levels(noise(image.size, (7, 5), rng), 110, 240), 0.35))
    lay(image, surface, road.cut(0.8))
    with drawing_on(image) as pen:
        t = 0.02
        while t < 1.1:
            y, end = 630 + 660 * t, 630 + 660 * min(1.1, t * 1.2)
            x, x2 = 772 + 36 * t, 772 + 36 * t * 1.2
            pen.polygon([(x - 12 * t, y), (x + 12 * t, y), (x2 + 15 * t, end),
                         (x2 - 15 * t, end)],
                        "#e9e4d6")  # fmt: skip
            t *= 1.5


def _fence(pen: Pen, x: float, y: float, tall: float) -> None:
    pen.line([(x, y), (x, y - tall)], tall / 16, "#6b6f66")
    pen.line([(x, y - tall), (x + tall * 0.2, y - tall * 1.16)], tall / 18, "#6b6f66")
    for share in (0.3, 0.6, 0.95):
        pen.line([(x - tall * 0.9, y - tall * share + 16),
                  (x + tall * 0.9, y - tall * share - 18)],
                 1.6, "#7b8078")  # fmt: skip


def _booth(pen: Pen) -> None:
    pen.rect((-180, -380, 210, 10), "#5f7480", 3)
    pen.rect((70, -380, 210, 10), "#4c5f6a", 3)
    pen.rect((-150, -300, 44, -140), "#ffe9b4", 3)
    pen.line([(-54, -300), (-54, -140)], 7, "#43545e")
    pen.blob([(-130, -140), (-124, -190), (-104, -204), (-110, -236), (-86, -250),
              (-62, -234),
              (-70, -204), (-44, -186), (-40, -140)], "#3c4a4f")  # fmt: skip
    pen.polygon(
        [(-112, -240), (-88, -262), (-60, -240), (-54, -232), (-116, -232)], "#27333a"
    )
    pen.rect((98, -290, 182, 10), "#37464f")
    pen.circle((112, -130), 6, "#c9b37a")
    pen.rect((-220, -420, 250, -376), "#39464d", 4)
    pen.rect((-220, -384, 250, -376), "#cdb88c")
    pen.rect((-180, -60, 70, -36), "#d8cfb8")
    pen.rect((-180, -36, 70, -12), "#a8402f")


def _barrier(pen: Pen) -> None:
    for index in range(16):
        x, y = 1110 - index * 66, 800 - index * 9
        colour = "#c4392b" if index % 2 else "#f4f0e6"
        pen.polygon([(x, y - 15), (x - 66, y - 24), (x - 66, y), (x, y + 12)], colour)
        pen.polygon(
            [(x, y + 4), (x - 66, y - 6), (x - 66, y), (x, y + 12)], lit(colour, 0.78)
        )
    pen.rect((1086, 750, 1140, 990), "#2f383d", 6)
    pen.rect((1128, 772, 1210, 824), "#444f55", 6)
    pen.circle((460, 712), 40, "#f4f0e6")
    pen.circle((460, 712), 33, "#c4392b")
    pen.rect((436, 705, 484, 719), "#f4f0e6")
    pen.line([(66, 656), (66, 950)], 9, "#3b4448")


SCENES = {
    "snow-road": snow_road,
    "border-post": border_post,
}
