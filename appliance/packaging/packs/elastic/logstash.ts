/** Logstash: the configuration, and the script that its filter runs. Both make the documents that the ingest pipelines make. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { grokPattern, grokPatterns, header } from "./ingest.ts";
import {
  type Feed,
  feeds,
  kindsOf,
  type Product,
  parts,
  placesOf,
  related,
  severities,
  tactics,
  words,
} from "./places.ts";

/** rhythmx.rb */
export function logstashScript(): string {
  const ofFeeds = <T>(of: (feed: Feed) => T) => Object.fromEntries(feeds.map((feed) => [feed, of(feed)]));
  const table = {
    kinds: ofFeeds(kindsOf),
    header,
    severity: severities,
    related,
    tactics,
    words,
    parts,
    fields: ofFeeds((feed) =>
      Object.fromEntries(Object.values(kindsOf(feed)).map((kind) => [kind, placesOf(kind, feed)])),
    ),
  };
  const text = readFileSync(join(import.meta.dirname, "rhythmx.rb.txt"), "utf8");
  return text.replace("{{TABLE}}", () => lines(table));
}

/** JSON with a line for each place. */
function lines(value: unknown, depth = 0): string {
  if (typeof value !== "object" || value === null || depth > 3) return JSON.stringify(value);
  const indent = " ".repeat(depth + 1);
  const items = Array.isArray(value)
    ? value.map((item) => `${indent}${JSON.stringify(item)}`)
    : Object.entries(value).map(([key, item]) => `${indent}${JSON.stringify(key)}: ${lines(item, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${items.join(",\n")}\n${" ".repeat(depth)}${close}`;
}

const at = (part: string) => `[@metadata][rhythmx][${part}]`;

const output: Record<Product, string> = {
  elastic: `  elasticsearch {
    hosts => ["https://elastic.example:9200"]
    api_key => "\${RHYTHMX_API_KEY}"
    ssl_certificate_authorities => ["/etc/logstash/elastic-ca.pem"]
    # Into the data streams, each message once: a repeated one has the same id and is refused.
    index => "%{[@metadata][rhythmx][stream]}"
    action => "create"
    document_id => "%{[@metadata][rhythmx][id]}"
    data_stream => false
    manage_template => false
    ilm_enabled => false
    silence_errors_in_log => ["version_conflict_engine_exception"]
    # All is done here: not the pipeline of the index template as well.
    pipeline => "_none"
  }`,
  opensearch: `  opensearch {
    hosts => ["https://opensearch.example:9200"]
    user => "rhythmx"
    password => "\${RHYTHMX_PASSWORD}"
    cacert => "/etc/logstash/opensearch-ca.pem"
    # Into the data streams, each message once: a repeated one has the same id and is refused.
    index => "%{[@metadata][rhythmx][stream]}"
    action => "create"
    document_id => "%{[@metadata][rhythmx][id]}"
    manage_template => false
    failure_type_logging_whitelist => ["version_conflict_engine_exception"]
    # All is done here: not the pipeline of the index template as well.
    pipeline => "_none"
  }`,
};

const tlsInput: Record<Product, string> = {
  elastic: `  #   ssl_enabled => true
  #   ssl_certificate => "/etc/logstash/rhythmx.crt"
  #   ssl_key => "/etc/logstash/rhythmx.key"
  #   ssl_client_authentication => "none"`,
  opensearch: `  #   ssl_enable => true
  #   ssl_cert => "/etc/logstash/rhythmx.crt"
  #   ssl_key => "/etc/logstash/rhythmx.key"
  #   ssl_verify => false`,
};

/** rhythmx.conf */
export function logstashConfig(product: Product): string {
  const patterns = Object.entries(grokPatterns).map(([name, pattern]) => `      "${name}" => '${pattern}'`);
  return `# Logstash: both feeds of RhythmX Edge into ${product === "elastic" ? "Elasticsearch" : "OpenSearch"}. Made by "npm run packs".
# Destinations of the appliance have "preset": "elastic", which sends lines.
input {
  tcp {
    id => "rhythmx_tcp"
    port => 5514
    codec => line { charset => "UTF-8" }
    add_field => { "[@metadata][feed]" => "alert" }
  }
  # The feed of incidents; on a port of its own only so that its heartbeats are told from the other's.
  tcp {
    id => "rhythmx_incident_tcp"
    port => 5515
    codec => line { charset => "UTF-8" }
    add_field => { "[@metadata][feed]" => "incident" }
  }
  udp {
    id => "rhythmx_udp"
    port => 5514
    buffer_size => 65536
    add_field => { "[@metadata][feed]" => "alert" }
  }
  # TLS: take the # away.
  # tcp {
  #   id => "rhythmx_tls"
  #   port => 6514
  #   codec => line { charset => "UTF-8" }
${tlsInput[product]}
  #   add_field => { "[@metadata][feed]" => "alert" }
  # }
}

filter {
  mutate {
    copy => { "message" => "[event][original]" }
  }
  # Not the stock SYSLOG5424LINE, which ends structured data at the first "]", escaped or not.
  grok {
    match => { "message" => '${grokPattern(at)}' }
    pattern_definitions => {
${patterns.join("\n")}
    }
    tag_on_failure => ["_rhythmxparsefailure"]
  }
  if "_rhythmxparsefailure" not in [tags] {
    ruby {
      path => "/etc/logstash/rhythmx.rb"
    }
  }
  if "_rhythmxparsefailure" not in [tags] {
    date {
      match => ["${at("timestamp")}", "ISO8601"]
    }
    # What a repeated message has the same. The number of the process is another after a restart.
    fingerprint {
      source => [${["timestamp", "hostname", "msgid", "sd", "body"].map((part) => `"${at(part)}"`).join(", ")}]
      concatenate_sources => true
      method => "SHA256"
      target => "${at("id")}"
    }
  } else {
    # Kept as it came, to be found by error.message.
    mutate {
      add_field => {
        "[event][kind]" => "pipeline_error"
        "[event][module]" => "rhythmx"
        "[event][dataset]" => "rhythmx.alert"
        "${at("stream")}" => "logs-rhythmx.alert-default"
      }
    }
    if ![error][message] {
      mutate {
        add_field => { "[error][message]" => "RhythmX Edge: grok found no message" }
      }
    }
    fingerprint {
      source => ["[event][original]"]
      method => "SHA256"
      target => "${at("id")}"
    }
  }
  mutate {
    remove_field => ["@version"]
  }
}

output {
${output[product]}
}
`;
}
