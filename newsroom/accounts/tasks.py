"""Names the jobs that mail people about their accounts. Each may run twice."""

from datetime import datetime

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from newsroom.accounts import letters

AGAIN = RetryStrategy(max_attempts=5, exponential_wait=4)


@app.task(queue="mail", retry=AGAIN)
def mail_password_link(user_id: int) -> None:
    letters.mail_link(user_id)


@app.task(queue="mail", retry=AGAIN)
def mail_notice(user_id: int, template_prefix: str, at: str) -> None:
    letters.mail_notice(user_id, template_prefix, datetime.fromisoformat(at))
