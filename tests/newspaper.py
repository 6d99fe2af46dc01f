"""A small newspaper with one of everything that readers can come across."""

import io
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image as PillowImage

from articles import publishing, related
from articles.models import (
    Article,
    Contributor,
    Correction,
    Image,
    Licence,
    Section,
    Topic,
)
from articles.models.image import random_key
from newsroom.newsletters import compiling
from newsroom.newsletters.models import Issue, Newsletter
from newsroom.publication.models import Page, Publication
from newsroom.support.models import Asking, Campaign, Prompt
from tests import make, make_support

CYRILLIC = (
    "Сельскохозяйственнопромышленный комитет опубликовал стопятидесятистраничный отчёт"
)
ARABIC = "الصحيفة تنشر وثائق جديدة عن المرفأ الذي استؤجر في يوم الأحد"
CHINESE = "星期天租出的码头：没有价格、没有期限、没有招标的四十九年合同全文公布"
LONG_WORD = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
)


@dataclass
class Newspaper:
    section: Section
    topic: Topic
    contributor: Contributor
    page: Page
    image: Image
    article: Article
    correction: Correction
    withdrawn: Article
    newsletter: Newsletter
    issue: Issue
    campaign: Campaign
    articles: list[Article] = field(default_factory=list)

    @property
    def addresses(self) -> dict[str, str]:
        """The path of each type of public page that answers 200."""
        return {
            "front": "/",
            "section": self.section.get_absolute_url(),
            "topic": self.topic.get_absolute_url(),
            "contributor": self.contributor.get_absolute_url(),
            "article": self.article.get_absolute_url(),
            "page": self.page.get_absolute_url(),
            "corrections": "/corrections/",
            "newsletters": "/newsletters/",
            "newsletter": self.newsletter.get_absolute_url(),
            "issue": self.issue.get_absolute_url(),
            "support": "/support/",
        }

    @property
    def refusals(self) -> dict[str, str]:
        """The path of each type of page that answers otherwise."""
        return {"404": "/nowhere/", "410": self.withdrawn.get_absolute_url()}

    @property
    def all(self) -> dict[str, str]:
        return self.addresses | self.refusals


# The tests of pages name them before there is a database.
PAGE_TYPES = [
    "front",
    "section",
    "topic",
    "contributor",
    "article",
    "page",
    "corrections",
    "newsletters",
    "newsletter",
    "issue",
    "support",
    "404",
    "410",
]


def make_newspaper() -> Newspaper:
    _publication()
    section = make.section(
        name="Economy", slug="economy", description="Prices, harvests and ports."
    )
    opinion = make.section(name="Opinion", slug="opinion", position=1)
    topic = make.topic(name="Ports", slug="ports", description="What comes by sea.")
    second_topic = make.topic(name="Grain", slug="grain")
    marta = make.contributor(
        name="Marta Ozolina",
        slug="marta-ozolina",
        job_title="Investigations reporter",
        place="Riga",
        biography="Marta Ozolina follows money, goods and those who move them.",
        portrait=picture(credit_line="Nino Lomidze / The Meridian"),
    )
    desk = make.contributor(name="The Northern Desk", slug="desk", is_pen_name=True)
    page = Page.objects.create(
        title="About us",
        slug="about",
        standfirst="Who we are, and who pays for it.",
        body=f"<p>We were seven.</p><h2>The desks</h2>{_TABLE}<p>Write to us.</p>",
        is_published=True,
        updated_at=timezone.now() - timedelta(days=3),
    )
    image = picture(
        credit_line="Tamar Beridze / The Meridian",
        description="Cranes in the northern harbour.",
        licence=_open_licence(),
    )
    others = _others(section, opinion, topic, [marta, desk])
    article = make.published_article(
        authors=[marta],
        body=_body(image),
        canonical_url="",
        dateline_place="Poti",
        editors_note="We changed two names, for the safety of those who bear them.",
        headline="The quay that was leased on a Sunday",
        kicker="Harbours",
        lead_caption="The northern quay in October.",
        lead_image=image,
        publish_at=timezone.now() - timedelta(hours=3),
        related=others[:1],
        section=section,
        short_headline="The quay leased on a Sunday",
        standfirst="Forty-nine years, four days and no tender on record.",
        topics=[topic, second_topic],
        updated_at=timezone.now() - timedelta(hours=1),
    )
    correction = publishing.correct(
        article,
        by=None,
        kind="correction",
        text="An earlier version gave the wrong year for the lease. It began in 2021.",
    )
    withdrawn = make.published_article(headline="A photograph we no longer trust")
    publishing.withdraw(
        withdrawn, by=None, notice="The photograph was not taken where it was said."
    )
    related.compute(article.pk)
    newsletter, issue = _newsletter([article, *others[:3]])
    article.refresh_from_db()
    withdrawn.refresh_from_db()
    return Newspaper(
        section=section,
        topic=topic,
        contributor=marta,
        page=page,
        image=image,
        article=article,
        correction=correction,
        withdrawn=withdrawn,
        newsletter=newsletter,
        issue=issue,
        campaign=_campaign(),
        articles=[article, *others],
    )


