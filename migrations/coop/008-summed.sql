-- An entry that a summary stands for, while older ones of another label still have to stay in the prompt's window.

ALTER TABLE entry ADD COLUMN summed INTEGER NOT NULL DEFAULT 0;
