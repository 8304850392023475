SELECT EXISTS (SELECT FROM {schema}.recommendations_by_user WHERE user_id = @user::{user_id});
