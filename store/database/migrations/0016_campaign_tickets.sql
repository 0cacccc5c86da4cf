-- Which incident's ticket stands for a campaign in each ticket system, and which incidents that ticket was told.
create table campaign_leads (
  campaign_id text not null,
  system text not null,
  incident_id text not null,
  since DATETIME not null,
  primary key (campaign_id, system)
) without rowid;

create table campaign_told (
  ticket_id integer not null,
  incident_id text not null,
  told_at DATETIME not null,
  primary key (ticket_id, incident_id)
) without rowid;
create index campaign_told_incident on campaign_told (incident_id);
