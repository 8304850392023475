using System.Data;
using Dapper;

namespace BatchRec.Runs;

/// <summary>Dapper's mapping of <see cref="RunId"/> to text columns and parameters.</summary>
internal sealed class RunIdColumn : SqlMapper.TypeHandler<RunId>
{
    public override RunId Parse(object value) => RunId.Parse((string)value);

    public override void SetValue(IDbDataParameter parameter, RunId value) => parameter.Value = value.Value;
}
