"""Which article has which tag."""


class TagIndex:
    def __init__(self):
        self._articles = {}

    def add(self, article, tags):
        for tag in tags:
            self._articles.setdefault(tag, set()).add(article)

    def find(self, *tags):
        """Return the articles that have all the tags, sorted."""
        sets = [self._articles.get(tag, set()) for tag in tags]
        return sorted(set.intersection(*sets)) if sets else []

    def cloud(self, minimum=1):
        """Return `{tag: articles}` for tags on at least `minimum` articles."""
        sizes = {tag: len(articles) for tag, articles in self._articles.items()}
        return {tag: size for tag, size in sorted(sizes.items()) if size >= minimum}
