COPY shop.interaction_incoming (user_id, item_id, event_type, occurred_at, value, position) FROM STDIN (FORMAT binary, FREEZE)
