import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderListing, tagsInUse } from './src/listing.js';
test('tags are listed once', () => {
  assert.deepEqual(tagsInUse(), ['crockery', 'organic', 'tea']);
});
test('pages still show', () => {
  assert.match(renderListing(3), /Plum jam/);
});
