from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from articles import publishing, renditions
from newsroom.newsletters import composing, trials
from newsroom.newsletters.models import Issue, IssueItem
from tests import make

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def published(hours_ago, **values):
    return make.published_article(publish_at=NOW - timedelta(hours=hours_ago), **values)


def values_of(issue, **changes):
    return {name: getattr(issue, name) for name in composing.FIELDS} | changes


def save(issue, *, version=None, items=None, **changes):
    return composing.save(
        issue,
        version=issue.version if version is None else version,
        values=values_of(issue, **changes),
        items=list(issue.items.all()) if items is None else items,
    )


def test_an_issue_begins_with_what_came_since_the_last_one():
    newsletter = make.newsletter()
    mailed = published(1)
    make.issue(
        newsletter=newsletter,
        articles=[mailed],
        status="sent",
        started_at=NOW - timedelta(hours=5),
    )
    published(9, headline="Older than the last issue")
    fresh = published(2, headline="Fresh", standfirst="Something is new.")
    make.draft(headline="Draft")

    issue = composing.begin(newsletter, by=None)

    assert [item.article for item in issue.items.all()] == [fresh]
    assert (issue.subject, issue.preheader) == ("Fresh", "Something is new.")
    assert issue.status == Issue.Status.DRAFT


def test_the_first_issue_looks_back_a_week():
    newsletter = make.newsletter()
    published(24 * 8)
    recent = published(24 * 6)

    assert composing.since_last(newsletter, at=NOW) == [recent]


def test_drafts_and_corrections_do_not_count_as_the_last_issue():
    newsletter = make.newsletter()
    story = published(5)
    make.issue(newsletter=newsletter, articles=[story])
    sent = make.issue(
        newsletter=newsletter,
        articles=[],
        status="sent",
        started_at=NOW - timedelta(days=2),
    )
    make.issue(newsletter=newsletter, articles=[], corrects=sent, started_at=NOW)

    assert composing.since_last(newsletter, at=NOW) == [story]


def test_what_leads_the_front_page_comes_first_and_opinions_last():
    image = make.image()
    renditions.make(image.pk, ("jpg",))
    for hours in range(3, 9):
        published(hours)
    opinions = [published(hours, genre="opinion") for hours in (1, 2)]
    lead = published(10, lead_image=image)

    found = composing.since_last(make.newsletter(), at=NOW, most=20)

    assert found[0] == lead
    assert found[-2:] == opinions


def test_a_picture_without_its_credit_is_left_off_at_the_beginning():
    image = make.image()
    story = published(1, lead_image=image)
    type(image).objects.filter(pk=image.pk).update(credit_line="")
    story.refresh_from_db()

    issue = composing.begin(make.newsletter(), by=None, stories=[story])

    assert not issue.items.get().has_picture


def test_finding_takes_words_anywhere_and_shows_what_is_public_or_will_be():
    one = published(1, headline="The quay and the harbour")
    soon = make.scheduled_article(headline="Harbour: the quay again")
    published(1, headline="A lighthouse")
    make.draft(headline="The quay of drafts and a harbour")

    assert set(composing.find("QUAY harbour")) == {one, soon}


def test_a_save_writes_words_and_parts_in_their_order():
    issue = make.issue()
    story = make.published_article()
    items = [
        IssueItem(kind="heading", headline="First"),
        IssueItem(kind="article", article=story, length="full", text="Own words"),
        IssueItem(kind="text", text="<p onclick=x>Hello</p><script>1</script>"),
    ]

    saved = save(issue, subject="New", items=items)

    assert (saved.subject, saved.version) == ("New", 2)
    kept = list(saved.items.values_list("kind", "headline", "text", "length"))
    assert kept == [
        ("heading", "First", "", "summary"),
        ("article", "", "Own words", "full"),
        ("text", "", "<p>Hello</p>", "summary"),
    ]


def test_a_story_stands_in_an_issue_once():
    issue = make.issue()
    story = make.published_article()

    saved = save(issue, items=[IssueItem(article=story), IssueItem(article=story)])

    assert saved.items.count() == 1


def test_a_save_over_a_newer_one_is_refused():
    issue = make.issue(subject="Old")
    save(issue, subject="Theirs")

    with pytest.raises(composing.Conflict) as refused:
        save(issue, version=1, subject="Mine")

    issue.refresh_from_db()
    assert issue.subject == "Theirs"
    assert refused.value.issue.version == 2


@pytest.mark.parametrize("status", ["sending", "paused", "sent", "cancelled"])
def test_what_is_on_its_way_cannot_be_changed(status):
    issue = make.issue(subject="Old", status=status)

    with pytest.raises(composing.NotPossible):
        save(issue, subject="New")


def test_a_duplicate_has_the_same_words_and_is_a_draft():
    issue = make.issue(subject="The week", status="sent", started_at=NOW)

    copy = composing.duplicate(issue, by=None)

    assert (copy.subject, copy.status, copy.started_at) == ("The week", "draft", None)
    assert [item.article_id for item in copy.items.all()] == [
        item.article_id for item in issue.items.all()
    ]
    assert copy.public_id != issue.public_id


def test_a_correction_goes_to_those_who_got_the_wrong_version():
    issue = make.issue(subject="The week", status="sent", started_at=NOW)

    note = composing.correction(issue, by=None)

    assert note.corrects == issue
    assert note.subject == "Correction: The week"
    assert "mistake" in note.intro


def test_nothing_to_correct_before_it_went_out():
    with pytest.raises(composing.NotPossible):
        composing.correction(make.issue(), by=None)


def test_breaking_news_is_one_story_that_is_public():
    story = published(1, headline="It happened", standfirst="Just now.")
    newsletter = make.newsletter()

    issue = composing.breaking(story, newsletter, subject=" It has ", by=None)

    assert (issue.subject, issue.preheader) == ("It has", "Just now.")
    assert issue.template == Issue.Template.BREAKING
    assert issue.items.get().article == story


def test_breaking_news_of_a_withdrawn_story_is_refused():
    story = published(1)
    publishing.withdraw(story, by=None, notice="It was wrong.")
    story.refresh_from_db()

    with pytest.raises(composing.NotPossible):
        composing.breaking(story, make.newsletter(), subject="x", by=None)


def test_a_test_mail_says_so_and_carries_nobodys_links():
    issue = make.issue(subject="The week")

    taken = trials.send(issue, ["one@example.org", "two@example.org"])

    assert taken == 2
    first, second = mail.outbox
    assert first.subject == "[Test] The week"
    assert (first.to, second.to) == (["one@example.org"], ["two@example.org"])
    assert issue.newsletter.get_absolute_url() in first.body
    assert "/leave/" not in first.body + first.alternatives[0].content
    assert issue.deliveries.count() == 0


def test_a_mail_server_that_refuses_names_no_address(monkeypatch, caplog):
    def refuse(*args, **kwargs):
        raise OSError("one@example.org")

    monkeypatch.setattr(
        "django.core.mail.backends.locmem.EmailBackend.send_messages", refuse
    )

    taken = trials.send(make.issue(), ["one@example.org"])

    assert taken == 0
    assert "example.org" not in caplog.text
