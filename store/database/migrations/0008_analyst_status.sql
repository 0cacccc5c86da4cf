-- The sources' name of an incident's status, for whoever reads the file: always the same value as `status`, written by nobody.
alter table incidents add column analyst_status VARCHAR(20) generated always as (status) virtual;
