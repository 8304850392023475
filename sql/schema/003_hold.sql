-- While a pipeline is held, nothing it makes goes live: its runs stop before publish.

CREATE TABLE batchrec.publication_hold (
  pipeline text PRIMARY KEY,
  since    timestamptz NOT NULL,
  reason   text NOT NULL
);

ALTER TABLE batchrec.publication_log DROP CONSTRAINT publication_log_action_check;
ALTER TABLE batchrec.publication_log ADD CONSTRAINT publication_log_action_check
  CHECK (action IN ('published', 'rolled back', 'refused', 'retired', 'held', 'released', 'stopped'));
-- A hold and a release are of a pipeline and not of a run; 'stopped' is a run that a hold kept from being published.
ALTER TABLE batchrec.publication_log ALTER COLUMN run_id DROP NOT NULL;
ALTER TABLE batchrec.publication_log ADD CONSTRAINT publication_log_run CHECK (run_id IS NOT NULL OR action IN ('held', 'released'));

ALTER TABLE batchrec.run DROP CONSTRAINT run_state_check;
ALTER TABLE batchrec.run ADD CONSTRAINT run_state_check CHECK (state IN ('queued', 'running', 'refused', 'held', 'failed', 'cancelled', 'published'));
COMMENT ON COLUMN batchrec.run.state IS 'held: its lists are made, and a hold kept them from being published; `batchrec run --from publish` goes on once it is released.';
