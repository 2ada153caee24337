# SPDX-License-Identifier: MIT
"""Where is my parcel? Version 1 looks it up."""
import json

RELEASE = '1'
PLACES = ('warehouse', 'harbour', 'sorting office', 'van', 'your neighbour')


class Parcel:
    def __init__(self, number):
        self.number = number
        self.stops = [PLACES[(number + i) % len(PLACES)] for i in range(1 + number % 4)]


class Tracker:
    def __init__(self, count):
        self.parcels = {number: Parcel(number) for number in range(count)}

    def answer(self, number, request_id):
        parcel = self.parcels.get(number)
        if parcel is None:
            return None
        return json.dumps({'parcel': number, 'stops': parcel.stops, 'request': request_id})


tracker = Tracker(2000)
