import time

import pytest
from allauth.mfa.totp.internal import auth as totp
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob


@pytest.fixture
def do_jobs(db):
    """Does what waits for a worker, in the test's own transaction."""
    done = set()

    def do_jobs():
        for job in ProcrastinateJob.objects.filter(status="todo").order_by("pk"):
            if job.pk not in done:
                done.add(job.pk)
                app.tasks[job.task_name](**job.args)

    return do_jobs


@pytest.fixture
def require_second_factor(settings):
    settings.SECOND_FACTOR_REQUIRED = True


def code_of_the_app(secret):
    """What an authenticator app shows now."""
    counter = int(time.time()) // 30
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def wait_for_a_fresh_code():
    """A code's half minute may end between two requests: begin well before."""
    left = 30 - time.time() % 30
    if left < 3:
        time.sleep(left)
