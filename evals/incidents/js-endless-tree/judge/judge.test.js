import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breadcrumb } from './src/categories.js';
test('cycles are cut', () => {
  assert.match(breadcrumb('tea', new Map([['tea', 'drinks'], ['drinks', 'tea']])), /tea$/);
});
test('trees are whole', () => {
  assert.equal(breadcrumb('c', new Map([['c', 'b'], ['b', 'a']])), 'a > b > c');
});
