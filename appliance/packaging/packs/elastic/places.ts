/** Where in a document each field of a message goes: the list of fields as the scripts of the pipelines and of Logstash read it. */
import { EcsFlat } from "@elastic/ecs/generated/ecs_flat.js";
import attack from "../../../../core/attack/attack-enterprise.json" with { type: "json" };
import { type FeedField, fieldsOfMessage, type MessageKind } from "../../../../core/feeds/fields.ts";

/** What the schema says of a field. */
export interface EcsField {
  type: string;
  normalize: readonly string[];
  ignore_above?: number;
  index?: boolean;
  doc_values?: boolean;
  multi_fields?: readonly { name: string; type: string }[];
}

/** undefined = no field of ECS. */
export const ecsField = (name: string): EcsField | undefined =>
  (EcsFlat as unknown as Readonly<Record<string, EcsField | undefined>>)[name];

export type Product = "elastic" | "opensearch";
export type Feed = "alert" | "incident";
export const products: readonly Product[] = ["elastic", "opensearch"];
export const feeds: readonly Feed[] = ["alert", "incident"];

/** Version of the schema that the names are of: that of the package they are held against. */
const ecsVersion = "9.4.0";

/** A line of the table that both scripts go through. Of `sd`, `json`, `body` and `value` it has one, which is where the value is from. */
export interface Place {
  to: string[];
  sd?: string;
  /** What the text of structured data is. */
  type?: "text" | "integer" | "boolean" | "list";
  json?: string[];
  /** Of each item of the list that `json` leads to, this member. */
  each?: string;
  body?: "text" | "truncated";
  value?: string | string[];
  /** The schema wants an array where the message has one value. */
  array?: true;
  /** By what other parts of the script know it. */
  role?: string;
}

/** Kinds of messages of a feed by their first element. */
export function kindsOf(feed: Feed): Record<string, MessageKind> {
  const own = feed === "alert" ? { sigma: "alert" } : { "sigma-incident": "incident", "sigma-case": "case" };
  return { ...own, status: "status", test: "test" } as Record<string, MessageKind>;
}

/** What Elastic's own detections have for these words. */
export const severities = { informational: 10, low: 21, medium: 47, high: 73, critical: 99 };

export const tactics = Object.fromEntries(attack.tactics.map(({ shortname, id, name }) => [shortname, { id, name }]));

/** `related.*`, each with the roles that it is made of. */
export const related = [
  ["user", "user"],
  ["hosts", "host", "hosts"],
  ["ip", "ip"],
];

/** Beginning of `message`, and what follows it, each where there is one. */
export const words = { alert: "Alert", incident: "Incident", case: "Threat case", status: "Heartbeat", test: "Test" };
export const parts = [
  ["id", " "],
  ["event", " "],
  ["title", ": "],
  ["destination", ": "],
  ["case_type", ", "],
  ["user", ": "],
  ["host", " on "],
  ["ip", " from "],
  ["level", ", "],
];

const kindsOfEvent: Record<MessageKind, string> = {
  alert: "alert",
  incident: "alert",
  case: "alert",
  status: "metric",
  test: "event",
};

const roles: Record<MessageKind, Record<string, string>> = {
  alert: {
    rule_level: "level",
    rule_title: "title",
    rule_tags: "tags",
    hourly_delta: "delta",
    user: "user",
    host: "host",
    ip: "ip",
  },
  incident: {
    incident_id: "id",
    event: "event",
    actor: "actor",
    actor_type: "actor_type",
    risk_level: "level",
    tactics: "tactics",
    techniques: "techniques",
    outbreak_hosts: "hosts",
  },
  case: {
    case_id: "id",
    event: "event",
    case_type: "case_type",
    severity: "level",
    primary_user: "user",
    affected_hosts: "hosts",
  },
  status: { destination: "destination" },
  test: {},
};

/** The whole table of a kind of message. */
export function placesOf(kind: MessageKind, feed: Feed): Place[] {
  const constants: Place[] = [
    { to: ["ecs", "version"], value: ecsVersion },
    { to: ["event", "kind"], value: kindsOfEvent[kind] },
    { to: ["event", "module"], value: "rhythmx" },
    { to: ["event", "dataset"], value: `rhythmx.${feed}` },
    { to: ["observer", "vendor"], value: "RhythmX" },
    { to: ["observer", "product"], value: "RhythmX Edge" },
    { to: ["rhythmx", "kind"], value: kind },
  ];
  if (kindsOfEvent[kind] === "alert")
    constants.push(
      { to: ["event", "category"], value: ["intrusion_detection"] },
      { to: ["event", "type"], value: ["info"] },
    );
  return [...constants, ...fieldsOfMessage(kind).map((field) => placeOf(kind, field))];
}

function placeOf(kind: MessageKind, field: FeedField): Place {
  const role = roles[kind][field.name];
  const isArray = ecsField(field.ecs)?.normalize.includes("array") === true && field.type !== "list";
  return {
    to: field.ecs.split("."),
    ...sourceOf(kind, field),
    ...(isArray ? { array: true } : {}),
    ...(role === undefined ? {} : { role }),
  };
}

/** JSON where there is some, because it has types, and lists with commas in their items. An alert's JSON is somebody's log. */
function sourceOf(kind: MessageKind, { name, sd, json, type }: FeedField): Partial<Place> {
  if (kind === "alert" && json !== null) {
    if (json !== "$" && json !== "truncated") throw new Error(`alert ${name}: a log is not taken apart`);
    return { body: json === "$" ? "text" : "truncated" };
  }
  if (json !== null) {
    const [list = "", each] = json.split("[].");
    return { json: list.replace("[]", "").split("."), ...(each === undefined ? {} : { each }) };
  }
  if (sd === null) throw new Error(`${kind} ${name} is nowhere`);
  if (type === "decimal") throw new Error(`${kind} ${name}: the scripts read no decimals from structured data`);
  return { sd, type: type === "string" || type === "time" ? "text" : type };
}
