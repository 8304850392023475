-- No statement after this one can lift the limits that the database was opened with, or reach out of this machine.
SET lock_configuration = true
