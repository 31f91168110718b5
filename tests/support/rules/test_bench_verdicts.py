"""The figure of the bench stands for verdicts of many kinds, not for the quickest one."""

from collections import Counter

from bench.verdicts import MANY, facts
from support.rules.verdict import slug_of


def test_the_bench_judges_failures_of_many_kinds():
    slugs = Counter(slug_of(one) for one in facts())

    assert slugs.total() == MANY
    assert len(slugs) >= 12
    assert slugs.most_common(1)[0][1] < MANY / 2
