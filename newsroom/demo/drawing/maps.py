"""Three maps: the routes, the crossing and the lake."""

import math
from random import Random

from PIL import Image

from newsroom.demo.drawing.cartography import (
    LAND,
    SHORE,
    WATER,
    WATER_INK,
    dashed,
    finely,
    north,
    places,
    relief,
    scale_bar,
    source,
    title,
    water,
)
from newsroom.demo.drawing.layers import (
    WIDE,
    Point,
)
from newsroom.demo.drawing.lettering import spaced, write
from newsroom.demo.drawing.palette import (
    AMBER,
    BRICK,
    GREEN,
    INK,
    PAPER,
    Colour,
)
from newsroom.demo.drawing.pen import drawing_on, smooth, tilted

BLACK_SEA = (
    (28.0, 41.3), (29.1, 41.2), (31.4, 41.2), (33.3, 42.0), (35.1, 42.0), (36.3, 41.3),
    (38.3, 41.0), (40.0, 41.0), (41.5, 41.6), (41.6, 42.2), (41.0, 43.0), (39.7, 43.5),
    (38.2, 44.3), (37.3, 44.8), (36.5, 45.2), (35.4, 45.0), (34.0, 44.4), (33.4, 44.6),
    (33.5, 45.2), (32.6, 45.5), (33.6, 46.0), (32.0, 46.3), (31.4, 46.6), (30.7, 46.4),
    (29.8, 45.6), (29.6, 44.9), (28.7, 44.2), (28.6, 43.4), (27.9, 42.8), (27.7, 42.4),
)  # fmt: skip


AZOV = (
    (36.6, 45.4), (35.2, 45.6), (34.9, 46.2), (36.7, 46.8), (38.2, 47.1), (39.2, 47.2),
    (38.0, 46.5), (37.7, 45.9), (37.2, 45.4),
)  # fmt: skip


CASPIAN = (
    (47.6, 45.6), (49.0, 46.4), (51.0, 46.9), (53.0, 46.8), (53.1, 45.4), (51.3, 45.2),
    (50.8, 44.6), (50.4, 44.4), (51.1, 43.7), (51.4, 43.2), (52.5, 42.6), (52.4, 41.8),
    (53.0, 41.2), (52.8, 40.1), (53.5, 39.3), (53.8, 37.5), (53.7, 36.9), (52.0, 36.6),
    (50.3, 37.2), (49.0, 37.7), (48.9, 38.5), (49.3, 39.3), (49.5, 40.1), (50.4, 40.35),
    (49.2, 41.2), (48.4, 42.0), (47.6, 42.9), (47.4, 43.8), (47.0, 44.6),
)  # fmt: skip


MARMARA = ((27.2, 40.6), (28.2, 40.4), (29.0, 40.7), (28.2, 41.0))
ARAL = ((58.6, 45.2), (59.2, 46.4), (61.0, 46.6), (60.4, 45.9), (59.0, 44.6))
TOWNS = (
    (28.65, 44.2, "Constanța", "t"), (29.0, 41.05, "Istanbul", "b"),
    (41.65, 42.15, "Poti", "t"), (44.8, 41.7, "Tbilisi", "b"),
    (49.9, 40.4, "Baku", "l"), (51.2, 43.65, "Aktau", "r"),
    (65.5, 44.8, "Kyzylorda", "l"), (51.4, 51.2, "Oral", "b"),
)  # fmt: skip


def _project(lon: float, lat: float) -> Point:
    return (lon - 26.5) * 48.6, (53.9 - lat) * 70.0


def _curved(x: float, y: float) -> Point:
    """Bend the grid a little, as a conic projection does."""
    return x, y + ((x - 960) / 960) ** 2 * 46 - 30


def _spot(lon: float, lat: float) -> Point:
    return _curved(*_project(lon, lat))


