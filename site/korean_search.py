"""Full-text search in English and Korean, on the search that Sphinx brings along (no server, also from `file://`).

A Korean word appears with its particles and endings attached: 역전파 as 역전파를, 역전파의, 역전파에서는. The index therefore
holds every beginning of a Korean word, and what the reader types loses a particle at its end. Where Korean follows Latin
letters (ReLU는), a new word begins. Spaces between nouns are optional, so 경사 하강 is also indexed as 경사하강. The number
of a question, 18-0, is a word.
"""

import re

from sphinx.search.en import SearchEnglish

PARTICLES = (
    "은 는 이 가 을 를 의 에 로 와 과 도 만 란 나 에서 에는 에게 으로 까지 부터 처럼 보다 마다 이나 이란 라는 이라 에서는 에서의 에서도 "
    "으로는 으로써 으로서 이라는 까지의 한다 하다 하는 하면 하고 하기 해서 된다 되다 되는 되면 합니다 됩니다 입니다 이다 일까 인가 인가요 은요 는요"
).split()
# The same for Python and for JavaScript.
PARTICLE = "(?<=[가-힣][가-힣])(?:%s)$" % "|".join(sorted(PARTICLES, key=len, reverse=True))
WORD = r"\b\d\d-\d\b|[가-힣]+|[^\W가-힣]+"
SPLIT_QUERY = """
var particle = /%s/u;
var splitQuery = (query) =>
  (query.match(/\\b\\d\\d-\\d\\b|[가-힣]+|(?:(?![가-힣])[\\p{L}\\p{N}_])+/gu) || []).map((word) => word.replace(particle, ""));

// Sphinx takes a word of up to two letters for optional. Half of the Korean ones are so short, and all are meant.
if (typeof Search === "object") {
  const withSome = Search.performTermsSearch;
  Search.performTermsSearch = (words, excluded) => {
    const pages = [...words].map((word) => new Set(withSome(new Set([word]), excluded).map(([page]) => page)));
    return withSome(words, excluded).filter(([page]) => pages.every((found) => found.has(page)));
  };
}
""" % PARTICLE


def is_korean(word):
    return "가" <= word[0] <= "힣"


class SearchKorean(SearchEnglish):
    """English as Sphinx does it; beginnings of words in Korean."""

    lang = "ko"
    js_splitter_code = SPLIT_QUERY
    stopwords = SearchEnglish.stopwords | set(PARTICLES)

    def split(self, text):
        before = ""
        for word in re.findall(WORD, text):
            yield word
            korean = word if is_korean(word) else ""
            yield from (korean[:length] for length in range(2, len(korean)))
            if before and korean:
                yield before + re.sub(PARTICLE, "", korean)
            before = korean

    def stem(self, word):
        return word if is_korean(word) else super().stem(word)


def setup(app):
    app.add_search_language(SearchKorean)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
