import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentOf } from './src/money.js';
test('halves are rounded up', () => {
  assert.equal(percentOf(390, 5), 20);
  assert.equal(percentOf(3200, 5), 160);
});
