-- Rows whose time can't be; two ranges that an index finds empty as a rule.
SELECT fault, count(*)
FROM (SELECT CASE WHEN "time" IS NULL THEN 'time is null' WHEN "time"::timestamptz < timestamptz 'epoch' THEN 'time is before 1970' END AS fault
      FROM (
{past}
) past
      UNION ALL
      SELECT CASE WHEN "time"::timestamptz >= greatest({until}, now()) THEN 'time is in the future' END
      FROM (
{future}
) future) faults
WHERE fault IS NOT NULL
GROUP BY fault
ORDER BY fault
