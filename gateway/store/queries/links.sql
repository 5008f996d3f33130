-- code_show --
-- The code that somebody on chat asked for, while it counts.
SELECT mail, digest, ends_at FROM link_codes
WHERE kind = :kind AND address = :address AND ends_at > :now

-- code_write --
-- Let a new code count, and an older one no more.
INSERT INTO link_codes (kind, address, mail, digest, ends_at)
VALUES (:kind, :address, :mail, :digest, :ends_at)
ON CONFLICT (kind, address) DO UPDATE
SET mail = excluded.mail, digest = excluded.digest, ends_at = excluded.ends_at

-- code_drop --
-- Let a code count no more.
DELETE FROM link_codes WHERE kind = :kind AND address = :address AND digest = :digest

-- codes_drop_of --
-- The same, whatever code it is.
DELETE FROM link_codes WHERE kind = :kind AND address = :address

-- codes_drop_to --
-- Let no code count that went to an address.
DELETE FROM link_codes WHERE mail = :mail

-- codes_prune --
-- Forget codes whose time is over.
DELETE FROM link_codes WHERE ends_at <= :now

-- link_write --
-- Link an account with a mail address.
INSERT INTO links (kind, address, mail, at) VALUES (:kind, :address, :mail, :at)
ON CONFLICT (kind, address) DO UPDATE SET mail = excluded.mail, at = excluded.at

-- link_drop --
-- Link an account no more.
DELETE FROM links WHERE kind = :kind AND address = :address

-- links_drop_to --
-- Link nobody with a mail address any more.
DELETE FROM links WHERE mail = :mail

-- links_to --
-- The accounts that are linked with a mail address, oldest link first.
SELECT kind, address FROM links WHERE mail = :mail ORDER BY at, kind, address LIMIT :count
