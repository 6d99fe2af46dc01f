"""Names the jobs; the work is in the modules named for it. Each may run twice."""

from procrastinate.contrib.django import app

from articles import library, orphans, related, renditions


@app.task(queue="pictures", pass_context=False)
def make_renditions(image_id: int) -> None:
    renditions.make(image_id)


@app.task(queue="default")
def compute_read_more(article_id: int) -> None:
    related.compute(article_id)


@app.periodic(cron="7 * * * *")
@app.task(queue="default", queueing_lock="withdraw_ended_licences")
def withdraw_ended_licences(timestamp: int) -> None:
    library.withdraw_ended()


@app.periodic(cron="37 * * * *")
@app.task(queue="default", queueing_lock="sweep_media")
def sweep_media(timestamp: int) -> None:
    for storage, name in orphans.find():
        storage.delete(name)