def freight_routes(rng: Random) -> Image.Image:
    image = Image.new("RGB", WIDE, LAND)
    relief(image, rng, 0.85)
    with drawing_on(image) as pen:
        for lat in range(34, 56, 4):
            pen.line([_spot(lon, lat) for lon in range(24, 72, 2)], 1.6, "#cfc8b4")
        for lon in range(28, 72, 4):
            pen.line([_spot(lon, lat) for lat in range(32, 58)], 1.6, "#cfc8b4")
    for outline, rings in (
        (BLACK_SEA, 3),
        (AZOV, 2),
        (CASPIAN, 3),
        (MARMARA, 0),
        (ARAL, 0),
    ):
        water(image, smooth([_spot(lon, lat) for lon, lat in outline], 6), rings)
    _routes(image)
    spaced(image, (262, 712), "BLACK SEA", 34, 11, WATER_INK)
    for number, line in enumerate(("CASPIAN", "SEA")):
        spot = (1205, 1010 + number * 46)
        write(image, spot, line, 36, colour=WATER_INK, anchor="ms")
    places(image, [(_spot(lon, lat), name, side) for lon, lat, name, side in TOWNS])
    _widths(image)
    title(image, "Sea and land, to Central Asia", "Width of line: containers a month")
    scale_bar(image, (1420, 1150), 300, "500 km")
    source(image, "Source: port and railway returns; invoices. Routes simplified")
    return image


def _routes(image: Image.Image) -> None:
    ways: list[tuple[float, Colour, tuple[Point, ...]]] = [
        (22, BRICK, ((24.0, 47.6), (30, 48.2), (38, 48.8), (44.5, 49.9), (51.4, 51.2),
                     (57.2, 50.3), (63, 48.6), (70, 46.6))),
        (11, GREEN, ((28.65, 44.2), (31, 43.1), (35, 42.7), (41.65, 42.15))),
        (7, GREEN, ((29.1, 41.2), (31, 41.95), (35, 42.45), (41.65, 42.15))),
        (13, GREEN, ((41.65, 42.15), (43.2, 42.1), (44.8, 41.7), (47.2, 40.8),
                     (49.9, 40.4))),
        (11, GREEN, ((49.9, 40.4), (50.9, 41.6), (50.9, 42.8), (51.2, 43.65))),
        (11, GREEN, ((51.2, 43.65), (55.2, 45.3), (58.6, 47.0), (61.7, 46.8),
                     (65.5, 44.8),
                     (70, 42.6))),
        (8, AMBER, ((55.2, 45.3), (54.0, 48.2), (51.4, 51.2))),
    ]  # fmt: skip
    with drawing_on(image) as pen:
        for extra, tint in ((7, PAPER), (0, None)):
            for width, colour, points in ways:
                line = finely([_spot(lon, lat) for lon, lat in points])
                pen.line(line, width + extra, tint or colour)


def _widths(image: Image.Image) -> None:
    with drawing_on(image) as pen:
        pen.rect((430, 962, 920, 1196), PAPER)
        for y, width, colour in (
            (1010, 22, BRICK),
            (1080, 11, GREEN),
            (1150, 8, AMBER),
        ):
            pen.line([(462, y), (562, y)], width, colour)
    for y, label in ((1010, "Inland"), (1080, "By sea and rail"), (1150, "Rail link")):
        write(image, (586, y), label, 38, anchor="lm")


RIVER: tuple[Point, ...] = (
    (-80, 860), (180, 800), (420, 660), (700, 610), (960, 660), (1220, 700),
    (1460, 600),
    (1640, 430), (1790, 330), (2020, 290),
)  # fmt: skip


