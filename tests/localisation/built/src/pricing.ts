export interface Line {
  price: number;
  discount?: { percent: number };
}

export function discounted(line: Line): number {
  return line.price * (1 - line.discount!.percent / 100);
}
