# SPDX-License-Identifier: MIT
"""A Django application in one file: every visit is kept by a dict of the module, if LEAK=1."""
import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

LEAK = os.environ.get('LEAK') == '1'
KEPT_AT_MOST = 20

settings.configure(
    DEBUG=False, ALLOWED_HOSTS=['*'], ROOT_URLCONF=__name__, SECRET_KEY='of a test', DATABASES={},
    INSTALLED_APPS=[], MIDDLEWARE=['heapsnap.django.Middleware'],
    HEAPSNAP={'directory': os.environ['HEAPSNAP_TEST_FOLDER'], 'install': {'label': 'shop'},
              'sample': 0.2, 'debug_token': os.environ['HEAPSNAP_TEST_TOKEN']})


class Visit:
    def __init__(self, number, agent):
        self.number = number
        self.agent = agent
        self.basket = []


class Visits:
    """Meant to bound what it keeps, and does not when it leaks."""

    def __init__(self):
        self._recent = {}

    def remember(self, visit):
        self._recent['visit %d %d' % (visit.number, len(self._recent))] = visit
        if not LEAK and len(self._recent) > KEPT_AT_MOST:
            del self._recent[next(iter(self._recent))]


visits = Visits()


def item(request, number):
    visits.remember(Visit(number, request.META.get('HTTP_USER_AGENT', '') + str(number)))
    return JsonResponse({'pid': os.getpid(), 'kept': len(visits._recent)})


urlpatterns = [path('item/<int:number>', item)]
django.setup()
application = get_wsgi_application()
