import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Cart } from '../src/cart.js';

test('a cart adds up its lines', () => {
  assert.equal(new Cart().add('tea-01', 2).add('cup-01').subtotal(), 1800);
});

test('a discount is taken off', () => {
  assert.equal(new Cart().add('pot-01').total(5), 3040);
});
