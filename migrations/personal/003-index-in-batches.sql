-- Rows are indexed by the program right after they are stored: a trigger made the text index write itself out at every row.
DROP TRIGGER mem_familiar_insert;
DROP TRIGGER mem_inner_insert;
DROP TRIGGER mem_full_insert;
