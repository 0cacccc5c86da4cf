/**
 * Detections on their way to the Worker as two texts: the logs, and everything else. Texts are handed over between threads as they are; an
 * array of objects would be copied value by value.
 */
import type { Detection } from "../../core/detection.ts";
import type { DetectionWrite } from "../../core/ports.ts";

export interface DetectionPacket {
  /** JSON of a `Head`. */
  head: string;
  /** The logs, one a line: each is one line of ASCII. */
  bodies: string;
}

interface Head {
  write: Omit<DetectionWrite, "detections">;
  tagLists: readonly (readonly string[])[];
  groups: readonly Group[];
}

/** Some detections, by columns. */
interface Group {
  count: number;
  /** Indices into the lists of tags. */
  tags: readonly number[];
  numbers: readonly (readonly number[])[];
  texts: readonly TextColumn[];
}

/** Texts joined with `separator`, "" for null; or an array of all of them, or of the one that all are. */
type TextColumn = string | readonly (string | null)[];

/** The parts of a joined text, and so whoever keeps one of them, keep all of it in memory. */
const groupSize = 32;
/** It needs no escape in JSON, and is hardly ever part of a text. */
const separator = "\x7f";

const numbers = ["risk", "mlCluster", "timestamp"] as const satisfies readonly (keyof Detection)[];
const texts = [
  "id",
  "ruleId",
  "ruleTitle",
  "ruleAuthor",
  "level",
  "entity",
  "user",
  "host",
  "srcIp",
  "dstHost",
  "eventId",
  "channel",
  "provider",
  "recordId",
  "hash",
] as const satisfies readonly (keyof Detection)[];

export function packDetections({ detections, ...write }: DetectionWrite): DetectionPacket {
  const lists = new Map<readonly string[], number>();
  const groups: Group[] = [];
  for (let start = 0; start < detections.length; start += groupSize)
    groups.push(groupOf(detections.slice(start, start + groupSize), lists));
  const head: Head = { write, tagLists: [...lists.keys()], groups };
  return { head: JSON.stringify(head), bodies: detections.map(({ body }) => body).join("\n") };
}

/** The same detections. Those that shared a list of tags share one again. */
export function unpackDetections({ head, bodies }: DetectionPacket): DetectionWrite {
  const { write, tagLists, groups } = JSON.parse(head) as Head;
  const logs = bodies.split("\n");
  const detections: Detection[] = [];
  for (const group of groups) addGroup(detections, group, tagLists, logs);
  return { ...write, detections };
}

function groupOf(detections: readonly Detection[], lists: Map<readonly string[], number>): Group {
  const tags = detections.map((detection) => {
    const known = lists.get(detection.tags);
    if (known !== undefined) return known;
    lists.set(detection.tags, lists.size);
    return lists.size - 1;
  });
  return {
    count: detections.length,
    tags,
    numbers: numbers.map((name) => detections.map((detection) => detection[name])),
    texts: texts.map((name) => textColumn(detections.map((detection) => detection[name]))),
  };
}

function textColumn(values: readonly (string | null)[]): TextColumn {
  const [first = null] = values;
  if (values.every((value) => value === first)) return [first];
  return values.join("").includes(separator) || values.includes("") ? values : values.join(separator);
}

function valuesOf(column: TextColumn, count: number): readonly (string | null)[] {
  if (typeof column !== "string") return column.length === count ? column : new Array(count).fill(column[0] ?? null);
  return column.split(separator).map((text) => (text === "" ? null : text));
}

function addGroup(into: Detection[], group: Group, tagLists: Head["tagLists"], logs: readonly string[]): void {
  const { count, tags } = group;
  const columns = group.texts.map((column) => valuesOf(column, count));
  const [id, ruleId, ruleTitle, ruleAuthor, level, entity, user, host, srcIp, dstHost, eventId, channel, ...rest] =
    columns;
  const [provider, recordId, hash] = rest;
  const [risk, mlCluster, timestamp] = group.numbers;
  for (let index = 0; index < count; index++) {
    const detection: { [Name in keyof Detection]: Detection[Name] | null | undefined } = {
      id: id?.[index],
      ruleId: ruleId?.[index],
      ruleTitle: ruleTitle?.[index],
      ruleAuthor: ruleAuthor?.[index],
      tags: tagLists[tags[index] ?? 0],
      level: level?.[index] as Detection["level"],
      risk: risk?.[index],
      mlCluster: mlCluster?.[index],
      timestamp: timestamp?.[index],
      entity: entity?.[index],
      user: user?.[index],
      host: host?.[index],
      srcIp: srcIp?.[index],
      dstHost: dstHost?.[index],
      eventId: eventId?.[index],
      channel: channel?.[index],
      provider: provider?.[index],
      recordId: recordId?.[index],
      body: logs[into.length],
      hash: hash?.[index],
    };
    into.push(detection as Detection);
  }
}
