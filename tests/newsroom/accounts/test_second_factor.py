import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from newsroom.accounts import roles, second_factor
from tests import make
from tests.newsroom.accounts.conftest import code_of_the_app, wait_for_a_fresh_code

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SET_UP = "/admin/account/second-factor/"
OPEN_PAGE = "/admin/articles/section/"


@pytest.fixture
def person():
    """An editor with an authenticator app."""
    person = make.user(roles.EDITORS)
    TOTP.activate(person, SECRET)
    return person


def begin(client, person):
    response = client.post(
        "/admin/login/", {"login": person.username, "password": make.PASSWORD}
    )
    assert response["Location"] == reverse("mfa_authenticate")


def prove(client, code):
    return client.post(reverse("mfa_authenticate"), {"code": code})


def is_signed_in(client):
    return "_auth_user_id" in client.session


@pytest.mark.usefixtures("require_second_factor")
@pytest.mark.parametrize("role", [role for role in roles.TABLE if role != "Writers"])
def test_a_role_that_needs_a_second_factor_gets_no_further_without(sign_in, role):
    client = sign_in(make.user(role))

    response = client.get("/admin/")

    assert response["Location"] == SET_UP
    assert "Your role needs a second factor" in client.get(SET_UP).content.decode()


@pytest.mark.usefixtures("require_second_factor")
@pytest.mark.parametrize("method", ["get", "post"])
def test_neither_reading_nor_writing_goes_round_the_set_up(sign_in, method):
    client = sign_in(make.superuser())

    response = getattr(client, method)("/admin/articles/section/add/")

    assert response["Location"] == SET_UP


@pytest.mark.usefixtures("require_second_factor")
def test_superusers_need_one_and_writers_do_not(sign_in):
    assert sign_in(make.superuser()).get("/admin/")["Location"] == SET_UP

    assert sign_in(make.writer()).get(OPEN_PAGE).status_code == 200


@pytest.mark.usefixtures("require_second_factor")
def test_with_a_second_factor_the_desk_opens(sign_in, person):
    assert sign_in(person).get(OPEN_PAGE).status_code == 200


@pytest.mark.usefixtures("require_second_factor")
def test_recovery_codes_alone_are_no_second_factor(sign_in):
    person = make.publisher()
    RecoveryCodes.activate(person)

    assert sign_in(person).get("/admin/")["Location"] == SET_UP


@pytest.mark.usefixtures("require_second_factor")
def test_whoever_lacks_it_can_still_sign_out(sign_in):
    client = sign_in(make.publisher())

    client.post(reverse("account_logout"))

    assert not is_signed_in(client)


@pytest.mark.usefixtures("require_second_factor")
def test_an_app_is_set_up_and_the_recovery_codes_are_shown(
    client, do_jobs, mailoutbox, django_capture_on_commit_callbacks
):
    person = make.publisher()
    client.post("/admin/login/", {"login": person.username, "password": make.PASSWORD})

    asked = client.get(reverse("mfa_activate_totp"), follow=True)
    page = client.post(
        asked.request["PATH_INFO"],
        {"password": make.PASSWORD, "next": reverse("mfa_activate_totp")},
        follow=True,
    )
    secret = client.session["mfa.totp.secret"]
    assert secret in page.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        codes = client.post(
            reverse("mfa_activate_totp"), {"code": code_of_the_app(secret)}, follow=True
        )
    do_jobs()

    assert second_factor.has_one(person)
    assert len(codes.context["unused_codes"]) == 10
    assert client.get(OPEN_PAGE).status_code == 200
    assert "An authenticator app was set up" in [mail.subject for mail in mailoutbox]


def test_the_password_alone_does_not_let_in(client, person):
    begin(client, person)

    assert not is_signed_in(client)
    assert client.get("/admin/").status_code == 302


def test_the_apps_code_lets_in(client, person):
    begin(client, person)

    response = prove(client, code_of_the_app(SECRET))

    assert response["Location"] == reverse("admin:index")
    assert is_signed_in(client)


def test_a_code_works_once_whatever_browser_uses_it(client, person):
    wait_for_a_fresh_code()
    code = code_of_the_app(SECRET)
    begin(client, person)
    prove(client, code)
    other = Client()
    begin(other, person)

    response = prove(other, code)

    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert "was used already" in response.content.decode()


def test_codes_cannot_be_guessed_for_long(client, person):
    begin(client, person)
    for number in range(5):
        prove(client, f"{number:06}")

    response = prove(client, code_of_the_app(SECRET))

    assert not is_signed_in(client)
    assert "Too many attempts" in response.content.decode()


def test_a_recovery_code_lets_in_once(client, person):
    code = RecoveryCodes.activate(person).get_unused_codes()[0]
    begin(client, person)
    prove(client, code)
    other = Client()
    begin(other, person)
    prove(other, code)

    assert is_signed_in(client)
    assert not is_signed_in(other)


def test_a_backup_without_the_secret_key_gives_no_codes_away(person, settings):
    stored = Authenticator.objects.get(user=person).data["secret"]

    assert SECRET not in stored
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-another-key-another-key"
    assert TOTP(Authenticator.objects.get(user=person)).validate_code(
        code_of_the_app(SECRET)
    )


@pytest.mark.usefixtures("require_second_factor")
def test_the_only_factor_of_a_role_that_needs_one_stays(sign_in, person):
    client = sign_in(person)
    reauthenticate(client)

    client.post(reverse("mfa_deactivate_totp"))

    assert second_factor.has_one(person)


def test_somebody_who_needs_none_may_remove_it(sign_in, person):
    client = sign_in(person)
    reauthenticate(client)

    client.post(reverse("mfa_deactivate_totp"))

    assert not second_factor.has_one(person)


def test_factors_are_changed_only_after_showing_once_more_who_one_is(sign_in, person):
    client = sign_in(person)

    response = client.post(reverse("mfa_deactivate_totp"))

    assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert second_factor.has_one(person)


def reauthenticate(client):
    client.post(reverse("account_reauthenticate"), {"password": make.PASSWORD})


def test_a_lost_device_is_forgotten_and_its_sessions_end(
    sign_in, person, do_jobs, mailoutbox, capsys
):
    client = sign_in(person)
    colleague = make.user()
    client.session.save()
    other = Client()
    other.force_login(
        colleague, backend="allauth.account.auth_backends.AuthenticationBackend"
    )

    call_command("lost_device", person.username)
    do_jobs()

    assert not Authenticator.objects.filter(user=person).exists()
    assert client.get("/admin/").status_code == 302
    assert other.get(OPEN_PAGE).status_code == 200
    assert mailoutbox[0].to == [person.email]
    assert "second factor was removed" in mailoutbox[0].subject
    assert "Sessions ended: 1." in capsys.readouterr().out


def test_a_lost_device_of_nobody_is_an_error():
    with pytest.raises(CommandError, match="Nobody"):
        call_command("lost_device", "nobody")


def test_forgetting_devices_leaves_others_alone(person):
    other = make.user()
    TOTP.activate(other, SECRET)

    second_factor.forget_devices(person)

    assert second_factor.has_one(other)
    assert not Session.objects.exists()


def test_jobs_know_nobodys_address(person):
    second_factor.forget_devices(person)

    job = ProcrastinateJob.objects.get()
    assert person.email not in str(job.args)
    assert job.args["user_id"] == person.pk
