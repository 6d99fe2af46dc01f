"""Names the site's housekeeping; the work is in ``jobs``. Each may run twice."""

from procrastinate import JobContext
from procrastinate.contrib.django import app

from newsroom.core import jobs


# The sixth field is seconds. No lock but the queueing lock: a lock would be held for
# ever by a run whose worker was killed.
@app.periodic(cron="* * * * * */10")
@app.task(queue=jobs.UPKEEP, queueing_lock="take_up_stalled_jobs", pass_context=True)
async def take_up_stalled_jobs(context: JobContext, timestamp: int) -> None:
    await jobs.take_up_stalled(context.app)
    await jobs.delete_finished_upkeep(context.app)


@app.periodic(cron="17 3 * * *")
@app.task(queue=jobs.UPKEEP, queueing_lock="delete_finished_jobs", pass_context=True)
async def delete_finished_jobs(context: JobContext, timestamp: int) -> None:
    await jobs.delete_finished(context.app)
