"""Names the jobs; the work is in the modules named for it. Each may run twice."""

from procrastinate.contrib.django import app

from newsroom.core import jobs
from newsroom.newsletters import (
    books,
    bounces,
    imports,
    letters,
    limits,
    mailboxes,
    rules,
    senders,
    sending,
    sign_up,
    subscribers,
)


@app.task(queue="newsletters")
def take_up_request(request_id: int) -> None:
    sign_up.take_up(request_id)


@app.task(queue="newsletters")
def deliver_letter(letter_id: int) -> None:
    letters.deliver(letter_id)


@app.periodic(cron="* * * * *")
@app.task(queue="newsletters", queueing_lock="deliver_due_letters")
def deliver_due_letters(timestamp: int) -> None:
    sign_up.take_up_left_over()
    letters.deliver_due()


# At the beginning of a day (UTC): the keys of the day before go with its counts.
@app.periodic(cron="1 0 * * *")
@app.task(queue="newsletters", queueing_lock="forget_readers_traces")
def forget_readers_traces(timestamp: int) -> None:
    limits.delete_past()
    letters.delete_old()
    subscribers.purge()


@app.task(queue="newsletters")
def work_through_import(import_id: int) -> None:
    imports.work_through(import_id)


@app.periodic(cron="*/5 * * * *")
@app.task(queue="newsletters", queueing_lock="read_bounces")
def read_bounces(timestamp: int) -> None:
    mailboxes.read_regularly()


@app.periodic(cron="47 4 * * *")
@app.task(queue="newsletters", queueing_lock="look_after_bounces")
def look_after_bounces(timestamp: int) -> None:
    bounces.forgive()
    bounces.forget_strangers()


@app.task(queue="newsletters")
def send_issue(issue_id: int) -> None:
    sending.take_turn(issue_id)


@app.periodic(cron="* * * * * */10")
@app.task(queue=jobs.UPKEEP, queueing_lock="send_due_issues")
def send_due_issues(timestamp: int) -> None:
    sending.send_due()


@app.periodic(cron="23 4 * * *")
@app.task(queue="newsletters", queueing_lock="delete_old_deliveries")
def delete_old_deliveries(timestamp: int) -> None:
    books.delete_old()
    senders.forget_old_uses()


@app.periodic(cron="* * * * *")
@app.task(queue="newsletters", queueing_lock="make_due_issues")
def make_due_issues(timestamp: int) -> None:
    rules.make_due()
