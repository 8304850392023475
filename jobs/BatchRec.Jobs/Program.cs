using BatchRec;
using BatchRec.Jobs.Cli;
using BatchRec.Jobs.Steps;

return await CommandLine.RunAsync(args, new StepWork(
    Night.RunAsync, InChild: Night.HoldsData, OnGpu: (step, options) => Night.NeedsTorch(step) && options.Train.Device == "cuda", SeedOf: options => (long)options.Train.Seed)
{
    IsShared = Night.IsShared, AssistAsync = Night.AssistAsync,
});
