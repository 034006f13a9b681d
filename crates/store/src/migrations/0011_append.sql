-- The writer appends row by row on a thread of its own and needs no view to do it in one statement.
DROP TRIGGER append;
DROP VIEW appending;
