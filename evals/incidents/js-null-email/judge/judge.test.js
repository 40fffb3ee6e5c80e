import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mailFor } from './src/mailer.js';
test('guests have no address', () => {
  assert.equal(mailFor({ number: 'I-7', amount: '1' }, { email: null }).to, null);
  assert.equal(mailFor({ number: 'I-7', amount: '1' }, { email: 'A@X' }).to, 'a@x');
});
