"""Names the jobs; the work is in the modules named for it. Each may run twice."""

from procrastinate.contrib.django import app

from newsroom.support import webhooks
from newsroom.support.appeals import progress
from newsroom.support.books import reconciling, recurring, refunds
from newsroom.support.checkout import giving
from newsroom.support.mails import instructions, letters
from newsroom.support.payments import sandbox_events
from newsroom.support.people import care


@app.task(queue="support")
def deliver_letter(letter_key: str) -> None:
    letters.deliver(letter_key)


@app.periodic(cron="* * * * *")
@app.task(queue="support", queueing_lock="deliver_due_giver_letters")
def deliver_due_giver_letters(timestamp: int) -> None:
    letters.deliver_due()


@app.periodic(cron="17 3 * * *")
@app.task(queue="support", queueing_lock="forget_givers_traces")
def forget_givers_traces(timestamp: int) -> None:
    care.forget()


@app.task(queue="support")
def deliver_sandbox_event(number: int) -> None:
    sandbox_events.deliver(number)


@app.periodic(cron="37 * * * *")
@app.task(queue="support", queueing_lock="forget_presses")
def forget_presses(timestamp: int) -> None:
    giving.forget_presses()


@app.task(queue="support")
def mail_instructions(contribution_id: int) -> None:
    instructions.mail(contribution_id)


@app.task(queue="support")
def apply_event(event_id: int) -> None:
    webhooks.apply(event_id)


@app.periodic(cron="* * * * *")
@app.task(queue="support", queueing_lock="apply_due_events")
def apply_due_events(timestamp: int) -> None:
    webhooks.apply_due()


@app.task(queue="support")
def carry_out_refund(order_id: int) -> None:
    refunds.carry_out(order_id)


@app.periodic(cron="* * * * *")
@app.task(queue="support", queueing_lock="carry_out_due_refunds")
def carry_out_due_refunds(timestamp: int) -> None:
    refunds.carry_out_due()


@app.task(queue="support")
def end_refused_now() -> None:
    recurring.end_refused()


@app.periodic(cron="* * * * *")
@app.task(queue="support", queueing_lock="end_refused_gifts")
def end_refused_gifts(timestamp: int) -> None:
    recurring.end_refused()


@app.periodic(cron="7 5 * * *")
@app.task(queue="support", queueing_lock="warn_of_cards")
def warn_of_cards(timestamp: int) -> None:
    recurring.warn_of_cards()


@app.periodic(cron="33 2 * * *")
@app.task(queue="support", queueing_lock="compare_books")
def compare_books(timestamp: int) -> None:
    reconciling.compare_all()


@app.periodic(cron="*/2 * * * *")
@app.task(queue="support", queueing_lock="count_up_campaigns")
def count_up_campaigns(timestamp: int) -> None:
    progress.count_up()
