CREATE TABLE articles (id int PRIMARY KEY, title text NOT NULL, body text NOT NULL);
INSERT INTO articles VALUES (1, 'Mooring', 'How to tie a boat to a quay.');
