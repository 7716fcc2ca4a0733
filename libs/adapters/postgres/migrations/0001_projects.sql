-- Projects and the API keys that open them.
--
-- Habits of all catalog tables:
-- * Ids are text with collation "C": some are made by workflows from what they name, and their order must be that of bytes.
-- * The primary key begins with project_id, and so does every foreign key. A row can therefore not refer to another
--   project's row, and two projects that use the same id do not meet.
-- * Closed lists (permissions, severities, statuses) are checked in the code, not here: the previous release must be able to
--   run on this schema, and the next one may add a value.

CREATE TABLE projects (
  id         text COLLATE "C" PRIMARY KEY,
  name       text NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE api_keys (
  project_id  text COLLATE "C" NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  id          text COLLATE "C" NOT NULL,
  name        text NOT NULL,
  prefix      text NOT NULL,
  permissions text[] NOT NULL,
  -- SHA-256 of the secret in hex. The secret itself is never stored.
  secret_hash text COLLATE "C" NOT NULL,
  created_at  timestamptz NOT NULL,
  revoked_at  timestamptz,
  PRIMARY KEY (project_id, id)
);

-- The hot path: every request that is not in a cache asks this index.
CREATE UNIQUE INDEX api_keys_by_secret_hash ON api_keys (secret_hash);
CREATE INDEX api_keys_in_order ON api_keys (project_id, created_at, id);