def _newsletter(stories: list[Article]) -> tuple[Newsletter, Issue]:
    """One that is offered below articles, and its issue of last week."""
    newsletter = make.newsletter(
        name="The Friday Letter", slug="friday-letter", in_articles=True
    )
    issue = make.issue(
        newsletter=newsletter,
        articles=stories,
        subject="The quay, and who pays for it",
        intro="<p>Good morning from Riga.</p>",
        support_message="Nobody pays for this letter but those who read it.",
        support_url="https://meridian.example/support/",
    )
    issue.compiled = compiling.compile(issue, {"en-full"})
    issue.status = Issue.Status.SENT
    issue.started_at = issue.finished_at = timezone.now() - timedelta(days=7)
    issue.save()
    return newsletter, issue


def _campaign() -> Campaign:
    """One that asks in every place, with amounts, ways to pay and a warning."""
    make_support.amounts()
    make_support.amounts("EUR")
    make_support.method(provider="bank_transfer", code="transfer")
    make_support.country("RU", languages=["ru"])
    Asking.objects.update(
        counts_reading=True,
        privacy_paragraph="This device keeps a number and a date.",
    )
    campaign = make_support.campaign(
        purpose="A winter of documents",
        goal_minor=4_500_000,
        goal_currency="USD",
        shows_goal=True,
        statement_descriptor="SMP AMSTERDAM",
    )
    for placement in Prompt.Placement:
        make_support.prompt(placement, campaign=campaign, after_paragraph=1)
    return campaign


