# Logstash: what follows grok for messages of RhythmX Edge, for the filter "ruby" with "path". Made by "npm run packs".
# It reads [@metadata][rhythmx] (the parts of a message) and makes the same document as the ingest pipelines.
require "json"
require "time"

def register(_params)
  @table = JSON.parse(<<'TABLE')
{
 "kinds": {
  "alert": {
   "sigma": "alert",
   "status": "status",
   "test": "test"
  },
  "incident": {
   "sigma-incident": "incident",
   "sigma-case": "case",
   "status": "status",
   "test": "test"
  }
 },
 "header": [
  "hostname",
  "appname",
  "procid",
  "msgid"
 ],
 "severity": {
  "informational": 10,
  "low": 21,
  "medium": 47,
  "high": 73,
  "critical": 99
 },
 "related": [
  ["user","user"],
  ["hosts","host","hosts"],
  ["ip","ip"]
 ],
 "tactics": {
  "reconnaissance": {
   "id": "TA0043",
   "name": "Reconnaissance"
  },
  "resource-development": {
   "id": "TA0042",
   "name": "Resource Development"
  },
  "initial-access": {
   "id": "TA0001",
   "name": "Initial Access"
  },
  "execution": {
   "id": "TA0002",
   "name": "Execution"
  },
  "persistence": {
   "id": "TA0003",
   "name": "Persistence"
  },
  "privilege-escalation": {
   "id": "TA0004",
   "name": "Privilege Escalation"
  },
  "defense-evasion": {
   "id": "TA0005",
   "name": "Defense Evasion"
  },
  "credential-access": {
   "id": "TA0006",
   "name": "Credential Access"
  },
  "discovery": {
   "id": "TA0007",
   "name": "Discovery"
  },
  "lateral-movement": {
   "id": "TA0008",
   "name": "Lateral Movement"
  },
  "collection": {
   "id": "TA0009",
   "name": "Collection"
  },
  "command-and-control": {
   "id": "TA0011",
   "name": "Command and Control"
  },
  "exfiltration": {
   "id": "TA0010",
   "name": "Exfiltration"
  },
  "impact": {
   "id": "TA0040",
   "name": "Impact"
  }
 },
 "words": {
  "alert": "Alert",
  "incident": "Incident",
  "case": "Threat case",
  "status": "Heartbeat",
  "test": "Test"
 },
 "parts": [
  ["id"," "],
  ["event"," "],
  ["title",": "],
  ["destination",": "],
  ["case_type",", "],
  ["user",": "],
  ["host"," on "],
  ["ip"," from "],
  ["level",", "]
 ],
 "fields": {
  "alert": {
   "alert": [
    {"to":["ecs","version"],"value":"9.4.0"},
    {"to":["event","kind"],"value":"alert"},
    {"to":["event","module"],"value":"rhythmx"},
    {"to":["event","dataset"],"value":"rhythmx.alert"},
    {"to":["observer","vendor"],"value":"RhythmX"},
    {"to":["observer","product"],"value":"RhythmX Edge"},
    {"to":["rhythmx","kind"],"value":"alert"},
    {"to":["event","category"],"value":["intrusion_detection"]},
    {"to":["event","type"],"value":["info"]},
    {"to":["rhythmx","alert","hash"],"sd":"sigma hash","type":"text"},
    {"to":["rhythmx","alert","count"],"sd":"sigma count","type":"integer"},
    {"to":["event","risk_score"],"sd":"sigma risk","type":"integer"},
    {"to":["rhythmx","alert","ml_cluster"],"sd":"sigma ml_cluster","type":"integer"},
    {"to":["event","start"],"sd":"sigma first_seen","type":"text"},
    {"to":["event","end"],"sd":"sigma last_seen","type":"text"},
    {"to":["rhythmx","alert","hourly_delta"],"sd":"sigma hourly_delta","type":"integer","role":"delta"},
    {"to":["rhythmx","alert","burst"],"sd":"sigma burst","type":"boolean"},
    {"to":["rule","id"],"sd":"rule id","type":"text"},
    {"to":["rule","name"],"sd":"rule title","type":"text","role":"title"},
    {"to":["rhythmx","alert","level"],"sd":"rule level","type":"text","role":"level"},
    {"to":["rule","author"],"sd":"rule author","type":"text","array":true},
    {"to":["rhythmx","alert","tags"],"sd":"rule tags","type":"list","role":"tags"},
    {"to":["organization","name"],"sd":"rule entity","type":"text"},
    {"to":["user","name"],"sd":"rule user","type":"text","role":"user"},
    {"to":["host","name"],"sd":"rule host","type":"text","role":"host"},
    {"to":["source","ip"],"sd":"rule ip","type":"text","role":"ip"},
    {"to":["rhythmx","alert","log"],"body":"text"},
    {"to":["rhythmx","alert","truncated"],"body":"truncated"},
    {"to":["rhythmx","feed","sequence_id"],"sd":"meta sequenceId","type":"integer"}
   ],
   "status": [
    {"to":["ecs","version"],"value":"9.4.0"},
    {"to":["event","kind"],"value":"metric"},
    {"to":["event","module"],"value":"rhythmx"},
    {"to":["event","dataset"],"value":"rhythmx.alert"},
    {"to":["observer","vendor"],"value":"RhythmX"},
    {"to":["observer","product"],"value":"RhythmX Edge"},
    {"to":["rhythmx","kind"],"value":"status"},
    {"to":["rhythmx","feed","destination"],"json":["destination"],"role":"destination"},
    {"to":["rhythmx","feed","uptime_seconds"],"json":["uptime_seconds"]},
    {"to":["rhythmx","feed","sent"],"json":["sent"]},
    {"to":["rhythmx","feed","queued"],"json":["queued"]}
   ],
   "test": [
    {"to":["ecs","version"],"value":"9.4.0"},
    {"to":["event","kind"],"value":"event"},
    {"to":["event","module"],"value":"rhythmx"},
    {"to":["event","dataset"],"value":"rhythmx.alert"},
    {"to":["observer","vendor"],"value":"RhythmX"},
    {"to":["observer","product"],"value":"RhythmX Edge"},
    {"to":["rhythmx","kind"],"value":"test"},
    {"to":["rhythmx","feed","destination"],"json":["destination"]},
    {"to":["message"],"json":["message"]}
   ]
  },
  "incident": {
   "incident": [
    {"to":["ecs","version"],"value":"9.4.0"},
    {"to":["event","kind"],"value":"alert"},
    {"to":["event","module"],"value":"rhythmx"},
    {"to":["event","dataset"],"value":"rhythmx.incident"},
    {"to":["observer","vendor"],"value":"RhythmX"},
    {"to":["observer","product"],"value":"RhythmX Edge"},
    {"to":["rhythmx","kind"],"value":"incident"},
    {"to":["event","category"],"value":["intrusion_detection"]},
    {"to":["event","type"],"value":["info"]},
    {"to":["rhythmx","incident","id"],"json":["incident_id"],"role":"id"},
    {"to":["event","action"],"json":["event"],"role":"event"},
    {"to":["rhythmx","incident","actor"],"json":["group_key"],"role":"actor"},
    {"to":["rhythmx","incident","actor_type"],"json":["actor_type"],"role":"actor_type"},
    {"to":["organization","name"],"json":["entity_name"]},
    {"to":["rhythmx","incident","status"],"json":["status"]},
    {"to":["event","risk_score"],"json":["risk","score"]},
    {"to":["rhythmx","incident","risk_level"],"json":["risk","level"],"role":"level"},
    {"to":["rhythmx","incident","alarm_count"],"json":["risk","alarm_count"]},
    {"to":["rhythmx","incident","sigma_alert_count"],"json":["risk","sigma_alert_count"]},
    {"to":["rhythmx","incident","threat_case_count"],"json":["risk","threat_case_count"]},
    {"to":["rhythmx","incident","related_case_ids"],"json":["related_cases"],"each":"case_id"},
    {"to":["rhythmx","incident","related_case_types"],"json":["related_cases"],"each":"case_type"},
    {"to":["rhythmx","incident","assigned_analyst"],"json":["assigned_analyst"]},
    {"to":["rhythmx","incident","external_ticket"],"json":["external_ticket_id"]},
    {"to":["rhythmx","incident","investigation_notes"],"json":["investigation_notes"]},
    {"to":["rhythmx","incident","resolution_notes"],"json":["resolution_notes"]},
    {"to":["rhythmx","incident","external_ticket_url"],"json":["external_ticket_url"]},
    {"to":["rhythmx","incident","external_system"],"json":["external_system"]},
    {"to":["rhythmx","incident","alarm_count_7d"],"json":["risk","alarm_count_7d"]},
    {"to":["rhythmx","incident","alarm_count_24h"],"json":["risk","alarm_count_24h"]},
    {"to":["rhythmx","incident","sigma_unique_rules"],"json":["risk","sigma_unique_rules"]},
    {"to":["rhythmx","incident","sigma_high_sev_count"],"json":["risk","sigma_high_sev_count"]},
    {"to":["rhythmx","incident","max_rbp"],"json":["risk","max_rbp"]},
    {"to":["rhythmx","incident","avg_rbp"],"json":["risk","avg_rbp"]},
    {"to":["rhythmx","incident","unique_tactics"],"json":["mitre","unique_tactics"]},
    {"to":["rhythmx","incident","unique_techniques"],"json":["mitre","unique_techniques"]},
    {"to":["rhythmx","incident","tactics"],"json":["mitre","tactics"],"role":"tactics"},
    {"to":["rhythmx","incident","techniques"],"json":["mitre","techniques"],"role":"techniques"},
    {"to":["rhythmx","incident","related_case_severities"],"json":["related_cases"],"each":"severity"},
    {"to":["rhythmx","incident","related_case_statuses"],"json":["related_cases"],"each":"status"},
    {"to":["rhythmx","incident","related_case_alert_counts"],"json":["related_cases"],"each":"alert_count"},
    {"to":["rhythmx","incident","related_case_risk_scores"],"json":["related_cases"],"each":"max_risk_score"},
    {"to":["rhythmx","incident","related_case_first_alerts"],"json":["related_cases"],"each":"first_alert"},
    {"to":["rhythmx","incident","related_case_last_alerts"],"json":["related_cases"],"each":"last_alert"},
    {"to":["event","start"],"json":["timeline","first_alarm"]},
    {"to":["event","end"],"json":["timeline","last_alarm"]},
    {"to":["rhythmx","incident","risk_first_seen"],"json":["timeline","risk_first_seen"]},
    {"to":["rhythmx","incident","risk_last_seen"],"json":["timeline","risk_last_seen"]},
    {"to":["rhythmx","incident","created_at"],"json":["timeline","created_at"]},
    {"to":["rhythmx","incident","updated_at"],"json":["timeline","updated_at"]},
    {"to":["rhythmx","incident","closed_at"],"json":["timeline","closed_at"]},
    {"to":["rhythmx","incident","changed_fields"],"json":["changes"],"each":"field"},
    {"to":["rhythmx","incident","changed_from"],"json":["changes"],"each":"old"},
    {"to":["rhythmx","incident","changed_to"],"json":["changes"],"each":"new"},
    {"to":["rhythmx","incident","campaign_id"],"json":["campaign_id"]},
    {"to":["rhythmx","incident","outbreak_rule"],"json":["outbreak","rule"]},
    {"to":["rhythmx","incident","outbreak_hosts"],"json":["outbreak","hosts"],"role":"hosts"},
    {"to":["rhythmx","incident","outbreak_hosts_total"],"json":["outbreak","hosts_total"]},
    {"to":["rhythmx","incident","outbreak_first_seen"],"json":["outbreak","first_seen"]},
    {"to":["rhythmx","incident","outbreak_last_seen"],"json":["outbreak","last_seen"]},
    {"to":["rhythmx","incident","related_cases_total"],"json":["related_cases_total"]},
    {"to":["rhythmx","incident","truncated"],"json":["truncated"]},
    {"to":["rhythmx","feed","sequence_id"],"sd":"meta sequenceId","type":"integer"}
   ],
   "case": [
    {"to":["ecs","version"],"value":"9.4.0"},
    {"to":["event","kind"],"value":"alert"},
    {"to":["event","module"],"value":"rhythmx"},
    {"to":["event","dataset"],"value":"rhythmx.incident"},
    {"to":["observer","vendor"],"value":"RhythmX"},
    {"to":["observer","product"],"value":"RhythmX Edge"},
    {"to":["rhythmx","kind"],"value":"case"},
    {"to":["event","category"],"value":["intrusion_detection"]},
    {"to":["event","type"],"value":["info"]},
    {"to":["rhythmx","case","id"],"json":["case_id"],"role":"id"},
    {"to":["event","action"],"json":["event"],"role":"event"},
    {"to":["organization","name"],"json":["entity_name"]},
    {"to":["rhythmx","case","type"],"json":["case_type"],"role":"case_type"},
    {"to":["rhythmx","case","status"],"json":["status"]},
    {"to":["rhythmx","case","severity"],"json":["severity"],"role":"level"},
    {"to":["rhythmx","case","alert_count"],"json":["alert_count"]},
    {"to":["event","risk_score"],"json":["max_risk_score"]},
    {"to":["user","name"],"json":["primary_user"],"role":"user"},
    {"to":["related","hosts"],"json":["affected_computers"],"role":"hosts"},
    {"to":["rhythmx","case","assigned_analyst"],"json":["assigned_analyst"]},
    {"to":["rhythmx","incident","id"],"json":["related_incident","incident_id"]},
    {"to":["rhythmx","case","investigation_notes"],"json":["investigation_notes"]},
    {"to":["rhythmx","case","related_incident_actor"],"json":["related_incident","group_key"]},
    {"to":["rhythmx","case","related_incident_status"],"json":["related_incident","status"]},
    {"to":["rhythmx","case","related_incident_analyst"],"json":["related_incident","assigned_analyst"]},
    {"to":["event","start"],"json":["timeline","first_alert"]},
    {"to":["event","end"],"json":["timeline","last_alert"]},
    {"to":["rhythmx","case","created_at"],"json":["timeline","created_at"]},
    {"to":["rhythmx","case","updated_at"],"json":["timeline","updated_at"]},
    {"to":["rhythmx","case","changed_fields"],"json":["changes"],"each":"field"},
    {"to":["rhythmx","case","changed_from"],"json":["changes"],"each":"old"},
    {"to":["rhythmx","case","changed_to"],"json":["changes"],"each":"new"},
    {"to":["rhythmx","case","affected_computers_total"],"json":["affected_computers_total"]},
    {"to":["rhythmx","case","truncated"],"json":["truncated"]},
    {"to":["rhythmx","feed","sequence_id"],"sd":"meta sequenceId","type":"integer"}
   ],
   "status": [
    {"to":["ecs","version"],"value":"9.4.0"},
    {"to":["event","kind"],"value":"metric"},
    {"to":["event","module"],"value":"rhythmx"},
    {"to":["event","dataset"],"value":"rhythmx.incident"},
    {"to":["observer","vendor"],"value":"RhythmX"},
    {"to":["observer","product"],"value":"RhythmX Edge"},
    {"to":["rhythmx","kind"],"value":"status"},
    {"to":["rhythmx","feed","destination"],"json":["destination"],"role":"destination"},
    {"to":["rhythmx","feed","uptime_seconds"],"json":["uptime_seconds"]},
    {"to":["rhythmx","feed","sent"],"json":["sent"]},
    {"to":["rhythmx","feed","queued"],"json":["queued"]}
   ],
   "test": [
    {"to":["ecs","version"],"value":"9.4.0"},
    {"to":["event","kind"],"value":"event"},
    {"to":["event","module"],"value":"rhythmx"},
    {"to":["event","dataset"],"value":"rhythmx.incident"},
    {"to":["observer","vendor"],"value":"RhythmX"},
    {"to":["observer","product"],"value":"RhythmX Edge"},
    {"to":["rhythmx","kind"],"value":"test"},
    {"to":["rhythmx","feed","destination"],"json":["destination"]},
    {"to":["message"],"json":["message"]}
   ]
  }
 }
}
TABLE
end