def river_border(rng: Random) -> Image.Image:
    image = Image.new("RGB", WIDE, "#eceadb")
    relief(image, rng, 0.6)
    _fields(image, rng)
    river = finely(RIVER)
    _streams(image, river)
    _ways(image)
    for letter, spot in zip("RIVER", river[13:38:6], strict=True):
        write(image, (spot[0], spot[1] - 30), letter, 34, colour=WATER_INK, anchor="mm")
    spaced(image, (250, 470), "NORTHERN BANK", 44, 14, "#8b8264")
    spaced(image, (1130, 1010), "SOUTHERN BANK", 44, 14, "#8b8264")
    places(image, [
        ((985, 352), "Customs post", "r"), ((690, 1090), "Gravel yard", "r"),
        ((1500, 860), "Grain market", "r"), ((760, 300), "Bus stop", "l"),
    ])  # fmt: skip
    places(image, [((840, 960), "Novy Bereg", "l")], 46)
    write(
        image,
        (1010, 560),
        "The new bridge",
        42,
        bold=True,
        colour=BRICK,
        halo="#eceadb",
    )
    title(image, "The winter road", "The crossing at Novy Bereg")
    scale_bar(image, (1430, 1150), 320, "2 km")
    north(image, (1800, 190))
    source(
        image,
        "Source: satellite images; The Meridian. State border shown by a dashed line",
    )
    return image


def _streams(image: Image.Image, river: list[Point]) -> None:
    brooks: tuple[tuple[Point, ...], ...] = (
        ((330, 1300), (390, 1090), (350, 900), (300, 730)),
        ((1270, -20), (1300, 180), (1230, 380), (1250, 690)),
    )
    with drawing_on(image) as pen:
        for brook in brooks:
            pen.line(finely(brook), 18, SHORE)
            pen.line(finely(brook), 12, WATER)
        pen.line(river, 132, SHORE)
        pen.line(river, 124, WATER)
        for x, y, wide in ((560, 640, 90), (1560, 520, 70)):
            pen.oval((x, y), wide, 15, "#e4dfc8")
        dashed(pen, river, 6, 5, 3, "#9d3a5b")


def _fields(image: Image.Image, rng: Random) -> None:
    with drawing_on(image) as pen:
        for _ in range(70):
            x, y, turn = (
                rng.uniform(0, 1920),
                rng.uniform(0, 1280),
                rng.uniform(-0.2, 0.2),
            )
            wide, high = rng.uniform(60, 170), rng.uniform(50, 120)
            ink = rng.choice(("#dfe3c4", "#e6e0c2", "#d6dfbf", "#e9e4cf"))
            pen.polygon(tilted((x, y), wide, high, turn), ink)


def _ways(image: Image.Image) -> None:
    main: tuple[Point, ...] = ((1120, -40), (1010, 180), (985, 352), (930, 520),
                               (905, 650),
                               (890, 780), (850, 940), (880, 1110),
                               (1000, 1320))  # fmt: skip
    others: tuple[tuple[Point, ...], ...] = (
        ((850, 940), (1050, 900), (1300, 880), (1500, 860), (1760, 900), (1980, 860)),
        ((985, 352), (760, 300), (430, 330), (-40, 280)),
        ((850, 940), (770, 1030), (690, 1090)),
    )
    rail: tuple[Point, ...] = ((-40, 1150), (300, 1180), (700, 1180), (1100, 1080),
                               (1500, 930),
                               (1980, 740))  # fmt: skip
    with drawing_on(image) as pen:
        line = finely(rail, 40)
        pen.line(line, 5, "#54504a")
        for (x, y), (x2, y2) in zip(line[::4], line[1::4], strict=False):
            angle = math.atan2(y2 - y, x2 - x) + math.pi / 2
            dx, dy = 10 * math.cos(angle), 10 * math.sin(angle)
            pen.line([(x - dx, y - dy), (x + dx, y + dy)], 3, "#54504a")
        for way in others:
            pen.line(finely(way), 15, "#a79f87")
            pen.line(finely(way), 10, "#ffffff")
        pen.line(finely(main), 27, "#8f4a2b")
        pen.line(finely(main), 20, "#f0b458")
        for side in (-1, 1):
            pen.line([(930 + side * 24, 548), (896 + side * 24, 752)], 7, INK)
        for x, y, size in (
            (800, 935, 18),
            (905, 990, 16),
            (930, 930, 14),
            (780, 985, 16),
            (1010, 395, 14),
            (935, 300, 13),
            (1455, 905, 18),
            (1530, 900, 15),
        ):
            pen.rect((x, y, x + size * 2, y + size * 1.3), "#8d8473")


