/** A format as intake uses it: how a batch's text becomes records, and how one of them is read. */
import { alarmOf, type ReadAlarm, readAlarm } from "../alarm.ts";
import { detectionOf, type ReadDetection, readDetection, readUsualDetection } from "../detection.ts";
import { logBody, originalLogBody } from "../raw-log.ts";
import { parseRecord, type ReadContext, RecordFields } from "../record-fields.ts";
import { splitRecords } from "../split.ts";
import type { Engine, EngineRecord, MappedAlarm, MappedDetection, Members } from "./engine.ts";
import { alarmEngines, alarmFormats, detectionEngines, detectionFormats } from "./registry.ts";
import { listsOf, type RecordSource, unfold } from "./unfold.ts";

/** A record that only repeats another one, such as an event of a sequence that is a detection itself. */
interface RepeatedRecord {
  ok: true;
  repeats: true;
  warning: string;
}

type ReadRecord = ReadDetection | ReadAlarm | RepeatedRecord;

export interface BatchFormat {
  /** The records of a batch's text, at most `limit` + 1 of them (`splitRecords`). */
  split(text: string, limit: number): RecordSource[];
  /** The same of a batch that is split already (`recordsOf`). */
  sources(records: readonly string[], limit: number): RecordSource[];
  read(source: RecordSource, context: ReadContext): ReadRecord;
}

/** What detections and alarms differ in. */
interface Kind<Mapped> {
  formats: readonly string[];
  engines: Readonly<Record<string, Engine<Mapped>>>;
  isOwn(members: Members): boolean;
  /** A usual record of our own, which needs no other look; null for any other. */
  readUsual(text: string, context: ReadContext): ReadRecord | null;
  readOwn(text: string, context: ReadContext): ReadRecord;
  ofOwn(record: EngineRecord, context: ReadContext): ReadRecord;
  ofMapped(record: EngineRecord, mapped: Mapped, context: ReadContext): ReadRecord;
  /** Where a record that no engine here knows belongs, for people. */
  hint(record: EngineRecord): string;
}

const detections: Kind<MappedDetection> = {
  formats: detectionFormats,
  engines: detectionEngines,
  isOwn: (members) => "rule_title" in members || "raw" in members,
  readUsual: readUsualDetection,
  readOwn: readDetection,
  ofOwn: ({ text, members }, context) =>
    detectionOf(new RecordFields(text, members), logBody(text, members.raw), context),
  ofMapped: (record, mapped, context) =>
    mapped.repeats === undefined
      ? detectionOf(fieldsOf(record, mapped), originalLogBody(mapped.log), context)
      : { ok: true, repeats: true, warning: mapped.repeats },
  hint: (record) =>
    Object.values(alarmEngines).some((engine) => engine.recognises(record))
      ? "; this looks like an alarm, which goes to /api/v1/ingest/alarms (rhythmx import --alarms)"
      : "",
};

const alarms: Kind<MappedAlarm> = {
  formats: alarmFormats,
  engines: alarmEngines,
  isOwn: (members) => "alarm_id" in members,
  readUsual: () => null,
  readOwn: readAlarm,
  ofOwn: ({ text, members }, context) => alarmOf(new RecordFields(text, members), context),
  ofMapped: (record, mapped, context) => alarmOf(fieldsOf(record, mapped), context),
  hint: () => "",
};

/** The format of this name, or the names that are known. */
export function formatOf(kind: "detections" | "alarms", name: string): BatchFormat | { known: readonly string[] } {
  return kind === "detections" ? choose(detections, name) : choose(alarms, name);
}

function choose<Mapped extends MappedAlarm>(
  kind: Kind<Mapped>,
  name: string,
): BatchFormat | { known: readonly string[] } {
  if (!kind.formats.includes(name)) return { known: kind.formats };
  if (name === "rhythmx")
    return withSplit({ sources: ownSources, read: ({ text }, context) => kind.readOwn(text, context) });
  const engine = kind.engines[name];
  const engines = engine === undefined ? Object.values(kind.engines) : [engine];
  const lists = listsOf(engines);
  return withSplit({
    sources: (records, limit) => related(unfolded(records, limit, lists), engines),
    read: (source, context) => {
      const usual = engine === undefined && source.envelope === null ? kind.readUsual(source.text, context) : null;
      if (usual !== null) return usual;
      const parsed = parseRecord(source.text);
      if (!parsed.ok) return parsed;
      const record = { ...source, members: parsed.members };
      if (engine !== undefined) return kind.ofMapped(record, engine.map(record), context);
      if (source.envelope === null && kind.isOwn(record.members)) return kind.ofOwn(record, context);
      const recognised = engines.find((candidate) => candidate.recognises(record));
      if (recognised !== undefined) return kind.ofMapped(record, recognised.map(record), context);
      const error = `not the shape of any known format (${kind.formats.join(", ")})${kind.hint(record)}`;
      return { ok: false, readable: true, error };
    },
  });
}

function withSplit(format: Omit<BatchFormat, "split">): BatchFormat {
  return { ...format, split: (text, limit) => format.sources(splitRecords(text, limit), limit) };
}

/** What records say about each other is known only while all of them are at hand. */
function related(sources: RecordSource[], engines: readonly Engine<unknown>[]): RecordSource[] {
  for (const engine of engines) {
    const envelopes = engine.relate?.(sources.map(({ text }) => text));
    for (const [index, envelope] of envelopes ?? []) {
      const source = sources[index];
      if (source !== undefined) source.envelope = envelope;
    }
  }
  return sources;
}

function fieldsOf(record: EngineRecord, mapped: MappedAlarm): RecordFields {
  const fields = new RecordFields(record.text, mapped.members, mapped.names);
  if (mapped.warning !== null) fields.warn(mapped.warning);
  return fields;
}

function ownSources(records: readonly string[]): RecordSource[] {
  return records.map((record) =>
    record.startsWith("\0")
      ? { text: record.slice(1), envelope: null, afterNuls: true }
      : { text: record, envelope: null },
  );
}

function unfolded(records: readonly string[], limit: number, lists: ReturnType<typeof listsOf>): RecordSource[] {
  const sources: RecordSource[] = [];
  for (const { text: record, afterNuls } of ownSources(records)) {
    const parts = unfold(record, lists, limit + 1 - sources.length);
    if (afterNuls && parts[0] !== undefined) parts[0].afterNuls = true;
    for (const source of parts) sources.push(source);
    if (sources.length > limit) break;
  }
  return sources;
}
