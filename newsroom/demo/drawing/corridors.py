"""Long views to one point."""

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
    shine,
)
from newsroom.demo.drawing.palette import Colour, lit, mix
from newsroom.demo.drawing.pen import Pen, Stencil, drawing_on, half_round


def server_room(rng: Random) -> Image.Image:
    image = gradient(WIDE, (0, "#0d1a26"), (0.5, "#1c3346"), (1, "#0a131c"))
    eye = (960.0, 600.0)
    glow(image, eye, 620, "#9fd4e8", 0.7)
    with drawing_on(image) as pen:
        pen.polygon([(0, 1280), (1920, 1280), (1010, 640), (910, 640)], "#16242f")
        for i in range(9):
            t = (i / 8) ** 2
            y = 640 + 640 * t
            pen.line([(910 - 910 * t, y), (1010 + 910 * t, y)], 1 + 3 * t, "#2b4252")
        for i in range(7):
            t = (i + 0.4) / 7
            t2 = t**2
            pen.polygon([(960 - 360 * t2, 540 - 540 * t2),
                         (960 + 360 * t2, 540 - 540 * t2),
                         (960 + 380 * t2, 526 - 575 * t2),
                         (960 - 380 * t2, 526 - 575 * t2)],
                        mix("#cfeaf2", "#7fa9bb", t))  # fmt: skip
        for side in (-1, 1):
            _racks(pen, eye, side, rng)
    bloom(image, 20, 0.7)
    shine_floor = levels(noise(WIDE, (140, 30), rng), 120, 220, 60)
    lay(
        image,
        "#6fb3cc",
        both(shine_floor, fade(WIDE, (0, 0), (0.55, 0), (0.7, 255), (1, 60))),
    )
    return finish(image.filter(ImageFilter.GaussianBlur(0.6)), rng, vignette=0.35)


def _racks(pen: Pen, eye: Point, side: int, rng: Random) -> None:
    def spot(depth: float, height: float) -> Point:
        scale = 1 / depth
        return eye[0] + side * 330 * scale, eye[1] + height * scale

    edges = [0.34 * 1.27**i for i in range(10)]
    for number in range(8, -1, -1):
        near, far = edges[number], edges[number + 1] * 0.97
        tone = lit("#1d2c38", 1.35 if number % 2 else 1.0)
        pen.polygon(
            [spot(near, -440), spot(far, -440), spot(far, 400), spot(near, 400)], tone
        )
        for unit in range(19):
            y = -415 + unit * 42
            inner, outer = near + (far - near) * 0.1, near + (far - near) * 0.9
            face = lit("#0e1820", rng.uniform(0.8, 1.7))
            pen.polygon([spot(inner, y), spot(outer, y), spot(outer, y + 32),
                         spot(inner, y + 32)],
                        face)  # fmt: skip
            for lamp in range(rng.randint(2, 6)):
                at = spot(inner + (outer - inner) * (0.12 + lamp * 0.13), y + 16)
                glare = rng.choice(
                    ("#4fe3a1", "#4fe3a1", "#58c8ff", "#58c8ff", "#ffb347")
                )
                pen.circle(at, 2.6 / near + 0.6, glare)


def school_corridor(rng: Random) -> Image.Image:
    image = Image.new("RGB", WIDE, "#dfe4d6")
    with drawing_on(image) as pen:
        pen.polygon([(0, 0), (1920, 0), (1130, 440), (890, 440)], "#eef0e8")
        pen.polygon([(0, 1280), (1920, 1280), (1130, 740), (890, 740)], "#a9793f")
        pen.polygon([(1920, 0), (1920, 1280), (1130, 740), (1130, 440)], "#d3d9c4")
        pen.polygon([(1920, 760), (1920, 1280), (1130, 740), (1130, 606)], "#5f9488")
        pen.polygon([(0, 760), (0, 1280), (890, 740), (890, 606)], "#5f9488")
        pen.rect((890, 440, 1130, 740), "#f3f1e2")
        pen.rect((890, 606, 1130, 740), "#7aa99c")
        pen.rect((950, 490, 1070, 740), "#c7dfe6")
        pen.rect((1007, 490, 1013, 740), "#6d7f7f")
        for i in range(1, 9):
            t = (i / 8) ** 1.8
            y = 740 + 540 * t
            pen.line([(890 - 890 * t, y), (1130 + 790 * t, y)], 1 + 2 * t, "#8d6230")
        for i in range(-6, 7):
            pen.line([(1010 + i * 20, 740), (1010 + i * 260, 1280)], 2, "#946832")
        _corridor_sides(pen)
    light = Stencil(WIDE)
    for near, far in ((0.28, 0.4), (0.5, 0.6), (0.68, 0.75), (0.82, 0.86)):
        left = [(890 * near, 1280 - 540 * near), (890 * far, 1280 - 540 * far)]
        light.polygon([left[0], left[1], (left[1][0] + 500 * (1 - far),
                                          left[1][1] + 40 * (1 - far)),
                       (left[0][0] + 620 * (1 - near),
                        left[0][1] + 70 * (1 - near))])  # fmt: skip
    shine(image, "#ffe2a0", dim(light.cut(5), 0.62))
    glow(image, (1010, 600), 430, "#fdf6df", 0.6)
    with drawing_on(image) as pen:
        pen.oval((1080, 958), 80, 11, "#7d5628")
        _pupil(pen.moved(1070, 956, 1.15))
    return finish(image, rng, vignette=0.24)


