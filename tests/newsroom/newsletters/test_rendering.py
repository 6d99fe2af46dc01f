import email
import subprocess
from datetime import timedelta
from email.policy import SMTP

import pytest
from django.utils import timezone

from articles import publishing, renditions
from newsroom.newsletters import compiling, palette, rendering
from newsroom.newsletters.models import IssueItem
from newsroom.publication.models import Publication
from tests import make
from tests.conftest import need

pytestmark = pytest.mark.django_db

LEAVE = "https://site.example/leave/TOKEN/"
ME = "https://site.example/me/TOKEN/"
LINKS = rendering.Links(leave=LEAVE, preferences=ME)
TEMPLATES = ("digest", "story", "breaking")
NAUGHTY = "<script>alert(1)</script>{{ 7|add:1 }}{% debug %}\"'><img src=x onerror=1>"


def render(issue, **values):
    defaults = {"language": "en", "format": "full", "links": rendering.NO_LINKS}
    return rendering.render(issue, **defaults | values)


def full_issue(**values):
    issue = make.issue(**values)
    issue.items.update(length=IssueItem.Length.FULL)
    return issue


def pictured(**values):
    image = make.image(**values)
    renditions.make(image.pk, ("jpg",))
    image.refresh_from_db()
    return image


def test_html_and_text_tell_the_same():
    story = make.published_article(
        headline="The quay was sold",
        standfirst="In four days.",
        body="<p>Nobody asked <a href='https://example.org/deed'>for the deed</a>.</p>",
    )
    issue = full_issue(articles=[story], intro="Good morning.")

    mail = render(issue)

    for words in ("The quay was sold", "In four days.", "Nobody asked", "Good morning"):
        assert words in mail.html
        assert words in mail.text
    assert "<https://example.org/deed>" in mail.text
    assert 'href="https://example.org/deed"' in mail.html
    assert f"/a/{story.public_id}/" in mail.html
    assert f"/a/{story.public_id}/" in mail.text
    assert "https://example.org/deed" in mail.urls


def test_only_what_is_public_is_in_a_mail():
    withdrawn = make.published_article(headline="Canary withdrawn")
    publishing.withdraw(withdrawn, by=None, notice="It was wrong.")
    stories = [
        make.published_article(headline="Public"),
        make.draft(headline="Canary draft"),
        make.scheduled_article(headline="Canary scheduled"),
        withdrawn,
    ]
    issue = full_issue(articles=stories)

    mail = render(issue)

    assert "Public" in mail.html
    assert "Canary" not in mail.html + mail.text


def test_a_scheduled_story_is_in_the_mail_of_a_later_time():
    story = make.scheduled_article(headline="Tomorrow")
    issue = make.issue(articles=[story])

    mail = render(issue, at=timezone.now() + timedelta(days=2))

    assert "Tomorrow" in mail.html


def test_summaries_leave_the_bodies_out_and_number_links_the_same():
    body = "<p>Long text <a href='https://example.org/one'>one</a>.</p>"
    issue = full_issue(articles=[make.published_article(body=body)])

    full, short = render(issue), render(issue, format="summary")

    assert "Long text" in full.html
    assert "https://example.org/one" not in short.html + short.text
    assert full.urls == short.urls


def test_a_copy_without_links_names_nobody():
    issue = make.issue()

    mail = render(issue)

    assert "/newsletters/" in mail.html
    assert LEAVE not in mail.html + mail.text
    assert "Unsubscribe" not in mail.html + mail.text


def test_a_readers_copy_has_both_links_in_both_parts():
    mail = render(make.issue(), links=LINKS)

    for part in (mail.html, mail.text):
        assert LEAVE in part
        assert ME in part


def test_the_address_in_the_browser_is_left_out_where_there_is_no_archive():
    issue = make.issue(newsletter=make.newsletter(has_archive=False))

    mail = render(issue)

    assert issue.public_id not in mail.html + mail.text


