/** Amounts are whole cents; only what people read has a decimal point. */
export function formatCents(cents, currency = 'EUR') {
  return `${(cents / 100).toFixed(2)} ${currency}`;
}

export function percentOf(cents, percent) {
  return Math.round((cents * percent) / 100);
}
