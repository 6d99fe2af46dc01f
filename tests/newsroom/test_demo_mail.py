import pytest
from django.core.mail import EmailMultiAlternatives, send_mail
from django.urls import include, path

from newsroom import demo_mail, urls
from tests.newsroom.core.test_headers import policy

handler404 = urls.handler404
handler500 = urls.handler500
urlpatterns = [
    path("demo/mail/", include(demo_mail.urlpatterns)),
    *urls.urlpatterns,
]


@pytest.fixture
def demo(settings, tmp_path):
    """The addresses and the mail folder as in the demo."""
    settings.ROOT_URLCONF = __name__
    settings.EMAIL_BACKEND = "newsroom.core.mail.FolderBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def send(subject="Confirm", html=""):
    mail = EmailMultiAlternatives(
        subject, "Press https://news.example/confirm/ <b>", to=["m@reader.example"]
    )
    if html:
        mail.attach_alternative(html, "text/html")
    mail.send()


def name_of_the_only(folder):
    [file] = folder.iterdir()
    return file.stem


@pytest.mark.django_db
def test_outside_the_demo_there_is_no_mailbox(client):
    assert client.get("/demo/mail/").status_code == 404


@pytest.mark.usefixtures("demo")
def test_an_empty_mailbox_says_so(client):
    assert "No mail yet" in client.get("/demo/mail/").content.decode()


@pytest.mark.usefixtures("demo")
def test_the_newest_mail_stands_first(client):
    for subject in ("First", "Second", "Третье"):
        send_mail(subject, "Text", None, ["m@reader.example"])

    page = client.get("/demo/mail/").content.decode()

    assert page.index("Третье") < page.index("Second") < page.index("First")


def test_the_text_is_shown_as_text_with_its_links(client, demo):
    send()

    page = client.get(f"/demo/mail/{name_of_the_only(demo)}/").content.decode()

    assert 'href="https://news.example/confirm/"' in page
    assert "&lt;b&gt;" in page
    assert "<iframe" not in page


def test_html_stands_in_a_frame_that_can_run_nothing(client, demo):
    send(html="<p>Hello</p><script>alert(1)</script>")
    name = name_of_the_only(demo)

    around = client.get(f"/demo/mail/{name}/")
    inside = client.get(f"/demo/mail/{name}/html/")

    assert b"alert(1)" not in around.content
    assert policy(around)["frame-src"] == ["'self'"]
    allowed = policy(inside)
    assert allowed["default-src"] == ["'none'"]
    assert "script-src" not in allowed
    assert "allow-scripts" not in allowed["sandbox"]
    assert "allow-same-origin" not in allowed["sandbox"]
    assert inside["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["20261123T195701123456-0123abcd", "..", "%2e%2e%2fdb", "x" * 300]
)
def test_no_other_file_can_be_read(client, demo, name):
    send()
    (demo.parent / "db.eml").write_text("Subject: secret")

    assert client.get(f"/demo/mail/{name}/").status_code == 404
    assert client.get(f"/demo/mail/{name}/html/").status_code == 404


@pytest.mark.django_db
def test_a_mail_without_html_has_no_frame(client, demo):
    send()

    name = name_of_the_only(demo)
    assert client.get(f"/demo/mail/{name}/html/").status_code == 404
