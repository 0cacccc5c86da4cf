-- One ticket for a campaign (decision 26). Which ticket leads is not stored: it follows from the tickets that there are.

-- Which incidents a ticket was told of.
create table campaign_told (
  ticket_id integer not null,
  incident_id text not null,
  told_at DATETIME not null,
  -- The note that tells it.
  delivery_id text not null,
  -- The incident was closed with the ticket, and is reopened with it.
  closed_at DATETIME,
  primary key (ticket_id, incident_id)
) without rowid;
create index campaign_told_incident on campaign_told (incident_id);
create index campaign_told_delivery on campaign_told (delivery_id);

-- A create by auto-push waits until the reader of campaigns has passed the event that called for it; null = it waits for none.
alter table deliveries add column after_seq integer;
create index deliveries_after on deliveries (after_seq) where state = 'planned' and after_seq is not null;
-- A person asked for it: it is never put off because of a campaign.
alter table deliveries add column wanted integer not null default 0;

-- Campaigns of which something has changed that decides about tickets; until that was looked at, none of their creates by auto-push is begun.
create table campaign_changes (campaign_id text primary key) without rowid;

create trigger incidents_of_campaign after update of campaign_id, status, risk_level on incidents
  when (new.campaign_id is not null or old.campaign_id is not null)
    and (new.campaign_id is not old.campaign_id or new.status <> old.status or new.risk_level <> old.risk_level) begin
  insert into campaign_changes select value from json_each(json_array(new.campaign_id, old.campaign_id)) where value is not null order by 1
    on conflict do nothing;
end;
create trigger deliveries_of_campaign after insert on deliveries when new.kind = 'create' begin
  insert into campaign_changes select i.campaign_id from tickets t join incidents i on i.incident_id = t.incident_id
    where t.id = new.ticket_id and i.campaign_id is not null order by 1
    on conflict do nothing;
end;
create trigger deliveries_of_campaign_moved after update of state on deliveries
  when new.state <> old.state and new.kind in ('create', 'status') begin
  insert into campaign_changes select i.campaign_id from tickets t join incidents i on i.incident_id = t.incident_id
    where t.id = new.ticket_id and i.campaign_id is not null order by 1
    on conflict do nothing;
end;
create trigger notes_of_campaign_moved after update of state on deliveries
  when new.state <> old.state and new.kind = 'comment' and new.state in ('planned', 'parked', 'dead', 'discarded') begin
  insert into campaign_changes select i.campaign_id from campaign_told c join incidents i on i.incident_id = c.incident_id
    where c.delivery_id = new.id and i.campaign_id is not null order by 1
    on conflict do nothing;
end;
create trigger tickets_of_campaign after update of remote_id, gone_at, ended_at on tickets
  when new.remote_id is not old.remote_id or new.gone_at is not old.gone_at or new.ended_at is not old.ended_at begin
  insert into campaign_changes select i.campaign_id from incidents i where i.incident_id = new.incident_id and i.campaign_id is not null order by 1
    on conflict do nothing;
end;
