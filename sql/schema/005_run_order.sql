-- The newest runs of a pipeline are asked for once a second while somebody watches: without reading all the others.
CREATE INDEX run_newest ON batchrec.run (pipeline, created DESC, run_id DESC);