def _lake(rng: Random, share: float, east: float) -> list[Point]:
    """A shore that has gone back to a share of its width, most of all in the east."""
    points = []
    for step in range(40):
        angle = step / 40 * math.tau
        wave = 1 + 0.10 * math.sin(2 * angle + 0.6) + 0.07 * math.sin(3 * angle + 2)
        wave += 0.035 * math.sin(7 * angle + 1) + rng.uniform(-0.008, 0.008)
        loss = share * (1 - east * max(0.0, math.cos(angle)) ** 1.5)
        points.append(
            (
                860 + 660 * wave * loss * math.cos(angle),
                690 + 400 * wave * loss * math.sin(angle),
            )
        )
    return smooth(points, 6)


def shoreline(rng: Random) -> Image.Image:
    image = Image.new("RGB", WIDE, "#ebe5d3")
    relief(image, rng, 0.9)
    losses = ((1.06, 0.0), (1.0, 0.03), (0.92, 0.16), (0.83, 0.33))
    shores = [_lake(rng, share, east) for share, east in losses]
    _shores(image, shores)
    write(image, (1090, 720), "Karasuu", 62, colour=WATER_INK, anchor="rs")
    write(image, (1060, 786), "this year", 40, colour=WATER_INK, anchor="rs")
    write(image, (1176, 552), "2018", 42, bold=True, colour="#37695c", halo="#c9d3c0")
    write(image, (1330, 500), "2011", 42, bold=True, colour="#7d5913", halo="#e3d3a6")
    places(
        image,
        [((1556, 650), "The old jetty", "r"), ((480, 1130), "Fishing village", "r")],
    )
    _lake_key(image)
    title(
        image, "A lake is disappearing", "The shore of Karasuu, from satellite images"
    )
    scale_bar(image, (1430, 1150), 300, "400 m")
    north(image, (1800, 150))
    source(
        image, "Source: satellite images; official survey map. Triangles: water intakes"
    )
    return image


def _shores(image: Image.Image, shores: list[list[Point]]) -> None:
    """The official shore and three that were measured, each within the last."""
    official, first, second, latest = shores
    streams: tuple[tuple[Point, ...], ...] = (
        ((300, -20), (380, 130), (440, 260), (560, 420)),
        ((1290, -20), (1240, 150), (1120, 330)),
        ((-20, 820), (120, 790), (280, 740)),
        ((760, 1240), (740, 1100), (760, 960)),
    )
    with drawing_on(image) as pen:
        for stream in streams:
            pen.line(finely(stream), 11, SHORE)
            pen.line(finely(stream), 7, "#9cc3d6")
        pen.polygon(first, "#e3d3a6")
        pen.polygon(second, "#c9d3c0")
    water(image, latest)
    with drawing_on(image) as pen:
        pen.line([*first, first[0]], 5, "#a97c2c")
        pen.line([*second, second[0]], 5, "#4f8577")
        dashed(pen, official, 6, 3, 3, BRICK)
        for x, y in ((415, 215), (1200, 225), (150, 785)):
            pen.polygon([(x, y - 24), (x + 22, y + 14), (x - 22, y + 14)], PAPER)
            pen.polygon([(x, y - 16), (x + 15, y + 10), (x - 15, y + 10)], INK)
        pen.line([(1470, 662), (1540, 652)], 9, "#5b4630")


def _lake_key(image: Image.Image) -> None:
    with drawing_on(image) as pen:
        pen.rect((1400, 250, 1880, 420), PAPER)
        for x in range(1426, 1520, 32):
            pen.line([(x, 300), (x + 18, 300)], 6, BRICK)
        pen.polygon([(1470, 346), (1490, 382), (1450, 382)], INK)
    write(image, (1540, 300), "Official shore", 38, anchor="lm")
    write(image, (1540, 366), "Water intake", 38, anchor="lm")


SCENES = {
    "map-freight-routes": freight_routes,
    "map-river-border": river_border,
    "map-shoreline": shoreline,
}
