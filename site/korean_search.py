"""Full-text search in English and Korean, on the search that Sphinx brings along (no server, also from `file://`).

A Korean word appears with its particles and endings attached: 역전파 as 역전파를, 역전파의, 역전파에서는. The index therefore
holds every beginning of a Korean word, and what the reader types loses a particle at its end. Where Korean follows Latin
letters (ReLU는), a new word begins.
"""

import re

from sphinx.search.en import SearchEnglish

PARTICLES = (
    "은 는 이 가 을 를 의 에 로 와 과 도 만 란 나 에서 에는 에게 으로 까지 부터 처럼 보다 마다 이나 이란 라는 이라 에서는 에서의 에서도 "
    "으로는 으로써 으로서 이라는 까지의 한다 하다 하는 하면 하고 하기 해서 된다 되다 되는 되면 합니다 됩니다 입니다 이다 일까 인가 인가요 은요 는요"
).split()
WORD = "[가-힣]+|[^\\W가-힣]+"
SPLIT_QUERY = """
var particle = /(?<=^[가-힣]{2,})(?:%s)$/u;
var splitQuery = (query) =>
  (query.match(/[가-힣]+|[\\p{L}\\p{N}_]+/gu) || [])
    .flatMap((word) => word.match(/[가-힣]+|[^가-힣]+/gu))
    .map((word) => word.replace(particle, ""));
""" % "|".join(sorted(PARTICLES, key=len, reverse=True))


class SearchKorean(SearchEnglish):
    """English as Sphinx does it; beginnings of words in Korean."""

    lang = "ko"
    js_splitter_code = SPLIT_QUERY
    stopwords = SearchEnglish.stopwords | set(PARTICLES)

    def split(self, text):
        for word in re.findall(WORD, text):
            yield word
            if "가" <= word[0] <= "힣":
                yield from (word[:length] for length in range(2, len(word)))

    def stem(self, word):
        return word if "가" <= word[0] <= "힣" else super().stem(word)


def setup(app):
    app.add_search_language(SearchKorean)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
