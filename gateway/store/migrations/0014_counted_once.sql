-- What was merged into another ticket is counted there, and not once more.

UPDATE tickets SET went_to = 'merged' WHERE state = 'merged';
