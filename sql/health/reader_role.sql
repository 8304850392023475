-- Whether readers have, or can be given, the role that is granted the views.
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = @reader) AS there,
       (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) AS CanCreate,
       current_user::text AS role;
