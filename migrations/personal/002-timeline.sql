-- When something happened, else when it was said: what a timeline goes by.
CREATE INDEX mem_familiar_when ON mem_familiar (coalesce(event_from, at));
CREATE INDEX mem_inner_when ON mem_inner (coalesce(event_from, at));
CREATE INDEX mem_full_when ON mem_full (coalesce(event_from, at));
