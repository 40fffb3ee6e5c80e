import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cheapestArticle, listArticles } from './src/catalog.js';
test('the order stays', () => {
  assert.equal(cheapestArticle().id, 'tea-02');
  assert.equal(listArticles()[0].id, 'tea-01');
});
