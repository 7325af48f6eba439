-- Rows are indexed by the program right after they are stored: a trigger made the text index write itself out at every row.
DROP TRIGGER mem_social_insert;
DROP TRIGGER mem_shared_insert;
DROP TRIGGER mem_private_insert;
