-- Proposed from {name}; yours to change, or to delete: without it every item is available and has no title.
--
--   item_id     of the same type as in interactions.sql
--   title       text, optional
--   category    text, optional
--   price       numeric or double, optional
--   available   boolean, optional       false: not to be recommended now; an item without a row here counts as not available
--
-- Every further column is an attribute, kept as text. Those that Train:ItemFeatures names are told the model: one or more values separated by |, or a vector as
-- pgvector writes it. A file users.sql with a column user_id and others does the same for users (Train:UserFeatures).
SELECT {item} AS item_id, {title}::text AS title{category}{price}{available}
FROM {table}
