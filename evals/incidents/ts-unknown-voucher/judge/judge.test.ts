import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkout } from './src/checkout.ts';

const LINES = [{ article: { sku: 'tea-01', cents: 450 }, quantity: 2 }];

test('a code that nobody knows takes nothing off', () => {
  assert.deepEqual(checkout({ lines: LINES, country: 'FI', codes: ['SPRNG'] }), { cents: 900 });
});

test('what is known beside it still counts', () => {
  const codes = ['SPRNG', 'spring', 'STAFF'];
  assert.deepEqual(checkout({ lines: LINES, country: 'FI', codes }), { cents: 585 });
});

test('no codes take nothing off', () => {
  assert.deepEqual(checkout({ lines: LINES, country: 'FI' }), { cents: 900 });
});
