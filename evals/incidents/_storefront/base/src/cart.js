import { findArticle } from './catalog.js';
import { percentOf } from './money.js';

export class Cart {
  constructor() {
    this.lines = [];
  }

  add(articleId, quantity = 1) {
    const article = findArticle(articleId);
    this.lines.push({ article, quantity });
    return this;
  }

  subtotal() {
    return this.lines.reduce((sum, line) => sum + line.article.cents * line.quantity, 0);
  }

  total(discountPercent) {
    const subtotal = this.subtotal();
    return subtotal - percentOf(subtotal, discountPercent);
  }
}
