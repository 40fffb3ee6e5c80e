import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isoDate, parseDate } from './src/dates.js';
test('what is written is read', () => {
  assert.equal(isoDate(parseDate('2026-05-04')), '2026-05-04');
});
