import io
import json
import random
import subprocess
from datetime import UTC, datetime

import pytest
from PIL import Image as PillowImage

from articles import iptc
from articles.models import Image
from newsroom.core import pictures
from newsroom.core.pictures import Metadata
from tests.conftest import need
from tests.data import pictures as files

FULL = iptc.Credit(
    headline="Вокзал в Тбилиси",
    description="Trains <left> & right; “nobody” waits.",
    alt_text="An empty platform",
    creator="Nino Lomidze",
    credit_line="Nino Lomidze / The Meridian, a credit longer than thirty-two bytes",
    source="The Meridian",
    copyright_notice="© 2024 The Meridian",
    usage_terms="CC BY 4.0",
    licence_url="https://creativecommons.org/licenses/by/4.0/",
    digital_source_type=iptc.SYNTHETIC,
)
FORMATS = {"jpg": "JPEG", "webp": "WEBP", "avif": "AVIF"}


def xmp(inside, before=""):
    names = "".join(f' xmlns:{name}="{uri}"' for name, uri in iptc.NAMESPACES.items())
    return (
        f'{before}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{iptc.RDF}">'
        f'<rdf:Description rdf:about=""{names}>{inside}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()


def dataset(number, text, record=2):
    value = text if isinstance(text, bytes) else text.encode()
    return bytes([0x1C, record, number]) + len(value).to_bytes(2, "big") + value


def written(format, credit=FULL):
    options = iptc.save_options(format, credit)
    return files.encoded(FORMATS[format], **options)


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_written_is_read_again(format):
    metadata = pictures.inspect(io.BytesIO(written(format))).metadata

    assert iptc.read(metadata) == FULL


def test_the_older_form_in_a_jpeg_carries_whole_credits_too():
    metadata = pictures.inspect(io.BytesIO(written("jpg"))).metadata

    credit = iptc.read(Metadata(iptc=metadata.iptc))

    assert credit.credit_line == FULL.credit_line
    assert credit.creator == FULL.creator
    assert credit.headline == FULL.headline
    assert credit.description == FULL.description
    assert credit.copyright_notice == FULL.copyright_notice


@pytest.mark.parametrize("format", FORMATS)
def test_exiftool_reads_every_credit_that_is_written(format, tmp_path):
    exiftool = need("exiftool")
    file = tmp_path / f"picture.{format}"
    file.write_bytes(written(format))

    answer = subprocess.run(
        [exiftool, "-json", "-G1", "-struct", str(file)],
        capture_output=True,
        check=True,
    )

    said = json.loads(answer.stdout)[0]
    assert said["XMP-photoshop:Credit"] == FULL.credit_line
    assert said["XMP-photoshop:Headline"] == FULL.headline
    assert said["XMP-photoshop:Source"] == FULL.source
    assert said["XMP-dc:Creator"] == [FULL.creator]
    assert said["XMP-dc:Rights"] == FULL.copyright_notice
    assert said["XMP-dc:Description"] == FULL.description
    assert said["XMP-xmpRights:WebStatement"] == FULL.licence_url
    assert said["XMP-xmpRights:UsageTerms"] == FULL.usage_terms
    assert said["XMP-iptcCore:AltTextAccessibility"] == FULL.alt_text
    assert "algorithm" in said["XMP-iptcExt:DigitalSourceType"].lower()
    assert said["IFD0:Artist"] == FULL.creator
    assert said["IFD0:Copyright"] == FULL.copyright_notice
    if format == "jpg":
        assert said["IPTC:Credit"] == FULL.credit_line
        assert said["IPTC:By-line"] == FULL.creator
        assert said["IPTC:CopyrightNotice"] == FULL.copyright_notice
    assert not [name for name in said if "Warning" in name or "GPS" in name]


def test_xmp_goes_before_iim_and_iim_before_exif():
    metadata = Metadata(
        xmp=xmp("<photoshop:Credit>From XMP</photoshop:Credit>"),
        iptc=dataset(110, "From IIM") + dataset(80, "IIM's maker"),
        exif={"artist": "Exif's maker", "copyright": "Exif's copyright"},
    )

    credit = iptc.read(metadata)

    assert credit.credit_line == "From XMP"
    assert credit.creator == "IIM's maker"
    assert credit.copyright_notice == "Exif's copyright"


def test_properties_written_as_attributes_and_lists_are_read():
    packet = xmp(
        "<dc:creator><rdf:Seq><rdf:li>Ana</rdf:li><rdf:li>Ben</rdf:li></rdf:Seq>"
        "</dc:creator><dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>© Ana</rdf:li>"
        "<rdf:li xml:lang='fr'>© Ana, droits</rdf:li></rdf:Alt></dc:rights>"
        "<cc:license rdf:resource='https://creativecommons.org/licenses/by/4.0/'/>"
    ).replace(b'rdf:about=""', b'rdf:about="" photoshop:City="Batumi"')

    credit = iptc.read(Metadata(xmp=packet))

    assert credit.creator == "Ana, Ben"
    assert credit.copyright_notice == "© Ana"
    assert credit.licence_url == "https://creativecommons.org/licenses/by/4.0/"
    assert credit.city == "Batumi"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_xmp_of_every_encoding_is_read(encoding):
    words = xmp("<photoshop:Credit>Žofie Nováková</photoshop:Credit>").decode()

    credit = iptc.read(Metadata(xmp=words.encode(encoding)))

    assert credit.credit_line == "Žofie Nováková"


@pytest.mark.parametrize(
    ("block", "read"),
    [
        (dataset(90, b"\x1b%G", record=1) + dataset(110, "Łukasz"), "Łukasz"),
        (dataset(110, "Łukasz"), "Łukasz"),
        (dataset(110, "Müller".encode("latin-1")), "Müller"),
        (dataset(110, "Zoë – Reuters".encode("cp1252")), "Zoë – Reuters"),
        (dataset(110, b"\xff\xfe\x81"), "ÿþ"),
        (b"\x1c\x02\x6e\x80\x02\x00\x05Emma!", "Emma!"),
    ],
)
def test_iim_of_every_encoding_is_read(block, read):
    assert iptc.read(Metadata(iptc=block)).credit_line.rstrip("\ufffd") == read


@pytest.mark.parametrize(
    ("metadata", "taken"),
    [
        (
            Metadata(iptc=dataset(55, "20240503") + dataset(60, "101112+0200")),
            datetime(2024, 5, 3, 8, 11, 12, tzinfo=UTC),
        ),
        (
            Metadata(exif={"taken": "2024:05:03 10:11:12", "offset": "-03:30"}),
            datetime(2024, 5, 3, 13, 41, 12, tzinfo=UTC),
        ),
        (
            Metadata(exif={"taken": "2024:05:03 10:11:12"}),
            datetime(2024, 5, 3, 10, 11, 12, tzinfo=UTC),
        ),
        (Metadata(iptc=dataset(55, "20240503")), datetime(2024, 5, 3, tzinfo=UTC)),
        (Metadata(exif={"taken": "0000:00:00 00:00:00"}), None),
        (Metadata(exif={"taken": "2024:13:45 10:11:12"}), None),
        (Metadata(exif={"taken": "2024:05:03 10:11:12", "offset": "+99:99"}), None),
        (Metadata(exif={"taken": "9999:12:31 23:59:59", "offset": "-12:00"}), None),
    ],
)
def test_the_time_is_read_and_nonsense_is_none(metadata, taken):
    assert iptc.read(metadata).taken_at == taken


def test_texts_are_cut_to_their_fields_and_cleaned():
    metadata = Metadata(
        iptc=dataset(110, "A\0B\x07 " + "ä" * 400) + dataset(120, "one\r\ntwo\x1b")
    )

    credit = iptc.read(metadata)

    longest = Image._meta.get_field("credit_line").max_length
    assert credit.credit_line.startswith("A B ää")
    assert len(credit.credit_line) == longest
    assert credit.description == "one\ntwo"


def test_what_cameras_write_by_themselves_is_no_caption():
    credit = iptc.read(Metadata(exif={"description": "OLYMPUS DIGITAL CAMERA  "}))

    assert credit.description == ""


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "x"])
def test_only_an_address_of_the_web_is_a_licence(address):
    packet = xmp(f"<xmpRights:WebStatement>{address}</xmpRights:WebStatement>")

    assert iptc.read(Metadata(xmp=packet)).licence_url == ""


ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
)


