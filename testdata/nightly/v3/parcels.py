# SPDX-License-Identifier: MIT
"""Where is my parcel? Version 3 gives a request that is tried again the same answer."""
import collections
import json

RELEASE = '3'
PLACES = ('warehouse', 'harbour', 'sorting office', 'van', 'your neighbour')


class Parcel:
    def __init__(self, number):
        self.number = number
        self.stops = [PLACES[(number + i) % len(PLACES)] for i in range(1 + number % 4)]


class Request:
    def __init__(self, request_id, number):
        self.request_id = request_id
        self.number = number
        self.answer = None


class Answer:
    def __init__(self, request, text):
        self.request = request
        self.text = text
        request.answer = self


class Tracker:
    def __init__(self, count):
        self.parcels = {number: Parcel(number) for number in range(count)}
        self.texts = collections.OrderedDict()
        self.answers = {}

    def text(self, number):
        text = self.texts.get(number)
        if text is None:
            parcel = self.parcels.get(number)
            if parcel is None:
                return None
            text = json.dumps({'parcel': number, 'stops': parcel.stops})
            self.texts[number] = text
            if len(self.texts) > 500:
                self.texts.popitem(last=False)
        return text

    def answer(self, number, request_id):
        answer = self.answers.get(request_id)
        if answer is None:
            text = self.text(number)
            if text is None:
                return None
            request = Request(request_id, number)
            answer = Answer(request, text[:-1] + ', "request": "%s"}' % request_id)
            self.answers[request_id] = answer
        return answer.text


tracker = Tracker(2000)
