-- Rows are indexed by the program right after they are stored: a trigger made the text index write itself out at every row.
DROP TRIGGER mem_familiar_insert;
DROP TRIGGER mem_inner_insert;
DROP TRIGGER mem_full_insert;
-- Upkeep merges any two pieces of a text index that are of one age.
INSERT INTO fts_familiar (fts_familiar, rank) VALUES ('usermerge', 2);
INSERT INTO fts_inner (fts_inner, rank) VALUES ('usermerge', 2);
INSERT INTO fts_full (fts_full, rank) VALUES ('usermerge', 2);
