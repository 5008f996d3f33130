-- report_volumes --
-- How many requests came in, by channel and who took them.
SELECT channel, went_to, count(*) AS many FROM tickets
WHERE created_at >= :since AND created_at < :until GROUP BY channel, went_to

-- report_tickets --
-- What became of tickets that came in, by who has them.
SELECT coalesce(team, '') AS team, level, count(*) AS many,
    sum(CASE WHEN reopened > 0 THEN 1 ELSE 0 END) AS reopened,
    sum(CASE WHEN helped = 1 THEN 1 ELSE 0 END) AS helped,
    sum(CASE WHEN helped = 0 THEN 1 ELSE 0 END) AS not_helped
FROM tickets
WHERE created_at >= :since AND created_at < :until AND NOT went_to IN ('spam', 'merged')
GROUP BY coalesce(team, ''), level

-- report_open --
-- Tickets that are open now, and those of them that are late, by who has them.
SELECT coalesce(team, '') AS team, level, count(*) AS many,
    sum(CASE WHEN due_at < :now THEN 1 ELSE 0 END) AS late
FROM tickets
WHERE state IN ('asking', 'open', 'waiting') GROUP BY coalesce(team, ''), level

-- report_first --
-- What first answers took in the middle, and what nine of ten took at most, by team and level.
SELECT level, team, max(many) AS many,
    avg(CASE WHEN place IN ((many + 1) / 2, (many + 2) / 2) THEN took END) AS median,
    max(CASE WHEN place = (many * 9 + 9) / 10 THEN took END) AS p90
FROM (
    SELECT level, team, first_took AS took,
        row_number() OVER (PARTITION BY level, team ORDER BY first_took) AS place,
        count(*) OVER (PARTITION BY level, team) AS many
    FROM stays
    WHERE ended_at >= :since AND ended_at < :until AND ending = 'goes on'
        AND first_took IS NOT NULL
) AS ranked
GROUP BY level, team

-- report_resolve --
-- The same for what it took until tickets were closed.
SELECT level, team, max(many) AS many,
    avg(CASE WHEN place IN ((many + 1) / 2, (many + 2) / 2) THEN took END) AS median,
    max(CASE WHEN place = (many * 9 + 9) / 10 THEN took END) AS p90
FROM (
    SELECT level, team, took,
        row_number() OVER (PARTITION BY level, team ORDER BY took) AS place,
        count(*) OVER (PARTITION BY level, team) AS many
    FROM stays
    WHERE ended_at >= :since AND ended_at < :until AND ending = 'closed'
) AS ranked
GROUP BY level, team

-- report_late --
-- How many first answers and solutions had a limit, and missed it, by team and level. A first answer
-- that never came counts when its time had run out, a solution also when time took the ticket away.
SELECT level, team,
    sum(CASE WHEN ending = 'goes on' AND first_late IS NOT NULL THEN 1
             WHEN ending <> 'goes on' AND first_took IS NULL AND first_late = 1 THEN 1
             ELSE 0 END) AS first_limited,
    sum(CASE WHEN ending = 'goes on' AND first_late = 1 THEN 1
             WHEN ending <> 'goes on' AND first_took IS NULL AND first_late = 1 THEN 1
             ELSE 0 END) AS first_late,
    sum(CASE WHEN ending = 'closed' AND late IS NOT NULL THEN 1
             WHEN ending = 'ran out' AND late = 1 THEN 1
             ELSE 0 END) AS limited,
    sum(CASE WHEN ending IN ('closed', 'ran out') AND late = 1 THEN 1 ELSE 0 END) AS late
FROM stays
WHERE ended_at >= :since AND ended_at < :until
GROUP BY level, team

-- report_asked --
-- The newest requests that people took.
SELECT number FROM tickets
WHERE created_at >= :since AND created_at < :until AND went_to = 'people'
ORDER BY created_at DESC LIMIT :count
