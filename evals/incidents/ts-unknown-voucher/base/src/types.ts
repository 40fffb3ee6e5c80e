export interface Article {
  sku: string;
  cents: number;
}

export interface Line {
  article: Article;
  quantity: number;
}

export interface Voucher {
  code: string;
  percent: number;
  until: string;
}

export interface Basket {
  lines: Line[];
  country: string;
  voucher?: Voucher;
}
