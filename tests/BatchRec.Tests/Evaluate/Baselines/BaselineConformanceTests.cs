using BatchRec.Evaluate.Baselines;
using BatchRec.Interactions;
using BatchRec.Recommend;
using BatchRec.Tests.Recommend;

namespace BatchRec.Tests.Evaluate.Baselines;

public class PopularityConformanceTests : RecommenderContract
{
    protected override IRecommender Fit(Sequences train) => Popularity.OfAllTime(train);
}

public class RecentPopularityConformanceTests : RecommenderContract
{
    protected override IRecommender Fit(Sequences train) => Popularity.OfLastDays(train, InlineLog.At(30));
}

// Knows its users' own items, but not whom they resemble.
public class PersonalFrequencyConformanceTests : RecommenderContract
{
    protected override IRecommender Fit(Sequences train) => PersonalFrequency.Fit(train);
}

public class MarkovConformanceTests : Checkerboard
{
    protected override IRecommender Fit(Sequences train) => Markov.Fit(train);
}

public class ItemKnnConformanceTests : Checkerboard
{
    protected override IRecommender Fit(Sequences train) => ItemKnn.Fit(train);
}

public class MarkovKnnConformanceTests : Checkerboard
{
    protected override IRecommender Fit(Sequences train) => new MarkovKnn(Markov.Fit(train), ItemKnn.Fit(train));
}

public class EaseConformanceTests : Checkerboard
{
    protected override IRecommender Fit(Sequences train) => Ease.Fit(train, 100);
}

public class SlitConformanceTests : Checkerboard
{
    protected override IRecommender Fit(Sequences train) => Slit.Fit(train, 100);
}

// An item beyond the limit keeps the score of no evidence, and the rest holds as before.
public class LimitedSlitConformanceTests : RecommenderContract
{
    protected override IRecommender Fit(Sequences train) => Slit.Fit(train, 40);
}
