import { Cart } from '../src/cart.js';
import { placeOrder } from '../src/orders.js';
const order = await placeOrder(new Cart().add('jam-01'), 'c-2');
console.log(order.missing);