def test_clicks_are_counted_only_in_readers_copies_of_newsletters_that_count():
    counting = make.newsletter(counts_clicks=True)
    issue = make.issue(newsletter=counting)
    quiet = make.issue()

    counted, copy = render(issue, links=LINKS), render(issue)

    assert f"/{issue.public_id}/" in counted.html.replace(issue.get_absolute_url(), "")
    assert "/mail/" in counted.text
    assert "/mail/" not in copy.html + copy.text
    assert "/mail/" not in render(quiet, links=LINKS).html
    assert counted.urls == copy.urls
    assert all("/mail/" not in url for url in counted.urls)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("field", ["subject", "preheader", "intro", "support_message"])
def test_words_of_an_issue_are_never_read_as_a_template_or_markup(template, field):
    issue = make.issue(template=template, **{field: NAUGHTY})

    mail = render(issue, links=LINKS)

    assert "<script>alert" not in mail.html
    assert "<img src=x" not in mail.html.replace('"', "")
    assert "onerror=1>" not in mail.html
    shown = mail.subject if field == "subject" else mail.html + mail.preheader
    assert "{{ 7|add:1 }}" in shown
    assert "{% debug %}" in shown


@pytest.mark.parametrize("kind", IssueItem.Kind.values)
def test_words_of_a_part_are_never_read_as_a_template_or_markup(kind):
    story = make.published_article(standfirst=NAUGHTY, kicker="{{ 7|add:1 }}")
    issue = make.issue(articles=[])
    article = story if kind == "article" else None
    IssueItem.objects.create(
        issue=issue, position=0, kind=kind, article=article, headline=NAUGHTY[:190]
    )
    IssueItem.objects.create(
        issue=issue, position=1, kind="text", text=NAUGHTY, headline="x"
    )

    mail = render(issue)

    assert "<script>alert" not in mail.html
    assert "onerror=1>" not in mail.html
    assert "{{ 7|add:1 }}" in mail.html
    assert "{{ 7|add:1 }}" in mail.text


def test_a_subject_is_one_line():
    issue = make.issue(subject="One\r\nBcc: all@example.org", preheader="A\nB")

    mail = render(issue)

    assert mail.subject == "One Bcc: all@example.org"
    assert mail.preheader == "A B"


def test_pictures_come_from_our_site_with_alt_text_and_credit(settings):
    lead = pictured(alt_text="Cranes at dusk", credit_line="kremlin.ru")
    inside = pictured(alt_text="A gate", credit_line="Ann / The Meridian")
    body = (
        f'<p>Words.</p><figure data-image="{inside.pk}">'
        "<figcaption>It</figcaption></figure>"
    )
    story = make.published_article(lead_image=lead, body=body)

    mail = render(full_issue(articles=[story]))

    for words in ("Cranes at dusk", "Kremlin.ru", "A gate", "Ann / The Meridian"):
        assert words in mail.html
    assert f'src="{settings.SITE_URL}/media/' in mail.html
    assert mail.html.count("<img") == 2
    assert "Ann / The Meridian" in mail.text


def test_a_withdrawn_picture_is_in_no_mail():
    lead = pictured()
    story = make.published_article(lead_image=lead)
    type(lead).objects.filter(pk=lead.pk).update(withdrawn_at=timezone.now())

    mail = render(full_issue(articles=[story]))

    assert "<img" not in mail.html


def test_own_nodes_become_what_mail_programs_know():
    body = (
        '<aside data-pull="1"><p>“Nobody asked.”</p><p>A clerk</p></aside>'
        '<figure data-embed="https://www.youtube.com/watch?v=abcdefghijk">'
        "<figcaption>The session</figcaption></figure>"
        "<ul><li><p>One</p></li><li><p>Two</p></li></ul>"
        "<table><tbody><tr><td>2024</td><td>310</td></tr></tbody></table>"
    )
    story = make.published_article(body=body)

    mail = render(full_issue(articles=[story]))

    assert "<blockquote" in mail.html
    assert 'href="https://www.youtube.com/watch?v=abcdefghijk"' in mail.html
    assert "<iframe" not in mail.html
    assert "<figure" not in mail.html
    assert "2024 | 310" in mail.text
    assert "- One\n- Two" in mail.text
    assert "> “Nobody asked.”" in mail.text


