COPY shop.item_incoming (item_id, title, category, price, available) FROM STDIN (FORMAT binary, FREEZE)
