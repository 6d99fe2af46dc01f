import email
import re
import time
from email.policy import SMTP

import pytest
from django.core import signing as tokens

from newsroom.newsletters import compiling
from newsroom.newsletters.rendering import Rendered
from tests import make

LEAVE, PREFERENCES = "a" * 32, "b" * 32
TO = "reader@example.org"
ID = "<mail.abc@news.example>"


@pytest.fixture
def issue(db):
    return make.issue()


def rendered(**values):
    defaults = {
        "subject": "The week",
        "preheader": "Five stories",
        "html": f'<p>Hello</p><a href="https://x.example/{LEAVE}/">Leave</a>'
        f'<a href="https://x.example/{PREFERENCES}/">Yours</a>',
        "text": f"Hello\n\nhttps://x.example/{LEAVE}/\nhttps://x.example/{PREFERENCES}/\n",
        "urls": [],
    }
    return Rendered(**defaults | values)


def compiled(issue, **values):
    return compiling.message(issue, rendered(**values), LEAVE, PREFERENCES)


def filled(message, leave="L" * 38, preferences="P" * 120):
    return message.fill(to=TO, message_id=ID, leave=leave, preferences=preferences)


def received(content):
    """What a mail program reads."""
    assert content.endswith(b"\r\n.\r\n")
    plain = content.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
    return email.message_from_bytes(plain, policy=SMTP)


def parts(message):
    return [
        message.get_body([kind]).get_content().replace("\r\n", "\n")
        for kind in ("plain", "html")
    ]


def test_each_reader_gets_their_own_links(issue):
    text, html = parts(received(filled(compiled(issue))))

    for part in (text, html):
        assert f"https://x.example/{'L' * 38}/" in part
        assert f"https://x.example/{'P' * 120}/" in part


def test_the_mail_says_whom_it_is_for_and_how_to_leave(issue):
    message = received(filled(compiled(issue)))

    assert message["To"] == f"<{TO}>" or message["To"] == TO
    assert message["Message-ID"] == ID
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "L" * 38 in message["List-Unsubscribe"]
    assert issue.newsletter.slug in message["List-Id"]
    assert message["Precedence"] == "bulk"
    assert TO not in message["Feedback-ID"]
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]


@pytest.mark.parametrize(
    "words",
    [
        "{{ secret }} {% load x %} %s %(to)s {0} $to",
        "\1 \2 \3 \4 \5",
        "=\r\n=3D =20",
    ],
)
def test_what_somebody_wrote_is_printed_as_it_stands(issue, words):
    content = filled(
        compiled(
            issue,
            subject=words.replace("\r\n", " "),
            text=f"{words} https://x.example/{LEAVE}/",
            html=f"<p>{words}</p> https://x.example/{LEAVE}/",
        )
    )

    text, html = parts(received(content))
    expected = words.replace("\r\n", "\n")
    assert text.startswith(expected)
    assert f"<p>{expected}</p>" in html
    assert TO not in text + html


def test_lines_are_short_whatever_is_written(issue):
    long = "слово" * 3000 + "w" * 5000
    content = filled(
        compiled(
            issue,
            subject="Ж" * 150,
            text=f"{long} {LEAVE}",
            html=f"<p>{long}</p>{LEAVE}{PREFERENCES}",
        )
    )

    assert max(map(len, content.split(b"\r\n"))) <= 100
    assert b"\n" not in content.replace(b"\r\n", b"")
    message = received(content)
    text, _html = parts(message)
    assert text.startswith(long)
    assert message["Subject"] == "Ж" * 150


def test_a_line_that_begins_with_a_dot_stays_a_line(issue):
    written = f".\n..\n.hidden {LEAVE}\n.\n"

    text, _html = parts(received(filled(compiled(issue, text=written))))

    assert text == written.replace(LEAVE, "L" * 38)


def test_no_line_ends_the_mail_before_its_end(issue):
    content = filled(compiled(issue, text=f"{LEAVE}\n.\n{PREFERENCES}.\n.\n"))

    assert content.count(b"\r\n.\r\n") == 1


def test_a_header_cannot_be_written_into_the_subject(issue):
    message = received(filled(compiled(issue, subject="Hello\r\nBcc: a@example.org")))

    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: a@example.org"


@pytest.mark.parametrize("name", ['Anna "The Pen", Editor', "Редакция", "x" * 100])
def test_the_sender_keeps_its_name(issue, name):
    issue.sender_name = name
    issue.newsletter.sender_address = "week@news.example"

    message = received(filled(compiled(issue)))

    [sender] = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, "week@news.example")


def test_a_message_without_a_way_to_leave_is_refused(issue):
    with pytest.raises(compiling.CannotCompile):
        compiled(issue, text="No link")


def test_an_issue_is_made_in_each_language_and_format_and_for_the_archive(issue):
    kept = compiling.compile(issue, {"ru-summary", "en-full"})

    assert set(kept) == {"ru-summary", "en-full"}
    assert "Headline" in kept["en-full"]["html"]
    assert "/leave/" not in kept["en-full"]["html"]
    messages = compiling.read(kept)
    content = filled(messages["ru-summary"])
    assert content.count(b"L" * 38) >= 3


def test_filling_in_costs_next_to_nothing(issue):
    words = "<p>Some words of a story that somebody wrote.</p>\n" * 180
    message = compiled(issue, html=f"{words}{LEAVE}{PREFERENCES}")

    began = time.perf_counter()
    for _ in range(2000):
        filled(message)

    assert (time.perf_counter() - began) / 2000 < 0.000_2


def test_tokens_of_every_kind_fit_into_the_message(issue):
    token = tokens.dumps({"s": 10**9, "a": "0" * 8})
    text, _html = parts(received(filled(compiled(issue), preferences=token)))

    assert re.search(rf"https://x.example/{re.escape(token)}/", text)
