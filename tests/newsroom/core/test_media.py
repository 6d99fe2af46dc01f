import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

RENDITION = "ab/abcdefghijklmnopqrstuvwxyz012345.avif"


@pytest.fixture
def rendition():
    name = default_storage.save(RENDITION, ContentFile(b"picture"))
    yield name
    default_storage.delete(name)


@pytest.mark.django_db
def test_a_rendition_is_served_for_ever(client, rendition):
    response = client.get(f"/media/{rendition}")

    assert b"".join(response.streaming_content) == b"picture"
    assert response["Content-Type"] == "image/avif"
    assert "immutable" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert not response.cookies


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab/",
        "../originals/ab/x",
        "ab/%2e%2e/%2e%2e/secret.jpg",
        "ab/abcdefghijklmnopqrstuvwxyz012345.svg",
        "ab/abcdefghijklmnopqrstuvwxyz012345.avif/",
        "ab/abcdefghijklmnopqrstuvwxyz01234.avif",
        "zz/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz.jpg",
        "logo/../ab/abcdefghijklmnopqrstuvwxyz012345.avif",
    ],
)
def test_nothing_else_is_served(client, rendition, name):
    assert client.get(f"/media/{name}").status_code == 404