def picture(*, width: int = 1200, height: int = 800, **values: object) -> Image:
    """A picture with copies that a browser can load."""
    sizes = {
        "full": (width, height),
        "card": (width, width * 2 // 3),
        "square": (height, height),
    }
    copies = {
        crop: {"jpg": [_copy(*size, share) for share in (0.3, 1)]}
        for crop, size in sizes.items()
    }
    return make.image(width=width, height=height, sizes=copies, **values)


def _copy(width: int, height: int, share: float) -> list[object]:
    width, height = round(width * share), round(height * share)
    key = random_key()
    path = f"{key[:2]}/{key}.jpg"
    default_storage.save(path, ContentFile(_green(width, height)))
    return [width, height, path]


@cache
def _green(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    PillowImage.new("RGB", (width, height), "#4a6f62").save(buffer, "JPEG", quality=40)
    return buffer.getvalue()


def _open_licence() -> Licence:
    return Licence.objects.create(
        code="cc-by-test",
        name="CC BY 4.0",
        shown_in_credit=True,
        url="https://creativecommons.example/licenses/by/4.0/",
    )


def _publication() -> None:
    Publication.objects.filter(pk=1).update(
        name="The Meridian",
        tagline="Reporting from exile, paid for by readers",
        description="An independent newspaper.",
        contact_email="desk@meridian.example",
        places="Riga · Tbilisi · Berlin",
        time_zone="Europe/Riga",
        legal_notice="Some state calls us “undesirable”. We go on.",
        copyright_notice="© The Meridian Foundation",
        social_links=[{"name": "Mastodon", "url": "https://social.example/@meridian"}],
    )


def _others(
    section: Section, opinion: Section, topic: Topic, authors: list[Contributor]
) -> list[Article]:
    shared = {"authors": authors, "section": section, "topics": [topic]}
    stories = [
        {"headline": "What the grain register leaves out", "standfirst": "By weight."},
        {"headline": "A ferry timetable", "lead_image": picture()},
        {"headline": CYRILLIC, "language": "ru", "lead_image": picture()},
        {"headline": ARABIC, "language": "ar", "lead_image": picture()},
        {"headline": CHINESE, "language": "zh-hans"},
        {"headline": LONG_WORD, "language": "de"},
        {
            "headline": "From a friend of the house",
            "source": "The Other Paper",
            "canonical_url": "https://other.example/story",
            "byline_override": "Our correspondent",
        },
    ]
    made = [
        make.published_article(
            **shared | story, publish_at=timezone.now() - timedelta(hours=5 + number)
        )
        for number, story in enumerate(stories)
    ]
    column = make.published_article(
        headline="A tender is a promise",
        genre="opinion",
        section=opinion,
        authors=authors[:1],
        publish_at=timezone.now() - timedelta(days=2),
    )
    return [*made, column]


_TABLE = (
    "<table><caption>Grain through the port</caption><thead><tr><th>Year</th>"
    "<th>Tonnes</th></tr></thead><tbody><tr><th>2022</th><td>1,204,000</td></tr>"
    "<tr><th>2023</th><td>988,000</td></tr></tbody></table>"
)


def _body(image: Image) -> str:
    """Every element that an editor can put into a text."""
    half, wide = picture(description="A weighbridge."), picture()
    return "".join(
        [
            "<p>The quay handled a third of the city’s grain until Tuesday. "
            + "Then its gates opened for a firm that nobody had heard of. " * 6
            + '<a href="/page/about/">Who we are</a>.</p>',
            "<h2>Two employees and a post box</h2>",
            "<p>H<sub>2</sub>O, 10<sup>3</sup>, <em>so</em> <strong>to</strong> "
            "<s>say</s> <u>it</u>.<br>A line of its own.</p>",
            _figure(image, "column", ""),
            '<aside data-pull="1"><p>I signed something for a cousin.</p>'
            "<p>A van driver</p></aside>",
            "<h3>The papers</h3>",
            "<ul><li><p>A lease</p></li><li><p>A stamp</p></li></ul>",
            '<ol start="3"><li><p>A third thing</p></li></ol>',
            _figure(half, "half", "The quay from the bridge."),
            "<p>" + "The contract names no price per tonne. " * 12 + "</p>",
            "<blockquote><p>You look for the lie where the money is.</p></blockquote>",
            _TABLE,
            _figure(wide, "wide", "The <em>northern</em> quay."),
            "<hr>",
            _embed("https://www.youtube.com/watch?v=aqz-KE-bpKQ", "A film"),
            _embed("https://soundcloud.com/some-station/some-talk", ""),
            _embed("https://unknown.example/post/7", ""),
            "<p>The authority did not answer eleven questions.</p>",
        ]
    )


def _figure(image: Image, width: str, caption: str) -> str:
    return (
        f'<figure data-image="{image.pk}" data-width="{width}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _embed(url: str, caption: str) -> str:
    return (
        f'<figure data-embed="{url}" data-width="column">'
        f"<figcaption>{caption}</figcaption></figure>"
    )
