-- Rows are indexed by the program right after they are stored: a trigger made the text index write itself out at every row.
DROP TRIGGER mem_social_insert;
DROP TRIGGER mem_shared_insert;
DROP TRIGGER mem_private_insert;
-- Upkeep merges any two pieces of a text index that are of one age.
INSERT INTO fts_social (fts_social, rank) VALUES ('usermerge', 2);
INSERT INTO fts_shared (fts_shared, rank) VALUES ('usermerge', 2);
INSERT INTO fts_private (fts_private, rank) VALUES ('usermerge', 2);
