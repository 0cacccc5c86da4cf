-- Columns that seed 001 names: how the incident's case in ServiceNow stands.
alter table incidents add column last_snow_update_at DATETIME;
alter table incidents add column snow_last_priority VARCHAR(10);
alter table incidents add column snow_ticket_state VARCHAR(50);
alter table incidents add column snow_last_polled_at DATETIME;

-- What is known of tickets in ServiceNow from before.
update incidents set last_snow_update_at = t.told_at, snow_ticket_state = substr(nullif(t.remote_status, ''), 1, 50), snow_last_polled_at = t.polled_at,
    snow_last_priority = case t.told_level when 'critical' then 'P1' when 'high' then 'P2' when 'medium' then 'P3' when 'low' then 'P4' end
  from tickets t where t.incident_id = incidents.incident_id and t.system = 'servicenow' and t.remote_id is not null;
