import type { Voucher } from "./types.ts";

const VOUCHERS: Voucher[] = [
  { code: "SPRING", percent: 10, until: "2026-05-31" },
  { code: "STAFF", percent: 25, until: "2030-12-31" },
];

/** The voucher of a code, as customers type it. */
export function findVoucher(code: string): Voucher | undefined {
  const wanted = code.trim().toUpperCase();
  return VOUCHERS.find((voucher) => voucher.code === wanted);
}

export function isValid(voucher: Voucher, today: string): boolean {
  return today <= voucher.until;
}
