# Copyright RhythmX Edge
# SPDX-License-Identifier: Apache-2.0
"""Names and limits."""

CLOSED = ("CLOSED", "FALSE_POSITIVE")
STATUSES = ("OPEN", "IN_PROGRESS", "CLOSED", "FALSE_POSITIVE")
LEVELS = ("low", "medium", "high", "critical")
# Severities that every Splunk SOAR has.
SEVERITIES = {"critical": "high", "high": "high", "medium": "medium", "low": "low"}

# What `update status` puts before its notes: by it a change that was made from here is known when the incident is polled.
OWN = "Splunk SOAR"

# What answers of the appliance have.
MEMBERS = {
    "/api/incidents": ("incidents", "server_time"),
    "/api/cases/search": ("cases",),
    "/api/alerts": ("alerts",),
    "/api/exceptions": ("exceptions",),
}

# The most ids that are remembered: of incidents that were taken.
MOST_REMEMBERED = 10000
LARGEST_PAGE = 500
DEFAULT_MOST = 100
MOST_AT_ONCE = 1000
# A Retry-After up to this is waited for, three times at most; a longer one is kept, and no request is sent before its end.
LONGEST_WAIT = 60
LONGEST_PAUSE = 3600
TIMEOUT = 60

# Fields of the incident's artifact: name, and path in the answer of GET /api/incidents/{id}; [] = of each item.
INCIDENT_FIELDS = (
    ("incident_id", "incident_id"),
    ("headline", "headline"),
    ("link", "link"),
    ("actor", "group_key"),
    ("actor_type", "actor_type"),
    ("entity", "entity_name"),
    ("status", "status"),
    ("risk_score", "risk.score"),
    ("risk_level", "risk.level"),
    ("alarm_count", "risk.alarm_count"),
    ("sigma_alert_count", "risk.sigma_alert_count"),
    ("threat_case_count", "risk.threat_case_count"),
    ("related_case_ids", "related_cases[].case_id"),
    ("related_case_types", "related_cases[].case_type"),
    ("assigned_analyst", "assigned_analyst"),
    ("external_ticket", "external_ticket_id"),
    ("investigation_notes", "investigation_notes"),
    ("resolution_notes", "resolution_notes"),
    ("external_ticket_url", "external_ticket_url"),
    ("external_system", "external_system"),
    ("alarm_count_7d", "risk.alarm_count_7d"),
    ("alarm_count_24h", "risk.alarm_count_24h"),
    ("sigma_unique_rules", "risk.sigma_unique_rules"),
    ("sigma_high_sev_count", "risk.sigma_high_sev_count"),
    ("max_rbp", "risk.max_rbp"),
    ("avg_rbp", "risk.avg_rbp"),
    ("unique_tactics", "mitre.unique_tactics"),
    ("unique_techniques", "mitre.unique_techniques"),
    ("tactics", "mitre.tactics[]"),
    ("techniques", "mitre.techniques[]"),
    ("related_case_severities", "related_cases[].severity"),
    ("related_case_statuses", "related_cases[].status"),
    ("related_case_alert_counts", "related_cases[].alert_count"),
    ("related_case_risk_scores", "related_cases[].max_risk_score"),
    ("related_case_first_alerts", "related_cases[].first_alert"),
    ("related_case_last_alerts", "related_cases[].last_alert"),
    ("first_alarm", "timeline.first_alarm"),
    ("last_alarm", "timeline.last_alarm"),
    ("risk_first_seen", "timeline.risk_first_seen"),
    ("risk_last_seen", "timeline.risk_last_seen"),
    ("created_at", "timeline.created_at"),
    ("updated_at", "timeline.updated_at"),
    ("closed_at", "timeline.closed_at"),
    ("campaign_id", "campaign_id"),
    ("outbreak_rule", "outbreak.rule"),
    ("outbreak_hosts", "outbreak.hosts[]"),
    ("outbreak_hosts_total", "outbreak.hosts_total"),
    ("outbreak_first_seen", "outbreak.first_seen"),
    ("outbreak_last_seen", "outbreak.last_seen"),
    ("hosts", "assets.hosts[].name"),
    ("accounts", "assets.accounts[].name"),
    ("due_at", "due_at"),
    ("service_level", "sla"),
)

INCIDENT_TYPES = {
    "incident_id": ["rhythmx incident id"],
    "link": ["url"],
    "actor": ["user name", "host name", "ip"],
    "hosts": ["host name"],
    "accounts": ["user name"],
    "related_case_ids": ["rhythmx case id"],
    "external_ticket_url": ["url"],
}
RULE_TYPES = {
    "alertHash": ["rhythmx alert hash"],
    "deviceHostname": ["host name"],
    "sourceUserName": ["user name"],
    "sourceAddress": ["ip"],
    "incidentId": ["rhythmx incident id"],
}
CASE_TYPES = {"caseId": ["rhythmx case id"], "incidentId": ["rhythmx incident id"], "hosts": ["host name"]}
STATUS_TYPES = {"incidentId": ["rhythmx incident id"]}
