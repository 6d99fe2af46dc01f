import re
from datetime import timedelta
from html import unescape

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from newsroom.accounts import roles
from newsroom.newsletters import audience
from newsroom.newsletters.admin.issues import breaking_url
from newsroom.newsletters.models import Issue, IssueItem
from tests import make

pytestmark = pytest.mark.django_db
NAUGHTY = "<script>alert(1)</script>{{ 7|add:1 }}\"'>"


@pytest.fixture
def staff(sign_in):
    return sign_in(make.user(roles.NEWSLETTER_STAFF, email="nora@newsroom.example"))


def page(name, *args):
    return reverse(f"admin:newsletters_issue_{name}", args=args)


def typed(issue, **changes):
    """The composing page's form as the browser would send it."""
    data = {
        "version": issue.version,
        "template": issue.template,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "sender_name": "",
        "intro": issue.intro,
        "support_message": "",
        "support_url": "",
        "in_archive": "on",
        "part": [],
    }
    for item in issue.items.all():
        key = f"p{item.pk}"
        data["part"].append(key)
        data |= {
            f"{key}-kind": item.kind,
            f"{key}-article": item.article_id or "",
            f"{key}-headline": item.headline,
            f"{key}-text": item.text,
            f"{key}-length": item.length,
            f"{key}-has_picture": "on",
        }
    return data | changes


def test_the_list_names_status_newsletter_and_figures(staff):
    newsletter = make.newsletter(name="The Friday Letter")
    make.issue(newsletter=newsletter, subject="The quay", status="draft")

    answer = staff.get(page("changelist"))

    for words in ("The quay", "The Friday Letter", 'data-state="draft"'):
        assert words in answer.text


def test_a_new_issue_is_begun_by_choosing_its_newsletter(staff):
    newsletter = make.newsletter()
    story = make.published_article()

    shown = staff.get(page("add"))
    answer = staff.post(page("add"), {"newsletter": newsletter.pk})

    issue = Issue.objects.get()
    assert newsletter.name in shown.text
    assert answer.url == page("change", issue.pk)
    assert issue.items.get().article == story


def test_the_composing_page_shows_parts_checks_and_readers(staff):
    issue = make.issue(subject="")
    make.subscriber(of=[issue.newsletter])

    answer = staff.get(page("change", issue.pk))

    assert answer.status_code == 200
    assert "Write a subject." in answer.text
    assert "to 1 reader<" in answer.text
    assert issue.items.get().article.headline in answer.text


def test_saving_keeps_words_and_order(staff):
    issue = make.issue(articles=[make.published_article(), make.published_article()])
    data = typed(issue, subject="New words")
    data["part"].reverse()
    before = [item.article_id for item in issue.items.all()]

    answer = staff.post(page("change", issue.pk), data)

    issue.refresh_from_db()
    assert answer.url == page("change", issue.pk)
    assert issue.subject == "New words"
    assert [item.article_id for item in issue.items.all()] == before[::-1]


def opened(client, issue):
    """The hidden fields by which the page knows what it was opened on."""
    return hidden(client.get(page("change", issue.pk)).text, ("version", "base"))


def hidden(text, names=None):
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
    fields = {}
    for name, value in found:
        if names is None or name in names:
            fields.setdefault(name, []).append(unescape(value))
    return fields


def compared(answer):
    """Each field that differs, with its words and what is chosen beforehand."""
    found = re.findall(
        r'name="_choice_(\w+)" value="theirs"( checked)?>.*?nr-diff">(.*?)</span>'
        r'.*?nr-diff">(.*?)</span></label>',
        answer.text,
        re.DOTALL,
    )
    return {
        name: ("theirs" if checked else "mine", theirs, mine)
        for name, checked, theirs, mine in found
    }


@pytest.fixture
def colleague(client):
    """Somebody else with the same issue open."""
    other = Client()
    user = make.user(roles.NEWSLETTER_STAFF, first_name="Otto", last_name="Kask")
    other.force_login(user)
    return other


def conflict(staff, colleague, issue, theirs, mine):
    """Both have the page open; the colleague saves first."""
    before = opened(staff, issue)
    begun = typed(issue, **before)
    colleague.post(page("change", issue.pk), typed(issue, **before) | theirs)
    answer = staff.post(page("change", issue.pk), begun | mine)
    assert answer.status_code == 409
    return answer


