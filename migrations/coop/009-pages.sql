-- What is asked for page by page, or counted while somebody waits, is found without reading everything.

CREATE INDEX entry_page ON entry (session, id) WHERE undone = 0;
CREATE INDEX inbox_failed ON inbox (id) WHERE state = 'failed';
CREATE INDEX outbox_ended ON outbox (state) WHERE state IN ('failed', 'refused');
CREATE INDEX outbox_repeated ON outbox (repeated) WHERE repeated > 0;
