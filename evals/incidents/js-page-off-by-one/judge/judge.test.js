import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageOf } from './src/pages.js';
test('pages count from one', () => {
  assert.deepEqual(pageOf([1, 2, 3], 1, 2).items, [1, 2]);
  assert.deepEqual(pageOf([1, 2, 3], 2, 2).items, [3]);
});
