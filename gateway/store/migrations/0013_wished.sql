-- The language that somebody asked to be answered in; NULL while they did not.

ALTER TABLE people ADD COLUMN wished {{text}};
