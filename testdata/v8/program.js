// SPDX-License-Identifier: MIT
// A program that leaks sessions: node program.js FOLDER writes plain.heapsnapshot, and with
// allocation stacks tracked.heaptimeline.
'use strict';
const fs = require('fs');
const inspector = require('inspector');
const path = require('path');
const v8 = require('v8');

class Session {
  constructor(number) {
    this.user = { number, name: 'user' + number };
    this.token = 'token-' + number;
  }
}

const service = { sessions: new Map(), order: [], seen: new WeakMap(), pattern: /ab+/g, big: 10n ** 20n };
globalThis.service = service;

function handle(number) {
  const session = new Session(number);
  service.sessions.set('key' + number, session);
  if (number % 4 === 0) {
    service.order.push(() => session);
    service.seen.set(session, { at: number });
  }
}

function writeTracked(file) {
  const session = new inspector.Session();
  const out = fs.openSync(file, 'w');
  session.connect();
  session.on('HeapProfiler.addHeapSnapshotChunk', (m) => fs.writeSync(out, m.params.chunk));
  session.post('HeapProfiler.startTrackingHeapObjects', { trackAllocations: true });
  for (let i = 100; i < 112; i++) handle(i);
  session.post('HeapProfiler.stopTrackingHeapObjects', { reportProgress: false });
  session.disconnect();
  fs.closeSync(out);
}

for (let i = 0; i < 12; i++) handle(i);
v8.writeHeapSnapshot(path.join(process.argv[2], 'plain.heapsnapshot'));
writeTracked(path.join(process.argv[2], 'tracked.heaptimeline'));
