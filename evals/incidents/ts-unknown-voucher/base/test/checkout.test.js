import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkout, findVoucher } from '../dist/main.mjs';

const LINES = [{ article: { sku: 'tea-01', cents: 450 }, quantity: 2 }];

test('a basket costs what its lines cost', () => {
  assert.deepEqual(checkout({ lines: LINES, country: 'FI' }), { cents: 900 });
});

test('a voucher takes its part off', () => {
  assert.deepEqual(checkout({ lines: LINES, country: 'FI', code: ' spring ' }), { cents: 810 });
});

test('vouchers are found by their code', () => {
  assert.equal(findVoucher('STAFF').percent, 25);
});
