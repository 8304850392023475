-- Template: what readers may do, and nothing else.
GRANT USAGE ON SCHEMA {schema} TO {reader};
GRANT SELECT ON {schema}.recommendations, {schema}.recommendations_by_user, {schema}.default_recommendations, {schema}.items, {schema}.publication_status TO {reader};
GRANT EXECUTE ON FUNCTION {schema}.recommend({user_id}, integer) TO {reader};
