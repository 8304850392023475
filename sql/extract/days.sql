-- Rows of each UTC day, so that slices are whole days of about equal size; and those whose time can't be, which no slice returns.
SELECT fault, day, count(*)
FROM (SELECT CASE
               WHEN instant IS NULL THEN 'time is null'
               WHEN instant < timestamptz 'epoch' THEN 'time is before 1970'
               WHEN instant >= greatest({until}, now()) THEN 'time is in the future'
             END AS fault,
             CASE
               WHEN instant >= timestamptz 'epoch' AND instant < {until} THEN floor(extract(epoch FROM instant) / 86400)::bigint
             END AS day
      FROM (SELECT "time"::timestamptz AS instant FROM (
{query}
) source) instants) days
WHERE fault IS NOT NULL OR day IS NOT NULL
GROUP BY fault, day
ORDER BY day
