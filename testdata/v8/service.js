// SPDX-License-Identifier: MIT
// A web service that never forgets a session: node --heapsnapshot-signal=SIGUSR2 service.js
'use strict';
const http = require('http');

class Session {
  constructor(number) {
    this.number = number;
    this.notes = ['note ' + number, { seen: Date.now() }];
  }
}

const sessions = new Map();
let recent = [];

const server = http.createServer((request, response) => {
  const session = new Session(sessions.size);
  sessions.set('session-' + sessions.size, session);
  recent = [session, ...recent].slice(0, 10);
  response.end(String(sessions.size));
});

server.listen(0, '127.0.0.1', () => console.log(server.address().port));
