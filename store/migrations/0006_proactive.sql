-- Columns that seed 001 names: how the incident's case in ServiceNow stands.
alter table incidents add column last_snow_update_at DATETIME;
alter table incidents add column snow_last_priority VARCHAR(10);
alter table incidents add column snow_ticket_state VARCHAR(50);
alter table incidents add column snow_last_polled_at DATETIME;