def test_a_save_over_a_newer_one_is_refused_and_both_are_compared(staff, colleague):
    issue = make.issue(intro="<p>Before.</p>")

    answer = conflict(
        staff,
        colleague,
        issue,
        {"subject": "Theirs", "preheader": "Only theirs"},
        {"subject": "Mine", "intro": "<p>Only mine.</p>"},
    )

    issue.refresh_from_db()
    assert issue.subject == "Theirs"
    assert "Saved by Otto Kask" in answer.text
    assert compared(answer) == {
        "subject": ("mine", "Theirs", "Mine"),
        "preheader": ("theirs", "Only theirs", "Five stories"),
        "intro": ("mine", "Before.", "Only mine."),
    }
    assert answer.text.count("both changed it") == 1


def test_each_field_is_saved_as_it_was_chosen_and_nothing_typed_is_lost(
    staff, colleague
):
    issue = make.issue()
    answer = conflict(
        staff,
        colleague,
        issue,
        {"subject": "Theirs", "preheader": "Theirs too", "sender_name": "Otto"},
        {"subject": "Mine", "intro": "<p>Mine & “more”</p>", "_send": ""},
    )
    chosen = {
        f"_choice_{name}": choice
        for name, (choice, *_words) in compared(answer).items()
    }

    after = staff.post(
        page("change", issue.pk), hidden(answer.text) | chosen | {"_save": ""}
    )

    issue.refresh_from_db()
    assert after.url == page("send", issue.pk)
    assert issue.subject == "Mine"
    assert issue.preheader == "Theirs too"
    assert issue.sender_name == "Otto"
    assert issue.intro == "<p>Mine &amp; “more”</p>"
    assert issue.items.count() == 1


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        ("mine", ["Also in this letter", "The quay"]),
        ("theirs", ["The quay", "The bridge"]),
    ],
)
def test_parts_are_compared_by_their_headlines(staff, colleague, choice, kept):
    story = make.published_article(headline="The quay")
    other = make.published_article(headline="The bridge")
    issue = make.issue(articles=[story])
    staff.post(page("change", issue.pk), typed(issue, _add="heading"))
    issue.refresh_from_db()
    heading = issue.items.get(kind="heading")
    answer = conflict(
        staff,
        colleague,
        issue,
        {"_add": f"article:{other.pk}", "_remove": f"p{heading.pk}"},
        {"_move": f"p{heading.pk}:up"},
    )
    before, theirs, mine = compared(answer)["items"]

    staff.post(
        page("change", issue.pk), hidden(answer.text) | {"_choice_items": choice}
    )

    assert before == "mine"
    assert theirs == "The quay (summary)<br>The bridge (summary)"
    assert mine == "Heading: Also in this letter<br>The quay (summary)"
    assert [str(item) for item in issue.items.all()] == kept


def test_all_of_mine_can_be_kept_at_once(staff, colleague):
    issue = make.issue()
    answer = conflict(
        staff, colleague, issue, {"preheader": "Theirs"}, {"subject": "Mine"}
    )

    staff.post(
        page("change", issue.pk),
        hidden(answer.text) | {"_choice_preheader": "theirs", "_choice_all": "mine"},
    )

    issue.refresh_from_db()
    assert (issue.subject, issue.preheader) == ("Mine", "Five stories")


def test_who_saves_while_two_versions_are_compared_is_not_overwritten(staff, colleague):
    issue = make.issue()
    answer = conflict(staff, colleague, issue, {"subject": "1"}, {"subject": "Mine"})
    colleague.post(
        page("change", issue.pk), typed(issue, **opened(colleague, issue), subject="2")
    )

    again = staff.post(
        page("change", issue.pk), hidden(answer.text) | {"_choice_subject": "mine"}
    )

    issue.refresh_from_db()
    assert again.status_code == 409
    assert compared(again)["subject"] == ("mine", "2", "Mine")
    assert issue.subject == "2"


def test_a_second_conflict_keeps_what_was_chosen_in_the_first(staff, colleague):
    issue = make.issue(intro="<p>Before.</p>")
    answer = conflict(
        staff,
        colleague,
        issue,
        {"subject": "1", "intro": "<p>Theirs.</p>"},
        {"subject": "Mine", "intro": "<p>Mine.</p>"},
    )
    issue.refresh_from_db()
    colleague.post(
        page("change", issue.pk), typed(issue, **opened(colleague, issue), subject="2")
    )
    chosen = {"_choice_subject": "mine", "_choice_intro": "theirs"}

    again = staff.post(page("change", issue.pk), hidden(answer.text) | chosen)
    compared_again = compared(again)
    staff.post(
        page("change", issue.pk),
        hidden(again.text)
        | {f"_choice_{name}": words[0] for name, words in compared_again.items()},
    )

    issue.refresh_from_db()
    assert again.status_code == 409
    assert compared_again["subject"] == ("mine", "2", "Mine")
    assert compared_again["intro"][0] == "theirs"
    assert (issue.subject, issue.intro) == ("Mine", "<p>Theirs.</p>")