def _on_wall(side: int, depth: float, height: float) -> Point:
    """A point of the left or right wall, by its depth and share of the height."""
    edge, wall = (890, 0) if side < 0 else (1130, 1920)
    top, foot = 440 * depth, 1280 - 540 * depth
    return wall + (edge - wall) * depth, top + (foot - top) * height


def _panel(side: int, near: float, far: float, top: float, foot: float) -> list[Point]:
    return [
        _on_wall(side, near, top),
        _on_wall(side, far, top),
        _on_wall(side, far, foot),
        _on_wall(side, near, foot),
    ]


def _corridor_sides(pen: Pen) -> None:
    for near, far in ((0.02, 0.32), (0.42, 0.6), (0.68, 0.79), (0.84, 0.9)):
        pen.polygon(_panel(-1, near, far, 0.12, 0.55), "#fbf6dd")
        for depth in (near, (near + far) / 2, far):
            bar = [_on_wall(-1, depth, 0.12), _on_wall(-1, depth, 0.55)]
            pen.line(bar, 8 * (1.1 - depth), "#c9c6ae")
        bar = [_on_wall(-1, near, 0.33), _on_wall(-1, far, 0.33)]
        pen.line(bar, 6 * (1.1 - near), "#c9c6ae")
    for near, far in ((0.1, 0.3), (0.48, 0.6), (0.72, 0.79), (0.86, 0.9)):
        pen.polygon(_panel(1, near, far, 0.3, 1), "#a5653b")
        pen.polygon(_panel(1, near + 0.03, far - 0.03, 0.36, 0.58), "#c9dad6")
    for near, far in ((0.34, 0.46), (0.62, 0.7)):
        pen.polygon(_panel(1, near, far, 0.32, 0.52), "#f4efdf")
        for number, colour in enumerate(("#c8573c", "#e0a92c", "#3d6b80")):
            depth = near + (far - near) * (0.2 + 0.28 * number)
            x, y = _on_wall(1, depth, 0.38 + 0.04 * (number % 2))
            pen.rect((x - 16, y - 10, x + 12, y + 20), colour)
    for depth in (0.15, 0.45, 0.66, 0.8, 0.89):
        lamp = pen.moved(1010 - 10 * (1 - depth), 440 * depth, 1 - depth)
        lamp.polygon([(-300, 0), (300, 0), (270, 34), (-270, 34)], "#ffffff")


def _pupil(pen: Pen) -> None:
    for x in (-14, 8):
        pen.rect((x - 6, -58, x + 8, 2), "#2b3442", 4)
    pen.blob([(-28, -122), (0, -134), (28, -122), (32, -50), (-32, -50)], "#34507a")
    pen.rect((-22, -126, 24, -70), "#c9452f", 10)
    pen.rect((-14, -100, 16, -76), "#a83722", 5)
    pen.oval((0, -152), 19, 21, "#dcab86")
    pen.blob(
        [(-21, -146), (-18, -172), (2, -178), (21, -168), (21, -146), (0, -138)],
        "#4a2f20",
    )


def greenhouse(rng: Random) -> Image.Image:
    image = gradient(
        WIDE, (0, "#cfe6ea"), (0.45, "#f4f7e6"), (0.55, "#dfe8c6"), (1, "#71804f")
    )
    with drawing_on(image) as pen:
        pen.polygon([(0, 1290), (1920, 1290), (1010, 640), (910, 640)], "#b7a98a")
        pen.polygon([(640, 1290), (1280, 1290), (978, 640), (942, 640)], "#d3c7a8")
        for bay in range(11, -1, -1):
            _bay(pen, 1.28**bay * 0.3, rng)
    glow(image, (960, 560), 640, "#fffbe0", 0.7)
    beams = Stencil(WIDE)
    for x in (300, 700, 1250):
        beams.polygon([(x, -20), (x + 120, -20), (x + 560, 1300), (x + 260, 1300)])
    shine(image, "#fff6cf", dim(beams.cut(40), 0.22))
    return finish(image, rng, vignette=0.2)


def _bay(pen: Pen, depth: float, rng: Random) -> None:
    """One arch of the frame and the plants below it."""
    size = 1 / depth
    view = pen.moved(960, 600, size)
    mist = min(1.0, depth / 4.2)
    frame: Colour = mix("#f4f6f2", "#e4eee4", mist)
    arch = half_round((0, -70), 340, -150, 24)
    for side in (-1, 1):
        for plant in range(3):
            x = side * (108 + plant * 86)
            for _ in range(26):
                dx, dy = rng.uniform(-34, 34), rng.uniform(-190, 70)
                leaf = mix(
                    lit("#3f7a3b", rng.uniform(0.65, 1.35)), "#e3edcf", mist * 0.85
                )
                view.oval(
                    (x + dx, dy + 40), rng.uniform(9, 19), rng.uniform(7, 14), leaf
                )
            for _ in range(4):
                spot = (x + rng.uniform(-28, 28), rng.uniform(-100, 70))
                view.oval(spot, 4.5, 15, mix("#5d9a2f", "#e3edcf", mist * 0.8))
            view.rect((x - 42, 108, x + 42, 128), mix("#eef0ea", "#e3edcf", mist))
    view.line(arch, 7, lit(frame, 0.86))
    view.line(arch, 3, frame)
    for side in (-1, 1):
        view.line([(side * 340, -70), (side * 340, 130)], 7, lit(frame, 0.86))
    view.line([(-330, -110), (330, -110)], 2.4, lit(frame, 0.8))
    for x in (-200, 0, 200):
        view.line([(x, -110), (x, -214 + abs(x) * 0.14)], 2, lit(frame, 0.8))


SCENES = {
    "server-room": server_room,
    "school-corridor": school_corridor,
    "greenhouse": greenhouse,
}
