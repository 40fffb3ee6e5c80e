import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Mailer } from './src/mailer.js';
test('all mails go out', () => {
  const out = [];
  const mailer = new Mailer((mail) => out.push(mail.to));
  assert.deepEqual(mailer.sendAll([{ to: 'a' }, { to: 'b' }]), ['a', 'b']);
  assert.deepEqual(mailer.sent, ['a', 'b']);
  assert.deepEqual(out, ['a', 'b']);
});
