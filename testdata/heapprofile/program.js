// SPDX-License-Identifier: MIT
// Keeps a few known arrays under V8's sampling heap profiler: node program.js OUT
const inspector = require('inspector');
const fs = require('fs');

const session = new inspector.Session();
const kept = [];

function load(count) {
  for (let i = 0; i < count; i++) kept.push(new Array(1000).fill(i));
}

function sessions() {
  load(50);
  kept.push({ names: Array.from({ length: 2000 }, (_, i) => 'name' + i) });
}

session.connect();
session.post('HeapProfiler.startSampling', { samplingInterval: 4096 });
sessions();
load(200);
session.post('HeapProfiler.getSamplingProfile', (error, { profile }) => {
  fs.writeFileSync(process.argv[2], JSON.stringify(profile));
});