def test_all_of_mine_is_still_mine_when_somebody_saves_again(staff, colleague):
    issue = make.issue()
    answer = conflict(
        staff, colleague, issue, {"preheader": "Theirs"}, {"subject": "Mine"}
    )
    issue.refresh_from_db()
    colleague.post(
        page("change", issue.pk), typed(issue, **opened(colleague, issue), subject="2")
    )

    again = staff.post(
        page("change", issue.pk),
        hidden(answer.text) | {"_choice_preheader": "theirs", "_choice_all": "mine"},
    )

    assert {name: words[0] for name, words in compared(again).items()} == {
        "subject": "mine",
        "preheader": "mine",
    }


def test_what_cannot_be_saved_is_shown_again(staff):
    issue = make.issue()

    answer = staff.post(
        page("change", issue.pk), typed(issue, subject="Kept", support_url="not one")
    )

    issue.refresh_from_db()
    assert answer.status_code == 422
    assert 'value="Kept"' in answer.text
    assert issue.subject == "The week"


@pytest.mark.parametrize("way", ["up", "down"])
def test_without_scripts_the_buttons_of_a_part_save_and_move_it(staff, way):
    issue = make.issue(articles=[make.published_article(), make.published_article()])
    data = typed(issue)
    moved = data["part"][1 if way == "up" else 0]
    before = [item.article_id for item in issue.items.all()]

    staff.post(page("change", issue.pk), data | {"_move": f"{moved}:{way}"})

    assert [item.article_id for item in issue.items.all()] == before[::-1]


def test_without_scripts_parts_are_added_and_taken_out(staff):
    issue = make.issue()
    story = make.published_article()

    for adding in (f"article:{story.pk}", "heading", "text"):
        issue.refresh_from_db()
        staff.post(page("change", issue.pk), typed(issue, _add=adding))
    issue.refresh_from_db()
    added = [item.kind for item in issue.items.all()]
    first = issue.items.first()
    staff.post(page("change", issue.pk), typed(issue, _remove=f"p{first.pk}"))

    assert added == ["article", "article", "heading", "text"]
    assert [item.kind for item in issue.items.all()] == ["article", "heading", "text"]


def test_articles_are_found_by_their_words(staff):
    issue = make.issue()
    make.published_article(headline="Night trains return")

    answer = staff.get(page("find", issue.pk), {"q": "trains"})
    nothing = staff.get(page("find", issue.pk), {"q": "zeppelin"})

    assert "Night trains return" in answer.text
    assert "No story has these words." in nothing.text


