import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';

import { openPage } from './src/feed.js';
import { announce, watching } from './src/live.js';

class Connection extends EventEmitter {
  sent = [];

  send(text) {
    this.sent.push(text);
  }
}

test('nobody watches once their connection is closed', () => {
  const before = watching();
  for (let visitor = 0; visitor < 30; visitor += 1) {
    const connection = new Connection();
    openPage(connection);
    connection.emit('close');
  }
  assert.equal(watching(), before);
});

test('who is still there is told', () => {
  const connection = new Connection();
  const gone = new Connection();
  openPage(gone, [{ number: 1 }]);
  openPage(connection, [{ number: 5 }]);
  gone.emit('close');
  announce({ number: 8 });
  assert.deepEqual(connection.sent.slice(1), ['order 5', 'order 8']);
  assert.equal(gone.sent.at(-1), 'order 1');
});
