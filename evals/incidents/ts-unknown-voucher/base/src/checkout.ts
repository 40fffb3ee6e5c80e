import { total } from "./pricing.ts";
import type { Basket, Line } from "./types.ts";
import { findVoucher } from "./vouchers.ts";

export interface Request {
  lines: Line[];
  country: string;
  code?: string;
}

export function basketOf(request: Request): Basket {
  const voucher = request.code ? findVoucher(request.code) : undefined;
  return { lines: request.lines, country: request.country, voucher };
}

export function checkout(request: Request): { cents: number } {
  return { cents: total(basketOf(request)) };
}
