"""What a link to another site can be shown as.

A pure function from an address to the player behind it: nothing is fetched, neither
by us nor by the reader's browser, until the reader clicks. The players' origins stand
in the setting ``EMBED_ORIGINS``, and nothing else may be framed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, quote, urlsplit


@dataclass(frozen=True)
class Embed:
    """A provider's player, or with an empty ``player_url`` only a link.

    ``host`` is the site that learns the reader's IP address by a click.
    """

    provider: str
    player_url: str
    link: str
    host: str
    is_audio: bool = False


def find(url: str) -> Embed:
    """The player for an address, or a plain link where we know none."""
    parts = _split(url)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    if parts.scheme == "https" and (make := _PROVIDERS.get(host)):
        embed = make(parts)
        if embed is not None:
            return embed
    return Embed(provider=host, player_url="", link=url, host=host)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        # Reading the port is what raises for an address such as https://a:b/.
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def _youtube(parts: SplitResult) -> Embed | None:
    # https://developers.google.com/youtube/player_parameters
    query = parse_qs(parts.query)
    segments = [segment for segment in parts.path.split("/") if segment]
    if parts.hostname == "youtu.be":
        found = segments[0] if segments else ""
    elif segments[:1] == ["watch"]:
        found = query.get("v", [""])[0]
    elif len(segments) == 2 and segments[0] in ("embed", "live", "shorts", "v"):
        found = segments[1]
    else:
        found = ""
    if not re.fullmatch(r"[\w-]{11}", found, re.ASCII):
        return None
    start = re.fullmatch(r"(\d{1,6})s?", query.get("t", query.get("start", [""]))[0])
    tail = f"&start={start[1]}" if start else ""
    return Embed(
        provider="YouTube",
        player_url=(
            f"https://www.youtube-nocookie.com/embed/{found}?autoplay=1&rel=0{tail}"
        ),
        link=f"https://www.youtube.com/watch?v={found}",
        host="youtube-nocookie.com",
    )


def _vimeo(parts: SplitResult) -> Embed | None:
    # https://developer.vimeo.com/player/sdk/embed; an unlisted video has a hash.
    match = re.fullmatch(
        r"/(?:video/|channels/[\w-]+/)?(\d{5,12})(?:/([0-9a-f]{8,12}))?/?",
        parts.path,
        re.ASCII,
    )
    if match is None:
        return None
    number = match[1]
    key = match[2] or parse_qs(parts.query).get("h", [""])[0]
    if not re.fullmatch(r"[0-9a-f]{0,12}", key):
        key = ""
    tail = f"&h={key}" if key else ""
    return Embed(
        provider="Vimeo",
        player_url=f"https://player.vimeo.com/video/{number}?dnt=1&autoplay=1{tail}",
        link=f"https://vimeo.com/{number}" + (f"/{key}" if key else ""),
        host="player.vimeo.com",
    )


def _soundcloud(parts: SplitResult) -> Embed | None:
    # https://developers.soundcloud.com/docs/api/html5-widget
    if not re.fullmatch(r"/[\w-]+/(sets/)?[\w-]+/?", parts.path, re.ASCII):
        return None
    link = f"https://soundcloud.com{parts.path}"
    return Embed(
        provider="SoundCloud",
        player_url=(
            f"https://w.soundcloud.com/player/?url={quote(link, safe='')}"
            "&auto_play=true&show_comments=false"
        ),
        link=link,
        host="w.soundcloud.com",
        is_audio=True,
    )


_PROVIDERS: dict[str, Callable[[SplitResult], Embed | None]] = {
    "youtube.com": _youtube,
    "youtube-nocookie.com": _youtube,
    "youtu.be": _youtube,
    "vimeo.com": _vimeo,
    "player.vimeo.com": _vimeo,
    "soundcloud.com": _soundcloud,
}
