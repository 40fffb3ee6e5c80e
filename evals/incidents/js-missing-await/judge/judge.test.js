import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cart } from './src/cart.js';
import { placeOrder } from './src/orders.js';
test('missing articles are named', async () => {
  const order = await placeOrder(new Cart().add('jam-01').add('tea-01'), 'c-2');
  assert.deepEqual(order.missing, ['jam-01']);
});
