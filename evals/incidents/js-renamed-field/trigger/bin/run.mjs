import { Cart } from '../src/cart.js';
import { placeOrder } from '../src/orders.js';
import { toCsv } from '../src/exports.js';
const order = await placeOrder(new Cart().add('tea-01'), 'c-1');
console.log(toCsv([order]));
