import { checkout } from "./checkout.ts";

export { checkout } from "./checkout.ts";
export { findVoucher } from "./vouchers.ts";
export { discount, total } from "./pricing.ts";

if (process.argv[2]) {
  console.log(JSON.stringify(checkout(JSON.parse(process.argv[2]))));
}