# Names of the elements, and "ELEMENT PARAMETER" (without the enterprise number) => value, escapes and all.
def structured_data(text)
  values = {}
  elements = []
  text.scan(/\[([^ ="\]@]+)[^ ="\]]*((?: [^ ="\]]+="[^"\\\]]*+(?:\\.[^"\\\]]*+)*+")*+)\]/m) do |element, parameters|
    elements << element
    parameters.scan(/ ([^ ="\]]+)="([^"\\\]]*+(?:\\.[^"\\\]]*+)*+)"/m) do |name, value|
      values["#{element} #{name}"] ||= value
    end
  end
  [elements, values]
end

# A quote, a backslash and a closing bracket have a backslash before them in structured data (RFC 5424, 6.3.3).
def unescape(values)
  values.transform_values { |value| value.gsub(/\\(["\\\]])/) { $1 } }
end

def typed(text, type)
  return text if text.empty? || type == "text"
  case type
  when "integer" then Integer(text, 10)
  when "boolean" then text == "true"
  else text.split(",", -1)
  end
end

def value_of(place, values, own, body)
  if place["json"]
    value = place["json"].reduce(own) { |here, key| here.is_a?(Hash) ? here[key] : nil }
    value = value.map { |item| item[place["each"]] } if place["each"] && value.is_a?(Array)
    value
  elsif place["body"]
    return body if place["body"] == "text"
    true if body.end_with?('"truncated":true}')
  elsif place["sd"]
    values[place["sd"]] && typed(values[place["sd"]], place["type"])
  else
    place["value"]
  end
end

def reference(path)
  path.map { |step| "[#{step}]" }.join
end

def filter(event)
  parts = event.get("[@metadata][rhythmx]")
  elements, escaped = structured_data(parts["sd"])
  # By the first element that is ours (a relay may have put some before it): an incident's feed, or whatever the input says that it is
  # ([@metadata][feed]), else alerts.
  known = @table["kinds"].values.flat_map(&:keys)
  first = elements.find { |element| known.include?(element) }
  feed = %w[sigma-incident sigma-case].include?(first) ? "incident" : "alert"
  feed = "incident" if event.get("[@metadata][feed]") == "incident" && %w[status test].include?(first)
  kind = @table["kinds"][feed][first]
  raise ArgumentError, "no message of RhythmX Edge: its first element is #{elements.first}" if kind.nil?
  values = unescape(escaped)
  body = parts["body"]
  # An alert's body is somebody's log, which stays text: it may hold repeated keys, and numbers that parsers round.
  own = kind == "alert" ? {} : JSON.parse(body)

  priority = Integer(parts["pri"], 10)
  event.set("[log][syslog]", { "version" => "1", "priority" => priority, "facility" => { "code" => priority / 8 },
                               "severity" => { "code" => priority % 8 } })
  @table["header"].each { |name| event.set("[log][syslog][#{name}]", parts[name]) unless parts[name] == "-" }

  # What the input put there is about the machine that Logstash runs on, or the whole line.
  %w[host message source].each { |name| event.remove(name) }
  roles = {}
  @table["fields"][feed][kind].each do |place|
    value = value_of(place, values, own, body)
    next if value.nil? || value == "" || value == []
    event.set(reference(place["to"]), place["array"] ? [value] : value)
    roles[place["role"]] = value if place["role"]
  end
  common_names(event, kind, roles)
  event.set("[event][ingested]", Time.now.utc.iso8601(3))
  event.set("[@metadata][rhythmx][stream]", "logs-rhythmx.#{feed}-default")
  event.remove("[event][original]") unless Array(event.get("tags")).include?("preserve_original_event")
  [event]
rescue StandardError => error
  event.tag("_rhythmxparsefailure")
  event.set("[error][message]", "RhythmX Edge: #{error.message}")
  event.set("message", event.get("[event][original]"))
  [event]
end

# Names of the Elastic Common Schema that join these documents with those of other sources.
def common_names(event, kind, roles)
  severity = @table["severity"][roles["level"].to_s.downcase]
  event.set("[event][severity]", severity) if severity
  event.set("[event][action]", roles["delta"] ? "hourly" : "first") if kind == "alert"
  if roles["actor"]
    place = { "user" => "[user]", "host" => "[host]", "ip" => "[source]" }[roles["actor_type"]]
    if place
      event.set(place, { (roles["actor_type"] == "ip" ? "ip" : "name") => roles["actor"] })
      roles[roles["actor_type"]] = roles["actor"]
    end
  end
  @table["related"].each do |name, *from|
    found = from.flat_map { |role| Array(roles[role]) }.uniq
    event.set("[related][#{name}]", found) unless found.empty?
  end
  attack(event, roles)
  return if event.get("message")
  line = @table["parts"].reduce(@table["words"][kind]) do |text, (role, before)|
    roles[role] ? "#{text}#{before}#{roles[role]}" : text
  end
  event.set("message", line)
end

# ATT&CK: tags of a rule (attack.t1059.001, attack.credential-access), tactics and techniques of an incident.
def attack(event, roles)
  tags = Array(roles["tags"]).map(&:downcase).select { |tag| tag.start_with?("attack.") }.map { |tag| tag[7..] }
  labels = (tags + Array(roles["tactics"]) + Array(roles["techniques"])).map { |label| label.downcase.tr("_", "-") }
  tactics = labels.map { |label| @table["tactics"][label] }.compact.uniq
  techniques = labels.select { |label| label.match?(/\At\d{4}(?:\.\d{3})?\z/) }.map(&:upcase)
  return if tactics.empty? && techniques.empty?
  event.set("[threat][framework]", "MITRE ATT&CK")
  unless tactics.empty?
    event.set("[threat][tactic][id]", tactics.map { |tactic| tactic["id"] })
    event.set("[threat][tactic][name]", tactics.map { |tactic| tactic["name"] })
  end
  return if techniques.empty?
  event.set("[threat][technique][id]", techniques.map { |id| id[0, 5] }.uniq)
  below = techniques.select { |id| id.length == 9 }.uniq
  event.set("[threat][technique][subtechnique][id]", below) unless below.empty?
end
