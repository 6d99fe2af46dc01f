import json
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone

from newsroom.accounts import roles
from newsroom.core import local_time
from newsroom.publication.models import Publication
from tests import make

pytestmark = pytest.mark.django_db


def menu(response):
    return {
        str(group["name"]): [str(row["name"]) for row in group["models"]]
        for group in response.context["available_apps"]
    }


def test_the_admin_carries_the_publications_name(sign_in):
    Publication.objects.update(name="The Meridian")

    response = sign_in(make.writer()).get(reverse("admin:index"))

    assert ">The Meridian</a>" in response.text
    assert "Django administration" not in response.text


def test_administrators_see_everything_grouped_by_job(sign_in):
    response = sign_in(make.superuser()).get(reverse("admin:index"))

    assert menu(response) == {
        "Write": ["Articles", "Corrections", "Sections", "Topics"],
        "Pictures": ["Picture library", "Licences"],
        "Newsletters": [
            "Issues",
            "Newsletters",
            "Subscribers",
            "Segments",
            "Imports",
            "Suppressed addresses",
            "Bounces and complaints",
            "Consent ledger",
            "Consent texts",
        ],
        "Reader support": [
            "Campaigns",
            "Asking and thanking",
            "Questions and answers",
            "Where the money goes",
            "Gifts",
            "Totals",
            "Recurring gifts",
            "Givers",
            "Looks at givers’ data",
            "Lines of statements",
            "Providers’ events",
            "Differences",
            "Reminders",
            "Payment methods",
            "Free amounts",
            "Countries’ policies",
            "Exchange rates",
        ],
        "People": ["Contributors", "Staff", "Roles"],
        "Site": ["Publication", "Fixed pages", "Redirects", "Self-check", "Jobs"],
    }


def test_writers_see_only_what_they_may_open(sign_in):
    response = sign_in(make.writer()).get(reverse("admin:index"))

    names = [name for rows in menu(response).values() for name in rows]
    assert "Articles" in names
    assert not {"Staff", "Roles", "Redirects", "Self-check", "Jobs"} & set(names)


def test_each_page_of_the_menu_opens(sign_in):
    client = sign_in(make.superuser())
    response = client.get(reverse("admin:index"))
    urls = [
        row["admin_url"]
        for group in response.context["available_apps"]
        for row in group["models"]
    ]

    answers = {url: client.get(url, follow=True).status_code for url in urls}

    assert set(answers.values()) == {200}
    assert len(answers) > 12


def test_strangers_are_sent_to_the_sign_in_with_its_limits(client):
    response = client.get(reverse("admin:index"))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse(settings.LOGIN_URL))


def test_the_admins_own_sign_in_leads_there_too(rf):
    request = rf.get("/admin/")
    request.user = type("Nobody", (), {"is_authenticated": False})()

    response = admin.site.login(request)

    assert response.status_code == 302
    assert response["Location"].startswith(reverse(settings.LOGIN_URL))


def test_passwords_are_changed_where_the_second_factor_is_known(sign_in):
    client = sign_in(make.writer())

    response = client.get(reverse("admin:password_change"))

    assert response["Location"] == reverse("account_change_password")


def test_the_header_leads_to_password_second_factor_and_the_way_out(sign_in):
    page = sign_in(make.writer()).get(reverse("admin:index")).text

    assert f'href="{reverse("account_change_password")}"' in page
    assert f'href="{reverse("mfa_index")}"' in page
    assert f'action="{reverse("account_logout")}"' in page


def test_no_page_of_the_admin_has_a_script_or_a_style_of_its_own(sign_in):
    client = sign_in(make.superuser())
    section = make.section()
    pages = [
        reverse("admin:index"),
        reverse("admin:articles_section_changelist"),
        reverse("admin:articles_section_change", args=[section.pk]),
        reverse("admin:publication_publication_change", args=[1]),
        reverse("admin:publication_publication_history", args=[1]),
        reverse("admin:accounts_user_add"),
    ]

    for url in pages:
        page = client.get(url).text
        scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page)
        assert all('type="' in script for script in scripts), url
        assert "<style" not in page, url
        assert not re.search(r"\son[a-z]+=\"", page), url
        assert not re.search(r"<[^>]+\sstyle=\"", page), url


def test_the_import_map_of_the_editor_carries_the_nonce(sign_in):
    response = sign_in(make.superuser()).get(reverse("admin:publication_page_add"))

    found = re.search(r'<script[^>]*type="importmap"[^>]*>', response.text)
    assert found
    nonce = re.search(r'nonce="([^"]+)"', found[0])
    assert nonce
    assert f"'nonce-{nonce[1]}'" in response["Content-Security-Policy"]


