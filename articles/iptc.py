"""The credit in a picture's file: read at upload, written into every copy.

The names are those of the IPTC Photo Metadata Standard. It is kept in three forms: XMP
(ISO 16684), the older IPTC-IIM 4.2, and a little of it in Exif. What a file says comes
from outside: whatever is wrong with it, reading gives less, and never an error.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from django.utils.timezone import get_current_timezone

from articles.models import Image
from newsroom.core.pictures import Metadata

# https://cv.iptc.org/newscodes/digitalsourcetype/
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
SYNTHETIC = f"{SOURCE_TYPES}trainedAlgorithmicMedia"
SYNTHETIC_TYPES = ("trainedAlgorithmicMedia", "algorithmicMedia", "compositeSynthetic")

LONGEST_TEXT = 5000
LONGEST_WRITTEN = 2000  # characters; a JPEG's segment holds 65,533 bytes
LONGEST_URL = 200
OLDEST_YEAR = 1826  # of the oldest photograph that is kept
# What cameras write where nobody has written anything.
EMPTY_WORDS = {"OLYMPUS DIGITAL CAMERA", "SONY DSC", "DCIM", "DIGITAL CAMERA"}


@dataclass(frozen=True)
class Credit:
    """What a file says about its picture; the names are those of ``Image``."""

    headline: str = ""
    description: str = ""
    alt_text: str = ""
    creator: str = ""
    credit_line: str = ""
    source: str = ""
    copyright_notice: str = ""
    usage_terms: str = ""
    special_instructions: str = ""
    city: str = ""
    country: str = ""
    licence_url: str = ""
    digital_source_type: str = ""
    taken_at: datetime | None = None

    @property
    def is_synthetic(self) -> bool:
        return self.digital_source_type.rpartition("/")[2] in SYNTHETIC_TYPES


def read(metadata: Metadata) -> Credit:
    """The credit that stands in a file: XMP before IPTC-IIM before Exif.

    Each text is cut to what the field of the same name takes.
    """
    said = [_in_xmp(metadata.xmp), _in_iim(metadata.iptc), _in_exif(metadata.exif)]
    texts = {}
    for field in fields(Credit):
        found = (_cleaned(field.name, one.get(field.name, "")) for one in said)
        texts[field.name] = next(filter(None, found), "")
    taken = texts.pop("taken_at")
    if not texts["licence_url"].startswith(("https://", "http://")):
        texts["licence_url"] = ""
    return Credit(**texts, taken_at=_moment(taken))


def of(image: Image) -> Credit:
    """What is written into the copies: no place, no time, nothing internal."""
    licence = image.licence
    is_synthetic = image.provenance == Image.Provenance.SYNTHETIC
    return Credit(
        headline=image.headline,
        description=image.description,
        alt_text=image.alt_text,
        creator=image.creator,
        credit_line=image.credit_line,
        source=image.source,
        copyright_notice=image.copyright_notice,
        usage_terms=licence.name if licence and licence.shown_in_credit else "",
        licence_url=licence.url if licence else "",
        digital_source_type=SYNTHETIC if is_synthetic else "",
    )


def save_options(format: str, credit: Credit) -> dict[str, bytes]:
    """The arguments for Pillow's ``save`` that put the credit into the file.

    ``format`` is one of ``Rendition.Format``.
    """
    exif = _written_exif(credit)
    options = {"xmp": written_xmp(credit)}
    if format == "jpg":
        options["extra"] = _app13(written_iim(credit))
        exif = exif and b"Exif\0\0" + exif
    return options | ({"exif": exif} if exif else {})


# --- XMP ------------------------------------------------------------------------------

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "cc": "http://creativecommons.org/ns#",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
# How RDF holds the value: one text, a list of people, or one text for each language.
XMP_NAMES = {
    "headline": (("photoshop:Headline", ""), ("dc:title", "Alt")),
    "description": (("dc:description", "Alt"),),
    "alt_text": (("Iptc4xmpCore:AltTextAccessibility", "Alt"),),
    "creator": (("dc:creator", "Seq"),),
    "credit_line": (("photoshop:Credit", ""),),
    "source": (("photoshop:Source", ""),),
    "copyright_notice": (("dc:rights", "Alt"),),
    "usage_terms": (("xmpRights:UsageTerms", "Alt"),),
    "special_instructions": (("photoshop:Instructions", ""),),
    "city": (("photoshop:City", ""),),
    "country": (("photoshop:Country", ""),),
    "licence_url": (("cc:license", ""), ("xmpRights:WebStatement", "")),
    "digital_source_type": (("Iptc4xmpExt:DigitalSourceType", ""),),
    "taken_at": (("photoshop:DateCreated", ""),),
}


def written_xmp(credit: Credit) -> bytes:
    """An XMP packet."""
    lines = []
    for name, places in XMP_NAMES.items():
        text = getattr(credit, name)
        if not isinstance(text, str) or not text:
            continue
        value = escape(_plain(text)[:LONGEST_WRITTEN])
        for tag, container in places:
            lines.append(f"<{tag}>{_contained(value, container)}</{tag}>")
    spaces = "".join(f' xmlns:{name}="{uri}"' for name, uri in NAMESPACES.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
        f'<rdf:Description rdf:about=""{spaces}>{"".join(lines)}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def _contained(value: str, container: str) -> str:
    if not container:
        return value
    language = ' xml:lang="x-default"' if container == "Alt" else ""
    return f"<rdf:{container}><rdf:li{language}>{value}</rdf:li></rdf:{container}>"


def _in_xmp(packet: bytes) -> dict[str, str]:
    text = _decoded_xml(packet)
    # Without a document type there are no entities to blow up or to fetch.
    if not text or "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        return {}
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - see above
    except (ElementTree.ParseError, ValueError):
        return {}
    nodes = [node for rdf in root.iter(f"{{{RDF}}}RDF") for node in rdf]
    found = {}
    for name, places in XMP_NAMES.items():
        texts = (_property(nodes, tag) for tag, _container in places)
        found[name] = next(filter(None, texts), "")
    return found


def _decoded_xml(packet: bytes) -> str:
    if packet.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif packet[:1] == b"\0":
        encoding = "utf-16-be"
    elif packet[1:2] == b"\0":
        encoding = "utf-16-le"
    else:
        encoding = "utf-8-sig"
    text = packet.decode(encoding, "replace").strip(" \t\r\n\0\ufeff")
    # A declared encoding is no longer true of decoded text.
    return re.sub(r"^<\?xml[^>]*\?>", "", text)


def _property(nodes: Iterable[ElementTree.Element], tag: str) -> str:
    """Standing as an attribute, as an element's text, or in a list of RDF."""
    prefix, _colon, local = tag.partition(":")
    name = f"{{{NAMESPACES[prefix]}}}{local}"
    for node in nodes:
        if text := node.get(name, ""):
            return text
        if (child := node.find(name)) is None:
            continue
        entries = child.findall(f"./*/{{{RDF}}}li")
        if child.find(f"{{{RDF}}}Alt") is not None:
            # The first is the default language, or the only one there is.
            entries = entries[:1]
        texts = [entry.text or "" for entry in entries]
        text = ", ".join(filter(None, texts)) or child.text or ""
        if text := text.strip() or child.get(f"{{{RDF}}}resource", ""):
            return text
    return ""