def test_the_preview_shows_what_is_typed_and_writes_nothing(staff):
    issue = make.issue()

    answer = staff.post(
        page("preview", issue.pk), typed(issue, intro="<p>Only typed.</p>")
    )

    issue.refresh_from_db()
    assert "Only typed." in answer.text
    assert issue.intro == ""
    policy = answer["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


def test_the_preview_can_be_dark_and_text(staff):
    issue = make.issue(intro="<p>Good morning.</p>")

    light = staff.get(page("preview", issue.pk)).text
    dark = staff.get(page("preview", issue.pk), {"in": "dark"}).text
    text = staff.get(page("preview", issue.pk), {"as": "text"}).text

    assert "@media not all" in light
    assert "@media all" in dark
    assert "<pre>" in text
    assert "Good morning." in text


def test_the_preview_of_what_went_out_is_what_went_out(staff):
    newsletter = make.newsletter()
    copy = {"subject": "S", "html": "<p>As it went</p>", "text": "As it went"}
    issue = make.issue(newsletter=newsletter, status="sent", compiled={"en-full": copy})

    assert "As it went" in staff.get(page("preview", issue.pk)).text


def test_the_check_list_follows_what_is_typed(staff):
    issue = make.issue()

    answer = staff.post(page("checks", issue.pk), typed(issue, subject=""))

    assert "Write a subject." in answer.text


@pytest.mark.parametrize("field", ["subject", "preheader", "intro", "support_message"])
def test_naughty_words_run_neither_on_the_page_nor_in_its_preview(staff, field):
    issue = make.issue()
    data = typed(issue, **{field: NAUGHTY})

    staff.post(page("change", issue.pk), data)
    shown = staff.get(page("change", issue.pk)).text
    preview = staff.get(page("preview", issue.pk)).text
    text = staff.get(page("preview", issue.pk), {"as": "text"}).text

    for html in (shown, preview, text):
        assert "<script>alert" not in html
    assert "{{ 7|add:1 }}" in shown


def test_naughty_words_of_a_part_are_shown_as_they_are(staff):
    issue = make.issue()
    data = typed(issue)
    [key] = data["part"]

    staff.post(
        page("change", issue.pk),
        data | {f"{key}-headline": NAUGHTY, f"{key}-text": NAUGHTY},
    )
    shown = staff.get(page("change", issue.pk)).text

    assert issue.items.get().headline == NAUGHTY
    assert "<script>alert" not in shown
    assert "<script>alert" not in staff.get(page("preview", issue.pk)).text


def test_a_test_goes_to_oneself_by_one_button(staff):
    issue = make.issue(subject="The week")

    staff.post(page("test", issue.pk), {"_me": ""})

    [message] = mail.outbox
    assert message.to == ["nora@newsroom.example"]
    assert message.subject == "[Test] The week"


def test_a_test_goes_to_several_typed_addresses(staff):
    issue = make.issue()

    staff.post(
        page("test", issue.pk),
        {"addresses": "a@example.org, b@example.org\nA slip", "format": "full"},
    )
    refused = len(mail.outbox)
    staff.post(
        page("test", issue.pk),
        {"addresses": "a@example.org, b@example.org", "format": "summary"},
    )

    assert refused == 0
    assert [message.to for message in mail.outbox] == [
        ["a@example.org"],
        ["b@example.org"],
    ]


def test_saving_goes_before_what_the_other_buttons_lead_to(staff):
    issue = make.issue()

    answer = staff.post(
        page("change", issue.pk), typed(issue, subject="Saved", _schedule="")
    )

    issue.refresh_from_db()
    assert answer.url == page("schedule", issue.pk)
    assert issue.subject == "Saved"


def test_sending_asks_first_and_names_the_number_of_readers(staff):
    issue = make.issue()
    for _reader in range(3):
        make.subscriber(of=[issue.newsletter])

    asked = staff.get(page("send", issue.pk))
    issue.refresh_from_db()
    before = issue.status
    staff.post(page("send", issue.pk))
    issue.refresh_from_db()

    assert "Send to 3 readers" in asked.text
    assert before == "draft"
    assert issue.status == "sending"


def test_an_issue_that_lacks_something_has_no_button_to_send_it(staff):
    issue = make.issue(subject="")

    shown = staff.get(page("send", issue.pk)).text
    staff.post(page("send", issue.pk))

    issue.refresh_from_db()
    assert "Write a subject." in shown
    assert "nr-btn--main" not in shown
    assert issue.status == "draft"


def test_scheduling_takes_a_time_ahead(staff):
    issue = make.issue()
    ahead = timezone.now() + timedelta(days=3)

    past = staff.post(page("schedule", issue.pk), {"send_at": "2020-01-01T07:00"})
    staff.post(page("schedule", issue.pk), {"send_at": f"{ahead:%Y-%m-%dT%H:%M}"})

    issue.refresh_from_db()
    assert "has passed" in past.text
    assert issue.status == "scheduled"
    staff.post(page("turn", issue.pk, "unschedule"))
    issue.refresh_from_db()
    assert issue.status == "draft"


def test_sending_pauses_goes_on_and_is_cancelled(staff):
    issue = make.issue()
    make.subscriber(of=[issue.newsletter])
    staff.post(page("send", issue.pk))
    states = []

    for verb in ("pause", "resume"):
        staff.post(page("turn", issue.pk, verb))
        issue.refresh_from_db()
        states.append(issue.status)
    asked = staff.get(page("cancel", issue.pk))
    staff.post(page("cancel", issue.pk))
    issue.refresh_from_db()

    assert states == ["paused", "sending"]
    assert "cannot be taken up again" in asked.text
    assert issue.status == "cancelled"


def test_the_overview_shows_the_books_with_every_reason(staff):
    issue = make.issue(
        status="sent",
        started_at=timezone.now(),
        finished_at=timezone.now(),
        closed_at=timezone.now(),
        audience=9,
        totals={
            "audience": 9,
            "submitted": 6,
            "failed": 1,
            "skipped": 2,
            "reasons": {"unsubscribed": 2, "550 5.1.1": 1},
        },
    )

    shown = staff.get(page("change", issue.pk)).text

    assert "The books balance" in shown
    assert "Unsubscribed before it went out" in shown
    assert "550 5.1.1" in shown


def test_progress_is_told_in_figures(staff):
    issue = make.issue()
    for _reader in range(2):
        make.subscriber(of=[issue.newsletter])
    staff.post(page("send", issue.pk))
    issue.refresh_from_db()
    Issue.objects.filter(pk=issue.pk).update(audience=audience.freeze(issue))

    answer = staff.get(page("progress", issue.pk)).json()

    assert answer["status"] == "sending"
    assert answer["audience"] == 2
    assert answer["counts"]["waiting"] == 2


def test_a_duplicate_and_a_correction_are_one_button_each(staff):
    issue = make.issue(status="sent", started_at=timezone.now(), subject="The week")

    copied = staff.post(page("duplicate", issue.pk))
    corrected = staff.post(page("correction", issue.pk))

    copy, note = Issue.objects.exclude(pk=issue.pk).order_by("pk")
    assert copied.url == page("change", copy.pk)
    assert corrected.url == page("change", note.pk)
    assert note.corrects == issue
    assert "only to those who got" in staff.get(corrected.url).text


def test_breaking_news_is_two_clicks_from_an_article(staff):
    story = make.published_article(headline="It happened")
    newsletter = make.newsletter()
    make.subscriber(of=[newsletter])

    asked = staff.get(breaking_url(story.pk))
    made = Issue.objects.count()
    staff.post(
        breaking_url(story.pk), {"newsletter": newsletter.pk, "subject": "It happened"}
    )

    issue = Issue.objects.get()
    assert "Send to 1 reader" in asked.text
    assert made == 0
    assert issue.status == "sending"
    assert issue.template == "breaking"


def test_breaking_news_of_a_draft_is_not_offered(staff):
    make.newsletter()

    shown = staff.get(breaking_url(make.draft().pk)).text

    assert "Publish the article first" in shown


@pytest.mark.parametrize(
    "name",
    ["preview", "checks", "find", "test", "schedule", "send", "cancel", "progress"],
)
@pytest.mark.parametrize("role", [roles.WRITERS, roles.PUBLISHERS, roles.SUPPORT_STAFF])
def test_others_see_nothing_of_issues(sign_in, name, role):
    issue = make.issue()
    client = sign_in(make.user(role))

    assert client.get(page(name, issue.pk)).status_code == 403
    assert client.post(page(name, issue.pk)).status_code == 403


def test_sending_needs_its_own_permission(sign_in):
    from django.contrib.auth.models import Permission

    person = make.user(roles.WRITERS)
    names = ["view_issue", "add_issue", "change_issue"]
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = sign_in(person)
    issue = make.issue()
    make.newsletter()

    shown = client.get(page("change", issue.pk))
    answers = [
        client.post(page("send", issue.pk)),
        client.post(page("schedule", issue.pk)),
        client.post(page("cancel", issue.pk)),
        client.post(page("turn", issue.pk, "pause")),
        client.post(breaking_url(make.published_article().pk)),
    ]

    assert shown.status_code == 200
    assert "Schedule…" not in shown.text
    assert {answer.status_code for answer in answers} == {403}
    issue.refresh_from_db()
    assert issue.status == "draft"


@pytest.mark.parametrize("name", ["duplicate", "correction"])
def test_looking_makes_nothing(staff, name):
    issue = make.issue(status="sent", started_at=timezone.now())

    assert staff.get(page(name, issue.pk)).status_code == 405
    assert staff.get(page("turn", issue.pk, "pause")).status_code == 405
    assert Issue.objects.count() == 1


def test_what_went_out_cannot_be_deleted(staff):
    gone = make.issue(status="sent", started_at=timezone.now())
    draft = make.issue()

    staff.post(page("delete", gone.pk), {"post": "yes"})
    staff.post(page("delete", draft.pk), {"post": "yes"})

    assert [issue.pk for issue in Issue.objects.all()] == [gone.pk]
    assert IssueItem.objects.filter(issue=draft.pk).count() == 0


def test_a_test_goes_to_addresses_and_to_a_role_each_once(staff):
    issue = make.issue()
    first, second = (make.user(roles.PICTURE_DESK) for _number in range(2))
    role = first.groups.get()

    staff.post(
        page("test", issue.pk),
        {"addresses": f"{first.email}, outside@example.org", "role": role.pk},
    )

    told = sorted(message.to[0] for message in mail.outbox)
    assert told == sorted([first.email, second.email, "outside@example.org"])