def test_no_list_offers_to_delete_many_rows_at_once(sign_in):
    client = sign_in(make.superuser())
    make.section()

    page = client.get(reverse("admin:articles_section_changelist")).text

    assert "delete_selected" not in page


@pytest.mark.parametrize(
    ("template", "blocks"),
    [
        (
            "admin/base.html",
            ["responsive", "branding", "welcome-msg", "userlinks", "nav-global"],
        ),
        ("admin/base.html", ["footer", "nav-breadcrumbs", "content_title", "content"]),
        ("admin/change_form.html", ["breadcrumbs"]),
        ("simple_history/object_history_form.html", ["submit_buttons_top", "form_top"]),
    ],
)
def test_the_blocks_that_we_fill_exist_in_the_installed_libraries(template, blocks):
    source = get_template(template).template.source

    for block in blocks:
        assert f"block {block} %}}" in source


def test_each_part_of_the_style_sheet_is_there_and_hides_none_of_djangos():
    sheet = finders.find("admin/css/theme.css")
    parts = re.findall(r'@import url\("([^"]+)"\)', Path(sheet).read_text())

    assert len(parts) > 8
    for part in parts:
        found = finders.find(f"admin/css/{part}", find_all=True)
        assert len(found) == 1, part


def test_the_admin_shows_the_newsrooms_time_on_every_machine(sign_in):
    Publication.objects.update(time_zone="America/New_York")
    client = sign_in(make.publisher())

    response = client.get(reverse("admin:index"))

    assert response.context["zone"] == "New York"
    assert "New York, newsroom time" in response.text


def test_public_pages_keep_their_own_zone(client):
    Publication.objects.update(time_zone="America/New_York")
    article = make.published_article()

    client.get(article.get_absolute_url())

    assert str(timezone.get_current_timezone()) == settings.TIME_ZONE


def test_offsets_tell_when_the_clocks_change():
    riga = ZoneInfo("Europe/Riga")

    offsets = local_time.offsets(riga, since=datetime(2026, 6, 1, tzinfo=UTC))

    assert offsets[:3] == [
        ("2026-01-01T02:00", 120),
        ("2026-03-29T04:00", 180),
        ("2026-10-25T03:00", 120),
    ]


def test_a_zone_without_summer_time_has_one_offset():
    offsets = local_time.offsets(
        ZoneInfo("Asia/Tbilisi"), since=datetime(2026, 6, 1, tzinfo=UTC)
    )

    assert [minutes for _since, minutes in offsets] == [240]


def test_the_time_control_knows_the_zone_and_its_offsets():
    with timezone.override("Europe/Riga"):
        html = local_time.LocalTime().render(
            "publish_at", datetime(2019, 7, 1, 9, 30, tzinfo=UTC), {"id": "id_x"}
        )

    assert 'type="datetime-local"' in html
    assert 'data-zone="Riga"' in html
    offsets = json.loads(
        re.search(r'data-offsets="([^"]*)"', html)[1].replace("&quot;", '"')
    )
    assert offsets[0][0].startswith("2019-01-01")


def test_a_typed_time_is_the_newsrooms():
    with timezone.override("Europe/Riga"):
        time = local_time.LocalTimeField().clean("2026-11-24T09:30")

    assert time == datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["2026-03-29T03:30", "2026-10-25T03:30"])
def test_an_hour_that_comes_twice_or_never_is_refused_in_words(typed):
    with timezone.override("Europe/Riga"), pytest.raises(ValidationError) as refusal:
        local_time.LocalTimeField().clean(typed)

    assert "Choose another one." in refusal.value.messages[0]


def test_what_is_no_time_is_refused_with_an_example():
    with pytest.raises(ValidationError) as refusal:
        local_time.LocalTimeField().clean("tomorrow")

    assert "such as 2026-11-24 09:30" in refusal.value.messages[0]


def test_the_clock_has_24_hours(sign_in):
    person = make.superuser(last_login=datetime(2026, 11, 24, 19, 5, tzinfo=UTC))
    client = sign_in(make.superuser())

    page = client.get(reverse("admin:accounts_user_change", args=[person.pk])).text

    assert "24 Nov 2026, 19:05" in page


def test_the_self_check_is_for_publishers(sign_in):
    url = reverse("admin:self_check")

    assert sign_in(make.publisher()).get(url).status_code == 200
    assert sign_in(make.user(roles.EDITORS)).get(url).status_code == 403


def test_the_menu_marks_the_page_that_is_open_and_no_other(sign_in):
    totals = reverse("admin:support_contribution_totals")

    page = sign_in(make.superuser()).get(totals).content.decode()

    assert page.count("current-model") == 1
    assert f'<a href="{totals}" aria-current="page">' in page
