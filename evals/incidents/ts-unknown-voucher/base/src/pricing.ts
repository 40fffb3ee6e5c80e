import type { Basket, Line } from "./types.ts";

export function lineTotal(line: Line): number {
  return line.article.cents * line.quantity;
}

export function subtotal(basket: Basket): number {
  return basket.lines.reduce((sum, line) => sum + lineTotal(line), 0);
}

/** What the voucher takes off, in whole cents. */
export function discount(basket: Basket): number {
  if (!basket.voucher) {
    return 0;
  }
  return Math.floor((subtotal(basket) * basket.voucher.percent) / 100);
}

export function total(basket: Basket): number {
  return subtotal(basket) - discount(basket);
}