@pytest.mark.parametrize(
    "packet",
    [
        xmp("<photoshop:Credit>&b;</photoshop:Credit>", ENTITIES),
        xmp(
            "<photoshop:Credit>&e;</photoshop:Credit>",
            '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        ),
        xmp("<photoshop:Credit>&b;</photoshop:Credit>", ENTITIES)
        .decode()
        .encode("utf-16"),
        b"<a>" * 300_000,
        b"<a>" * 200_000 + b"</a>" * 200_000,
        b"<?xml version='1.0' encoding='utf-7'?><a/>",
        b"\0\0\0",
        b"\xff\xfe\x00\xd8",
        b"<x:xmpmeta>",
    ],
)
def test_hostile_xmp_gives_nothing_and_no_error(packet):
    assert iptc.read(Metadata(xmp=packet)) == iptc.Credit()


def test_mutated_metadata_never_raises():
    chance = random.Random(3)
    sound = pictures.inspect(io.BytesIO(written("jpg"))).metadata
    for _ in range(2000):
        blocks = []
        for block in (sound.xmp, sound.iptc):
            changed = bytearray(block)
            for _ in range(chance.randrange(1, 30)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            blocks.append(bytes(changed[: chance.randrange(len(changed))]))
        exif = {
            name: "".join(chr(chance.randrange(0x300)) for _ in range(30))
            for name in ("artist", "taken", "offset", "copyright")
        }

        credit = iptc.read(Metadata(*blocks, exif))

        assert "\0" not in "".join(
            text for text in vars(credit).values() if isinstance(text, str)
        )


def test_an_empty_credit_writes_no_exif_and_is_read_as_empty():
    metadata = pictures.inspect(io.BytesIO(written("jpg", iptc.Credit()))).metadata

    assert iptc.read(metadata) == iptc.Credit()
    assert metadata.exif == {}


def test_a_caption_of_any_length_fits_into_a_jpeg():
    credit = iptc.Credit(description="&" * 100_000, creator="\U0001f4f7" * 200)

    found = pictures.inspect(io.BytesIO(written("jpg", credit)))

    assert len(iptc.read(found.metadata).description) == iptc.LONGEST_WRITTEN


def test_exif_of_two_letters_stands_in_the_entry_itself():
    body = written("jpg", iptc.Credit(creator="Al", copyright_notice="Al & Co."))

    with PillowImage.open(io.BytesIO(body)) as image:
        exif = image.getexif()

    assert exif[0x013B] == "Al"
    assert exif[0x8298] == "Al & Co."
