-- When something happened, else when it was said: what a timeline goes by.
CREATE INDEX mem_social_when ON mem_social (coalesce(event_from, at));
CREATE INDEX mem_shared_when ON mem_shared (coalesce(event_from, at));
CREATE INDEX mem_private_when ON mem_private (coalesce(event_from, at));
