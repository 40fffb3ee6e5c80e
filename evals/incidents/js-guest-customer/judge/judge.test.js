import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cart } from './src/cart.js';
import { placeOrder } from './src/orders.js';
test('guests can buy', async () => {
  const order = await placeOrder(new Cart().add('tea-01'), 'nobody');
  assert.equal(order.totalCents, 450);
  assert.equal(order.customer.name, 'Guest');
});
test('customers keep their discount', async () => {
  const order = await placeOrder(new Cart().add('tea-01', 2), 'c-1');
  assert.equal(order.totalCents, 855);
});
