# SPDX-License-Identifier: MIT
"""Where is my parcel? Version 2 keeps the texts of the last 500 parcels that were asked for."""
import collections
import json

RELEASE = '2'
PLACES = ('warehouse', 'harbour', 'sorting office', 'van', 'your neighbour')


class Parcel:
    def __init__(self, number):
        self.number = number
        self.stops = [PLACES[(number + i) % len(PLACES)] for i in range(1 + number % 4)]


class Tracker:
    def __init__(self, count):
        self.parcels = {number: Parcel(number) for number in range(count)}
        self.texts = collections.OrderedDict()

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
        text = self.text(number)
        return text and text[:-1] + ', "request": "%s"}' % request_id


tracker = Tracker(2000)
