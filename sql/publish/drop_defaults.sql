DELETE FROM {schema}.default_recommendation AS list
WHERE NOT EXISTS (SELECT FROM batchrec.kept_publication AS kept WHERE kept.run_id = list.run_id AND kept.variant = list.variant);
