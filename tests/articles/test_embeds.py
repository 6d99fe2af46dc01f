import pytest
from django.conf import settings

from articles import embeds


@pytest.mark.parametrize(
    ("url", "player"),
    [
        ("https://www.youtube.com/watch?v=Mq4tB7rLx2E", "embed/Mq4tB7rLx2E?"),
        ("https://m.youtube.com/watch?v=Mq4tB7rLx2E&list=x", "embed/Mq4tB7rLx2E?"),
        ("https://youtu.be/Mq4tB7rLx2E", "embed/Mq4tB7rLx2E?"),
        ("https://www.youtube.com/shorts/Mq4tB7rLx2E", "embed/Mq4tB7rLx2E?"),
        ("https://www.youtube.com/live/Mq4tB7rLx2E", "embed/Mq4tB7rLx2E?"),
    ],
)
def test_a_film_on_youtube_is_shown_by_the_player_without_cookies(url, player):
    embed = embeds.find(url)

    assert embed.provider == "YouTube"
    assert embed.player_url.startswith("https://www.youtube-nocookie.com/" + player)
    assert embed.link == "https://www.youtube.com/watch?v=Mq4tB7rLx2E"


def test_a_film_on_youtube_starts_where_the_link_says():
    embed = embeds.find("https://youtu.be/Mq4tB7rLx2E?t=75s")

    assert embed.player_url.endswith("&start=75")


def test_a_film_on_vimeo_is_asked_not_to_track():
    embed = embeds.find("https://vimeo.com/123456789")

    assert embed.provider == "Vimeo"
    assert embed.player_url.startswith("https://player.vimeo.com/video/123456789?dnt=1")


def test_an_unlisted_film_on_vimeo_keeps_its_key():
    embed = embeds.find("https://vimeo.com/123456789/0a1b2c3d4e")

    assert embed.player_url.endswith("&h=0a1b2c3d4e")
    assert embed.link == "https://vimeo.com/123456789/0a1b2c3d4e"


def test_a_talk_on_soundcloud_is_sound():
    embed = embeds.find("https://soundcloud.com/some-station/some-talk")

    assert embed.is_audio
    assert embed.player_url.startswith(
        "https://w.soundcloud.com/player/?url=https%3A%2F%2Fsoundcloud.com%2F"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://unknown.example/post/7",
        "https://www.youtube.com/@channel",
        "https://www.youtube.com/watch?v=short",
        'https://www.youtube.com/watch?v="><script>',
        "https://vimeo.com/about",
        "https://soundcloud.com/some-station",
        "https://youtube.com.evil.example/watch?v=Mq4tB7rLx2E",
        "http://www.youtube.com/watch?v=Mq4tB7rLx2E",
        "javascript:alert(1)",
        "https://[broken",
        "https://host:port/",
        "",
    ],
)
def test_whatever_has_no_player_is_a_link(url):
    embed = embeds.find(url)

    assert embed.player_url == ""
    assert embed.link == url


@pytest.mark.parametrize(
    "url",
    [
        "https://youtu.be/Mq4tB7rLx2E",
        "https://vimeo.com/123456789",
        "https://soundcloud.com/some-station/some-talk",
    ],
)
def test_every_player_comes_from_an_origin_that_may_be_framed(url):
    embed = embeds.find(url)

    assert embed.player_url.startswith(tuple(f"{o}/" for o in settings.EMBED_ORIGINS))