# --- IPTC-IIM -------------------------------------------------------------------------

IIM_NAMES = {
    (2, 5): "object_name",
    (2, 40): "special_instructions",
    (2, 55): "date",
    (2, 60): "time",
    (2, 80): "creator",
    (2, 90): "city",
    (2, 101): "country",
    (2, 105): "headline",
    (2, 110): "credit_line",
    (2, 115): "source",
    (2, 116): "copyright_notice",
    (2, 120): "description",
}
WRITTEN_IIM = (
    "creator",
    "headline",
    "credit_line",
    "source",
    "copyright_notice",
    "description",
)
UTF_8 = b"\x1b%G"  # ISO 2022's escape, as dataset 1:90


def written_iim(credit: Credit) -> bytes:
    """IPTC-IIM datasets in UTF-8.

    The standard of 1999 gives a credit 32 bytes. Every reader we tried takes longer
    ones, and a credit that is cut names the wrong people.
    """
    numbers = {name: number for number, name in IIM_NAMES.items()}
    written = _dataset(1, 90, UTF_8) + _dataset(2, 0, b"\0\4")
    for name in WRITTEN_IIM:
        if text := _plain(getattr(credit, name))[:LONGEST_WRITTEN]:
            written += _dataset(*numbers[name], text.encode())
    return written


def _dataset(record: int, number: int, value: bytes) -> bytes:
    return bytes([0x1C, record, number]) + len(value).to_bytes(2, "big") + value


def _app13(datasets: bytes) -> bytes:
    """A JPEG segment with the datasets as Photoshop's image resource 0x0404."""
    resource = b"8BIM\x04\x04\0\0" + len(datasets).to_bytes(4, "big") + datasets
    payload = b"Photoshop 3.0\0" + resource + b"\0" * (len(datasets) % 2)
    return b"\xff\xed" + (len(payload) + 2).to_bytes(2, "big") + payload


