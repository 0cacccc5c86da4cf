/**
 * Every field of the messages of both feeds, once (fields.json): what the packs for SIEMs and SOARs and docs/fields.md are made from. A test
 * holds the list against messages as they are made, so a field that is added to a message and forgotten here fails it.
 */
import listed from "./fields.json" with { type: "json" };

/** The messages: by APP-NAME and MSGID, or (with `msgid: nil`) by the first SD-ID. */
export type MessageKind = "alert" | "incident" | "case" | "status" | "test";

/**
 * What a value is: `time` is RFC 3339 in whole seconds with Z; `list` has its items parted by commas in structured data and is an array in
 * JSON; `integer`, `decimal` and `boolean` are digits and `true`/`false` in structured data, and JSON's own types in JSON.
 */
type FieldType = "string" | "integer" | "decimal" | "boolean" | "time" | "list";

export interface FeedField {
  /** Its flat name in packs, unique among the fields of a message: `[a-z][a-z0-9_]*`. */
  name: string;
  /** SD-ID, without `@` and enterprise number, and PARAM-NAME, with a space between; null where it is in the JSON body alone. */
  sd: string | null;
  /** Path in the JSON body, `[]` for each item of an array, `$` for the whole body; null where it is in structured data alone. */
  json: string | null;
  type: FieldType;
  meaning: string;
  /** Only with a setting, or only in some messages of the kind; null = always there. */
  when: string | null;
  /** As in structured data, or as JSON where it is in the body alone. */
  example: string;
  /** Field of the Elastic Common Schema, or one of our own below `rhythmx.`. */
  ecs: string;
  /** Field of Splunk's Common Information Model (data model Alerts); null = none has this meaning. */
  cim: string | null;
  /** Property in QRadar; those without `RhythmX` before them are QRadar's own. */
  qradar: string;
}

const absent = { sd: null, json: null, when: null, cim: null };

/** The fields of one kind of message: structured data in the order in which it is sent, then what is in JSON alone. */
export function fieldsOfMessage(message: MessageKind): readonly FeedField[] {
  return listed[message].map((field) => ({ ...absent, ...(field as Omit<FeedField, keyof typeof absent>) }));
}
