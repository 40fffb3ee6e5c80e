import { discounted, type Line } from "./pricing";

export function total(lines: Line[]): number {
  let sum = 0;
  for (const line of lines) {
    sum += discounted(line);
  }
  return sum;
}
console.log(total(JSON.parse(process.argv[2] ?? '[{"price": 3}]')));
