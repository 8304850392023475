-- Nobody raises the epoch, cancels or ends the run until this transaction is over.
SELECT epoch, state FROM batchrec.run WHERE run_id = @run FOR UPDATE;
