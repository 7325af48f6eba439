-- Turns in the order of their ends, for memory to follow.
CREATE INDEX turn_ended ON turn (last_entry) WHERE last_entry IS NOT NULL;
