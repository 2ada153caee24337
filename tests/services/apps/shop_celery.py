# SPDX-License-Identifier: MIT
"""Tasks: with LEAK=1 each result is kept by a registry of the class, for ever."""
import os

import celery
import heapsnap.celery

LEAK = os.environ.get('LEAK') == '1'

app = celery.Celery('shop_celery', broker=os.environ['HEAPSNAP_TEST_BROKER'],
                    backend=os.environ['HEAPSNAP_TEST_BROKER'])
app.conf.update(worker_prefetch_multiplier=1, broker_connection_retry_on_startup=True)
heapsnap.celery.install(os.environ['HEAPSNAP_TEST_FOLDER'], sample=0.5, label='mailer', max_files=100)


class Mail:
    def __init__(self, number):
        self.number = number
        self.body = ['mail %d' % number] * 3


class Outbox:
    _sent = {}

    @classmethod
    def send(cls, mail):
        cls._sent[str(mail.number)] = mail
        if not LEAK:
            cls._sent.pop(str(mail.number))


@app.task
def send_mail(number):
    Outbox.send(Mail(number))
    return os.getpid()
