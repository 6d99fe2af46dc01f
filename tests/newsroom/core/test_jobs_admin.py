import pytest
from django.db import connection
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from newsroom.accounts import roles
from tests import make

pytestmark = pytest.mark.django_db

LIST = "/admin/procrastinate/procrastinatejob/"


def job(status="failed", queueing_lock=None):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs "
            "(queue_name, task_name, status, queueing_lock, args) "
            "VALUES ('default', 'articles.tasks.make_renditions', "
            "%s::procrastinate_job_status, %s, '{\"image_id\": 7}') RETURNING id",
            [status, queueing_lock],
        )
        return cursor.fetchone()[0]


def try_again(client, *numbers):
    return client.post(
        LIST, {"action": "try_again", "_selected_action": numbers}, follow=True
    )


def test_publishers_read_what_failed_and_with_what(sign_in):
    number = job()
    client = sign_in(make.publisher())

    listed = client.get(f"{LIST}?status=failed").content.decode()
    page = client.get(
        reverse("admin:procrastinate_procrastinatejob_change", args=[number])
    )

    assert "articles.tasks.make_renditions" in listed
    assert "image_id" in listed
    assert "Failed" in page.content.decode()


@pytest.mark.parametrize(
    "role", [role for role in roles.TABLE if role != roles.PUBLISHERS]
)
def test_others_do_not(sign_in, role):
    assert sign_in(make.user(role)).get(LIST).status_code == 403


def test_a_failed_job_is_tried_again(sign_in):
    number = job()

    page = try_again(sign_in(make.publisher()), number)

    assert ProcrastinateJob.objects.get(pk=number).status == "todo"
    assert "1 job waits" in page.content.decode()


def test_a_job_that_is_done_is_not_done_again(sign_in):
    number = job("succeeded")

    try_again(sign_in(make.publisher()), number)

    assert ProcrastinateJob.objects.get(pk=number).status == "succeeded"


def test_a_job_whose_like_waits_is_left_and_the_others_are_tried(sign_in):
    job("todo", queueing_lock="once")
    same, other = job(queueing_lock="once"), job()

    page = try_again(sign_in(make.publisher()), same, other)

    assert ProcrastinateJob.objects.get(pk=same).status == "failed"
    assert ProcrastinateJob.objects.get(pk=other).status == "todo"
    assert "1 job waits" in page.content.decode()


def test_nobody_writes_jobs_by_hand(sign_in):
    number = job()
    client = sign_in(make.superuser())

    for page in ("add/", f"{number}/delete/"):
        assert client.post(f"{LIST}{page}", {"post": "yes"}).status_code == 403
    page = client.get(LIST).content.decode()
    assert 'value="try_again"' in page
    assert 'value="cancel"' not in page


def test_the_list_needs_as_many_queries_for_many_jobs(
    sign_in, django_assert_max_num_queries
):
    client = sign_in(make.publisher())
    for _ in range(20):
        job()

    with django_assert_max_num_queries(25):
        client.get(LIST)
