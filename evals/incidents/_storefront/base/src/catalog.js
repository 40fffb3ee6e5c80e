const ARTICLES = [
  { id: 'tea-01', name: 'Green tea', cents: 450, tags: ['tea', 'organic'] },
  { id: 'tea-02', name: 'Black tea', cents: 390, tags: ['tea'] },
  { id: 'cup-01', name: 'Cup', cents: 900, tags: ['crockery'] },
  { id: 'pot-01', name: 'Tea pot', cents: 3200, tags: ['crockery'] },
  { id: 'jam-01', name: 'Plum jam', cents: 520, tags: ['organic'] },
];

export function listArticles() {
  return ARTICLES;
}

export function findArticle(id) {
  const found = ARTICLES.find((article) => article.id === id);
  if (!found) {
    throw new RangeError(`no article ${id}`);
  }
  return found;
}
