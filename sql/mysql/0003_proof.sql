-- What is known already need not be sent again.
CREATE INDEX content_by_md5 ON content (md5, size);
