import { Cart } from '../src/cart.js';
import { placeOrder } from '../src/orders.js';
const order = await placeOrder(new Cart().add('tea-01'), 'visitor-77');
console.log(order.number);
