/** Batches: our own records, those of other engines, and alarms. */
import { gzipSync } from "node:zlib";
import { levels } from "../../../core/detection.ts";
import { detectionOf, readDetection } from "../../../core/intake/detection.ts";
import { formatOf } from "../../../core/intake/engines/format.ts";
import { alarmFormats, detectionFormats } from "../../../core/intake/engines/registry.ts";
import { recordsOf } from "../../../core/intake/lines.ts";
import { logBody } from "../../../core/intake/raw-log.ts";
import { parseRecord, type ReadContext, RecordFields } from "../../../core/intake/record-fields.ts";
import { decodeBatch } from "../../../core/intake/split.ts";
import { eventFacts } from "../../../core/logs/log-facts.ts";
import { ownSampleText, sampleText } from "../../harness/engine-samples.ts";
import { assertPlain, assertWords, holds, type Target, textOf, Violation } from "../target.ts";
import { assertLog, assertMessages, assertTerms } from "./feed-oracle.ts";

type Kind = "detections" | "alarms";

const limit = 200;
const now = Date.UTC(2026, 10, 1);
const lastMoment = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** The longest text of each member that is kept, in characters. */
const caps: Readonly<Record<string, number>> = {
  // Only its hash is kept.
  id: Number.POSITIVE_INFINITY,
  ruleId: 256,
  ruleTitle: 1_024,
  ruleAuthor: 512,
  entity: 256,
  user: 512,
  host: 512,
  srcIp: 128,
  dstHost: 512,
  eventId: 128,
  channel: 256,
  provider: 256,
  recordId: 128,
};

function attempt(kind: Kind, format: string, input: Uint8Array): void {
  const chosen = formatOf(kind, format);
  holds(!("known" in chosen), `no format ${format}`);
  const { records, repaired, text } = recordsOf(input, limit);
  holds(records.length <= limit + 1, "more records than were asked for");
  const split = records.reduce((sum, record) => sum + record.length, 0);
  holds(split <= 2 * (input.length + 2), "records are longer than what they were read from");
  holds(records.length > limit || text().length <= 2 * input.length + 2, "the text is longer than its bytes");
  const context = { now, defaultEntity: "Primary Site", allowedEntities: null, repaired };
  for (const source of chosen.sources(records, limit)) {
    const result = chosen.read(source, context);
    assertPlain(result);
    if (!result.ok) {
      assertWords(result.error);
      continue;
    }
    if (result.warning !== null) assertWords(result.warning);
    if ("repeats" in result) continue;
    // Whoever accepts a record has to agree with JSON.parse that it is one.
    const parsed = parseOrNull(source.text);
    holds(typeof parsed === "object" && parsed !== null && !Array.isArray(parsed), "a record that is no JSON object");
    const read = "detection" in result ? result.detection : result.alarm;
    for (const [name, value] of Object.entries(read)) {
      if (name === "body" || typeof value !== "string") continue;
      holds(value.length <= (caps[name] ?? 2_048), `${name} is longer than its limit`);
    }
    holds(
      read.timestamp >= 0 && read.timestamp <= lastMoment && Number.isInteger(read.timestamp),
      "a time that is none",
    );
    holds(read.timestamp <= now + 300_000, "a time ahead of the clock");
    if (!("detection" in result)) {
      const { rbp } = result.alarm;
      holds(Number.isFinite(rbp) && rbp >= 0 && rbp <= 100, "rbp outside 0 to 100");
      continue;
    }
    const { body, hash, level, risk, ruleTitle, tags, mlCluster } = result.detection;
    holds(ruleTitle.trim() !== "", "a detection without a title");
    holds(levels.includes(level), "a level that is none");
    holds(Number.isFinite(risk) && risk >= 0 && risk <= 100, "risk outside 0 to 100");
    holds(Number.isSafeInteger(mlCluster), "ml_cluster is no whole number");
    holds(/^[0-9a-f]{16}$/.test(hash), "a hash that is none");
    holds(tags.length <= 64 && tags.every((tag) => tag.length <= 128), "too many tags, or too long ones");
    holds(/^[ -~]*$/.test(body), "a log that is not on one line of ASCII");
    // Each character may become \uXXXX, and text is packed into an object.
    holds(body.length <= 12 * source.text.length + 100, "a log that is longer than its record");
    const log = parseOrNull(body);
    holds(typeof log === "object" && log !== null && !Array.isArray(log), "a log that is no JSON object");
    assertMessages(result.detection);
    assertTerms(result.detection);
    assertLog(body, result.detection.host ?? "");
    if (format === "rhythmx") assertAsParsed(source.text, context);
  }
}

