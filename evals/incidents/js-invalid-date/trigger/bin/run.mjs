import { parseDate } from '../src/dates.js';
import { invoiceFor } from '../src/invoices.js';
const order = { number: 7, placedAt: parseDate('2026-05-04'), customer: { name: 'Ida' }, totalCents: 450, lines: [] };
console.log(invoiceFor(order).due);
