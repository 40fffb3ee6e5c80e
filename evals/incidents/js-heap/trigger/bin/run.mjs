import { toCsv } from '../src/exports.js';
const kept = [];
for (;;) {
  kept.push(toCsv(Array.from({ length: 2000 }, (_, n) => ({ number: n, placedAt: new Date(n), customer: { id: `c-${n}` }, totalCents: n }))));
}