/** What is read in one pass is what JSON.parse makes of it. */
function assertAsParsed(record: string, context: ReadContext): void {
  const parsed = parseRecord(record);
  if (!parsed.ok) throw new Violation("a record that JSON.parse refuses");
  const fields = new RecordFields(record, parsed.members);
  const slow = detectionOf(fields, logBody(record, parsed.members.raw), context);
  const text = (read: unknown) => JSON.stringify(read);
  holds(text(readDetection(record, context)) === text(slow), "another detection than JSON.parse makes of it");
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const own = ownSampleText().split("\n").slice(0, 400);
/** Few, so that a change is likely to matter. */
const short = own.filter((line) => line.length < 1_500).slice(0, 4);
const fewOf = (file: string, count: number) =>
  JSON.stringify((JSON.parse(sampleText(file)) as unknown[]).slice(0, count));
const linesOf = (file: string, count: number) => sampleText(file).split("\n").slice(0, count).join("\n");

const utf16 = (text: string) => Uint8Array.from(Buffer.from(`\ufeff${text}`, "utf16le"));
const ownBatches = [
  ...short,
  short.join("\n"),
  `[${short.slice(0, 2).join(",")}]`,
  utf16(short[0] ?? ""),
  '{"rule_title":"Mimikatz","timestamp":1772366400,"level":"high","raw":"EventID=1","user":"ACME\\\\jane","tags":["attack.t1003"]}',
  JSON.stringify(
    { rule_title: "Pretty", timestamp: "2026-03-01T12:00:00Z", raw: { a: [1, 2.5, { b: null }] } },
    null,
    2,
  ),
];

const samples: Readonly<Record<string, readonly (string | Uint8Array)[]>> = {
  "detections rhythmx": ownBatches,
  "detections hayabusa": [linesOf("hayabusa.jsonl", 2), linesOf("hayabusa-documented.jsonl", 1)],
  "detections chainsaw": [fewOf("chainsaw.json", 1), fewOf("chainsaw.json", 2)],
  "detections zircolite": [fewOf("zircolite.json", 1), linesOf("zircolite.json", 200)],
  "detections elastic": [sampleText("elastic.json")],
  "detections wazuh": [sampleText("wazuh.jsonl"), linesOf("wazuh.jsonl", 1)],
  "detections auto": [
    short[0] ?? "",
    linesOf("hayabusa.jsonl", 1),
    fewOf("chainsaw.json", 1),
    fewOf("zircolite.json", 1),
    sampleText("elastic.json"),
    linesOf("wazuh.jsonl", 1),
  ],
  "alarms rhythmx": [
    '{"alarm_id":"4711","name":"Brute force","rbp":82,"timestamp":"2026-03-01T12:00:00Z","user":"jane","host":"ws-1","src_ip":"10.0.0.5"}',
  ],
  "alarms logrhythm": [sampleText("logrhythm-details.json"), sampleText("logrhythm-search.json")],
  "alarms auto": ['{"alarm_id":4711,"name":"Brute force","rbp":"82"}', sampleText("logrhythm-search.json")],
};

const recordNames = [
  ...[
    '"rule_title"',
    '"rule_id"',
    '"timestamp"',
    '"level"',
    '"risk"',
    '"ml_cluster"',
    '"tags"',
    '"raw"',
    '"entity"',
    '"user"',
    '"host"',
  ],
  ...[
    '"event_id"',
    '"record_id"',
    '"alarm_id"',
    '"rbp"',
    '"hits"',
    '"_source"',
    '"alarms"',
    '"matches"',
    '"critical"',
    "\n\0\0\n",
    "}\n{",
    "},{",
  ],
];

const ofFormats = (kind: Kind, formats: readonly string[]): Target[] =>
  formats.map((format) => ({
    name: `${kind}-${format}`,
    samples: samples[`${kind} ${format}`] ?? [],
    words: recordNames,
    attempt: (input) => attempt(kind, format, input),
  }));

/** What a log says, in whatever form it came. */
const logs: Target = {
  name: "logs",
  samples: [
    ...short,
    linesOf("hayabusa.jsonl", 1),
    '{"raw":"CEF:0|Vendor|Product|1.0|100|Worm stopped|10|src=10.0.0.1 dst=2.1.2.2 spt=1232 cmd=whoami request=http://a.example/x"}',
    '{"raw":"type=EXECVE msg=audit(1604996384.965:93777): argc=2 a0=\\"dd\\" a1=69663D2F"}',
    '{"raw":"<Event><System><EventID>4720</EventID></System><EventData><Data Name=\\"TargetUserName\\">jane</Data></EventData></Event>"}',
    '{"EventID":"4720","TargetUserName":"jane","LogonType":"3","Channel":"Defender"}',
  ],
  words: [
    " constructor=x",
    "constructor",
    "toString",
    '"EventID"',
    '"TargetUserName":"a",',
    "EventID=",
    "&#0;",
    "<Data Name='a'>",
  ],
  attempt(input) {
    const body = parseOrNull(textOf(input));
    const whole = typeof body === "object" && body !== null && !Array.isArray(body) ? JSON.stringify(body) : null;
    const log = whole ?? JSON.stringify({ raw: textOf(input) });
    assertPlain(eventFacts(log));
    assertLog(log, "ws-101");
  },
};

/** The text of a batch is the same however its bytes are read. */
const decoding: Target = {
  name: "batch-decoding",
  samples: [short[0] ?? "", utf16("{}"), Uint8Array.from(gzipSync("{}"))],
  words: ["\0\0\0", "\n\0", "{\0", "\ufeff"],
  attempt(input) {
    const { text, repaired } = decodeBatch(input);
    holds(text.isWellFormed() || repaired, "half a surrogate pair, and not said");
    // A NUL between records becomes a line end and a NUL.
    holds(text.length <= 2 * input.length, "the text is longer than its bytes");
    const { records } = recordsOf(input, limit);
    // Nothing but white space, NULs and what stands between records is left out.
    if (!repaired && records.length <= limit) {
      const bare = (whole: string) => whole.replace(/[\s\0,[\]\ufeff]/g, "");
      holds(bare(records.join("")) === bare(text), "a part of the batch is in no record");
    }
  },
};

export const intakeTargets: readonly Target[] = [
  ...ofFormats("detections", detectionFormats),
  ...ofFormats("alarms", alarmFormats),
  decoding,
  logs,
];