def test_styles_stand_on_the_elements_and_dark_screens_have_their_own():
    mail = render(make.issue())

    assert mail.html.count('style="') > 10
    assert "prefers-color-scheme: dark" in mail.html
    assert mail.html.index("charset") < mail.html.index("<style>")


def test_the_foot_tells_who_sends():
    Publication.objects.update(
        name="The Meridian",
        legal_notice="Said to be undesirable.",
        contact_email="a@b.example",
    )

    mail = render(make.issue(), links=LINKS)

    for words in ("The Meridian", "Said to be undesirable.", "a@b.example"):
        assert words in mail.html
        assert words in mail.text


@pytest.mark.parametrize("accent", ["#ffff00", "#0b6e4f", "#000000", "not a colour"])
def test_the_accent_is_readable_on_light_and_dark(accent):
    colours = palette.of(accent)

    assert palette.contrast(colours.light, palette.LIGHT_PAPER) >= palette.ENOUGH
    assert palette.contrast(colours.dark, palette.DARK_PAPER) >= palette.ENOUGH


def test_no_line_of_the_text_is_wider_than_a_mail():
    story = make.published_article(body="<p>" + "word " * 300 + "</p>")

    mail = render(full_issue(articles=[story]))

    lines = [line for line in mail.text.splitlines() if "http" not in line]
    assert max(map(len, lines)) <= 72


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_mail_passes_the_local_rules_of_spamassassin(template, settings):
    spamassassin = need("spamassassin")
    settings.DEFAULT_FROM_EMAIL = "desk@meridian.example"
    settings.SITE_URL = "https://meridian.example"
    Publication.objects.update(
        name="The Meridian", contact_email="desk@meridian.example"
    )
    body = (
        "<p>"
        + "The lease was signed in four days, and nobody asked why. " * 20
        + "</p>"
    )
    story = make.published_article(
        headline="Harbour authority signs away the northern quay",
        standfirst="A forty-nine-year lease.",
        body=body,
        lead_image=pictured(),
    )
    issue = full_issue(
        articles=[story], template=template, subject="The quay in four days"
    )

    answer = subprocess.run(
        [spamassassin, "-L", "-t"],
        input=as_it_goes_out(issue),
        capture_output=True,
        check=False,
        timeout=120,
    )

    scored = email.message_from_bytes(answer.stdout, policy=SMTP)
    score = float(str(scored["X-Spam-Status"]).split("score=")[1].split()[0])
    assert score < 2, answer.stdout.decode()[-3000:]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_mail_is_a_valid_message_of_two_parts(template):
    issue = make.issue(template=template, subject="Четыре дня и " + "причал " * 15)

    parsed = email.message_from_bytes(as_it_goes_out(issue), policy=SMTP)

    assert parsed.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in parsed.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    assert [part.defects for part in parsed.walk()] == [[], [], []]
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        assert len(parsed.get_all(name)) == 1
        assert parsed[name].defects == ()
    assert parsed["Subject"] == issue.subject.strip()
    for kind in ("plain", "html"):
        words = parsed.get_body((kind,)).get_content()
        assert "/newsletters/leave/TOKEN/" in words
        assert "/newsletters/me/TOKEN/" in words


def as_it_goes_out(issue):
    """The mail of one reader, without what SMTP adds to it."""
    made = compiling.read(compiling.compile(issue, {"en-full"}))["en-full"]
    wire = made.fill(
        to="reader@example.org",
        message_id="<1.2@meridian.example>",
        leave="TOKEN",
        preferences="TOKEN",
    )
    return wire.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
