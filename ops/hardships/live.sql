-- What readers see: which run is live, its users, and a sum over every row.
SELECT (SELECT run_id FROM batchrec.publication_status), count(*), sum(hashtextextended(list::text, 0)) FROM batchrec.recommendations_by_user AS list;