def _in_iim(block: bytes) -> dict[str, str]:
    values: dict[str, list[bytes]] = {}
    is_utf_8 = False
    at = 0
    while block[at : at + 1] == b"\x1c" and at + 5 <= len(block):
        number = (block[at + 1], block[at + 2])
        length = int.from_bytes(block[at + 3 : at + 5], "big")
        at += 5
        if length & 0x8000:  # the length of a long dataset's length
            size = length & 0x7FFF
            length = int.from_bytes(block[at : at + min(size, 8)], "big")
            at += size
        value = block[at : at + length]
        at += length
        if number == (1, 90):
            is_utf_8 = value == UTF_8
        elif number in IIM_NAMES:
            values.setdefault(IIM_NAMES[number], []).append(value)
    texts = {
        name: ", ".join(_decoded(one, is_utf_8=is_utf_8) for one in several)
        for name, several in values.items()
    }
    texts["headline"] = texts.get("headline") or texts.get("object_name", "")
    if date := texts.get("date", ""):
        texts["taken_at"] = f"{date}T{texts.get('time', '')}"
    return texts


def _decoded(value: bytes, *, is_utf_8: bool = False) -> str:
    """Many write UTF-8 without saying so; what is not is Latin-1, as Windows has it."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("utf-8" if is_utf_8 else "cp1252", "replace")


# --- Exif -----------------------------------------------------------------------------

EXIF_ARTIST, EXIF_COPYRIGHT, EXIF_ASCII = 0x013B, 0x8298, 2


def _in_exif(exif: Mapping[str, str]) -> dict[str, str]:
    texts = {
        name: _decoded(text.encode("latin-1", "replace")) for name, text in exif.items()
    }
    description = texts.get("description", "")
    is_empty = description.strip(" \0").upper() in EMPTY_WORDS
    return {
        "description": "" if is_empty else description,
        "creator": texts.get("artist", ""),
        "copyright_notice": texts.get("copyright", ""),
        "taken_at": texts.get("taken", "") + texts.get("offset", ""),
    }


def _written_exif(credit: Credit) -> bytes:
    """A TIFF structure of one folder: artist and copyright, in UTF-8."""
    entries = [
        (tag, _plain(text).encode() + b"\0")
        for tag, text in (
            (EXIF_ARTIST, credit.creator),
            (EXIF_COPYRIGHT, credit.copyright_notice),
        )
        if text
    ]
    if not entries:
        return b""
    folder = len(entries).to_bytes(2, "little")
    offset = 8 + 2 + 12 * len(entries) + 4
    texts = b""
    for tag, text in entries:
        head = tag.to_bytes(2, "little") + EXIF_ASCII.to_bytes(2, "little")
        place = offset + len(texts)
        short = text.ljust(4, b"\0") if len(text) <= 4 else place.to_bytes(4, "little")
        folder += head + len(text).to_bytes(4, "little") + short
        texts += text if len(text) > 4 else b""
    return b"II*\0\x08\0\0\0" + folder + bytes(4) + texts


# --- Texts and times ------------------------------------------------------------------

_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOMENT = re.compile(
    r"(\d{4})[-:]?(\d\d)[-:]?(\d\d)"
    r"(?:[T ]*(\d\d):?(\d\d)(?::?(\d\d))?(?:[.,]\d+)?\s*(Z|[+-]\d\d:?\d\d)?)?"
)
SEVERAL_LINES = ("description", "usage_terms", "special_instructions")


def _plain(text: str) -> str:
    """Without what neither XML nor the database takes, nor any reader sees."""
    text = _UNWRITABLE.sub(" ", text).replace("\x7f", " ")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _cleaned(name: str, text: str) -> str:
    text = _plain(text)
    if name not in SEVERAL_LINES:
        text = " ".join(text.split())
    return text.strip()[: _most(name)].strip()


def _most(name: str) -> int:
    if name in ("licence_url", "digital_source_type", "taken_at"):
        return LONGEST_URL
    field: Any = Image._meta.get_field(name)
    return field.max_length or LONGEST_TEXT


def _moment(text: str) -> datetime | None:
    """A time of XMP, IIM or Exif; in the present zone where it names none."""
    match = _MOMENT.match(text)
    if match is None:
        return None
    numbers = [int(number or 0) for number in match.groups()[:6]]
    if numbers[0] < OLDEST_YEAR:
        return None
    try:
        moment = datetime(*numbers, tzinfo=_zone(match[7]))  # type: ignore[arg-type,misc]
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(offset: str | None) -> Any:
    if not offset:
        return get_current_timezone()
    if offset == "Z":
        return UTC
    distance = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
    return timezone(-distance if offset[0] == "-" else distance)
