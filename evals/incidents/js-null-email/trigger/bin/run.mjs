import { findCustomer } from '../src/customers.js';
import { mailFor } from '../src/mailer.js';
console.log(mailFor({ number: 'I-7', amount: '1.00 EUR' }, findCustomer('nobody')));
