using BatchRec.Interactions;

namespace BatchRec.Train;

/// <summary>
/// Trainings that differ by their seed alone, one after another (<c>Train:Members</c>): the mean of their scores errs less than any of them, since what each makes of chance
/// differs (Lakshminarayanan, Pritzel, Blundell, "Simple and scalable predictive uncertainty estimation using deep ensembles", 2017).
/// </summary>
public static class Ensemble
{
    /// <summary>Keeps members' seeds apart from those that are counted up elsewhere.</summary>
    private const ulong SeedStep = 1_000_000;

    /// <inheritdoc cref="Training.Run"/>
    /// <returns>a result a member; the first is that of a training without others</returns>
    public static IReadOnlyList<TrainingResult> Run(
        Sequences train, ValidationSet validation, TrainOptions options, ulong seed, string checkpointFolder, IProgress<TrainProgress>? progress, CancellationToken ct)
    {
        var made = new List<TrainingResult>();
        while (made.Count < options.Members)
        {
            var own = OneOf(options) with { MaxMinutes = MinutesOfNext(options, made.Count, made.Sum(member => member.Seconds)) };
            made.Add(Training.Run(train, validation, own, SeedOf(seed, made.Count), FolderOf(checkpointFolder, made.Count), Following(progress, options.Members, made.Count), ct));
        }
        return made;
    }

    /// <param name="schedules">(members) <see cref="TrainingResult.BestEpoch"/> and <see cref="TrainingResult.BestIsAveraged"/></param>
    /// <inheritdoc cref="Training.Refit"/>
    /// <returns>a result a member</returns>
    public static IReadOnlyList<TrainingResult> Refit(
        Sequences train, TrainOptions options, ulong seed, IReadOnlyList<(int Epochs, bool Averaged)> schedules, string checkpointFolder, IProgress<TrainProgress>? progress, CancellationToken ct)
    {
        var made = new List<TrainingResult>();
        foreach (var (epochs, averaged) in schedules)
            made.Add(Training.Refit(train, OneOf(options), SeedOf(seed, made.Count), epochs, averaged, FolderOf(checkpointFolder, made.Count), Following(progress, schedules.Count, made.Count), ct));
        return made;
    }

    /// <summary>A member is trained as if it were alone.</summary>
    private static TrainOptions OneOf(TrainOptions options) => options with { Members = 1 };

    private static ulong SeedOf(ulong seed, int member) => unchecked(seed + (ulong)member * SeedStep);

    private static string FolderOf(string folder, int member) => member == 0 ? folder : Directory.CreateDirectory(Path.Combine(folder, $"member-{member + 1}")).FullName;

    /// <summary>An even share of what the members before have left; 0: no limit.</summary>
    /// <param name="made">members before</param>
    /// <param name="seconds">that they took together</param>
    internal static double MinutesOfNext(TrainOptions options, int made, double seconds) =>
        options.MaxMinutes == 0 ? 0 : Math.Max(1e-3, options.MaxMinutes - seconds / 60) / (options.Members - made);

    private static FollowingMember? Following(IProgress<TrainProgress>? progress, int members, int before) =>
        progress is null ? null : new FollowingMember(progress, members, before);

    /// <summary>Members' epochs counted on: the second member's first comes after the last of the first's schedule.</summary>
    private sealed class FollowingMember(IProgress<TrainProgress> progress, int members, int before) : IProgress<TrainProgress>
    {
        public void Report(TrainProgress value) => progress.Report(value with { Epoch = before * value.Epochs + value.Epoch, Epochs = members * value.Epochs });
    }
}
