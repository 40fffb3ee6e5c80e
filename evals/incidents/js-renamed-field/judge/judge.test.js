import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cart } from './src/cart.js';
import { placeOrder } from './src/orders.js';
import { toCsv } from './src/exports.js';
test('exports have dates', async () => {
  const order = await placeOrder(new Cart().add('tea-01'), 'c-1');
  assert.match(toCsv([order]), /;2026-05-04;c-1;/);
});
