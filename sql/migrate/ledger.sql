CREATE TABLE IF NOT EXISTS batchrec.migration (
  name    text PRIMARY KEY,
  sha256  text NOT NULL,
  applied timestamptz NOT NULL DEFAULT now()
);
