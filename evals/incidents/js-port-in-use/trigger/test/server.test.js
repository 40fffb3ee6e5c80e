import assert from 'node:assert/strict';
import http from 'node:http';
import { once } from 'node:events';
import { test } from 'node:test';

const other = http.createServer();
other.listen(18431);
await once(other, 'listening');

test('the health page answers', async (t) => {
  t.after(() => other.close());
  const server = http.createServer((_, response) => response.end('ok'));
  server.listen(18431);
  await once(server, 'listening');
  assert.ok(server.listening);
});
