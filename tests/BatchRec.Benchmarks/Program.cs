using BatchRec;
using BatchRec.Benchmarks;

// Measurements that a person starts: `ops/bench.sh NAME …`.
try
{
    switch (args)
    {
        case ["train-step", .. var rest]:
            TrainStep.Run(Arguments.Parse(rest));
            return 0;
        case ["train-growth", .. var rest]:
            TrainGrowth.Run(Arguments.Parse(rest));
            return 0;
        case ["train-bf16", .. var rest]:
            TrainPrecision.Run(Arguments.Parse(rest));
            return 0;
        case ["train-features", .. var rest]:
            TrainFeatures.Run(Arguments.Parse(rest));
            return 0;
        case ["extract", .. var rest]:
            ExtractRows.Run(Arguments.Parse(rest));
            return 0;
        case ["publish", .. var rest]:
            PublishRows.Run(Arguments.Parse(rest));
            return 0;
        case ["ml1m-loo", .. var rest]:
            LeaveOneOut.Run(Arguments.Parse(rest));
            return 0;
        case ["train-to-quality", .. var rest]:
            TrainToQuality.Run(Arguments.Parse(rest));
            return 0;
        case ["top-n", .. var rest]:
            TopNSearch.Run(Arguments.Parse(rest));
            return 0;
        case ["reasons", .. var rest]:
            ReasonsCost.Run(Arguments.Parse(rest));
            return 0;
        case ["blend", .. var rest]:
            BlendNight.Run(Arguments.Parse(rest));
            return 0;
        default:
            Console.Error.WriteLine("""
                usage: ops/bench.sh train-step [--rounds N] [--seeds N] [--threads N] [--data FILE]
                       ops/bench.sh train-to-quality [--seed N] [--threads N] [--data FILE] [--MaxEpochs 30 and any other option of the section Train]
                       ops/bench.sh train-growth [--rounds N] [--threads N] [--users N]
                       ops/bench.sh train-bf16 [--rounds N] [--heads N] [--threads N] [--data FILE]
                       ops/bench.sh train-features [--rounds N] [--steps N] [--threads N] [--data FOLDER]
                       ops/bench.sh extract [--rounds N] [--events N]
                       ops/bench.sh publish [--rounds N] [--users N]
                       ops/bench.sh top-n [--rounds N] [--threads N] [--users N] [--items N] [--dimensions D] [--n N] [--vectors gaussian,unit,clustered] [--kinds Quad512,Byte512,Float512,Float] [--no-peers] [--no-product]
                       ops/bench.sh reasons [--rounds N] [--users N] [--items N] [--dimensions D] [--places N] [--because N]
                       ops/bench.sh blend [--users N] [--items N] [--events N] [--dimensions D] [--what fits,evaluate,lists] [--lists N] [--dense N]
                       ops/bench.sh ml1m-loo [--seed N] [--minutes M] [--data FILE] [--folder DIR] [--no-test] [--Dimensions 64 and any other option of the section Train]
                """);
            return 2;
    }
}
catch (BatchRecException fault)
{
    Console.Error.WriteLine(fault.Message);
    return 2;
}
