-- Without items.sql nothing is known about items, and all of them are available.
DELETE FROM {schema}.item;
