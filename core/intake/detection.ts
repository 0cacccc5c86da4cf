/** One record of a batch as a detection: every rule of CONTRACT 2's table. */
import { type Detection, levels } from "../detection.ts";
import { riskOfLevel } from "../risk.ts";
import { alertHash } from "./hash.ts";
import { readOwnRecord } from "./own-record.ts";
import { deepestLog, type LogBody, logBody } from "./raw-log.ts";
import { parseRecord, type ReadContext, RecordFields, type RefusedRecord } from "./record-fields.ts";

export type ReadDetection = { ok: true; detection: Detection; warning: string | null } | RefusedRecord;

const acceptedLogs = `the original log as an object (nested at most ${deepestLog} levels deep) or text`;
/** More tags than any rule has; the rest is left out. */
const mostTags = 64;
const longestTag = 128;

/** Reads a record's text. Never throws; an error names every field at fault. */
export function readDetection(record: string, context: ReadContext): ReadDetection {
  const usual = readUsualDetection(record, context);
  if (usual !== null) return usual;
  const parsed = parseRecord(record);
  if (!parsed.ok) return parsed;
  return detectionOf(new RecordFields(record, parsed.members), logBody(record, parsed.members.raw), context);
}

/** The same of a usual record of our own format (`readOwnRecord`); null for any other. */
export function readUsualDetection(record: string, context: ReadContext): ReadDetection | null {
  const own = readOwnRecord(record);
  return own === null ? null : detectionOf(new RecordFields(record, own.members), own.log, context);
}

/** The detection that these members and this log are, wherever they come from. */
export function detectionOf(fields: RecordFields, log: LogBody, context: ReadContext): ReadDetection {
  const ruleTitle = fields.requiredText("rule_title");
  const timestamp = fields.time("timestamp", context.now);
  const level = fields.word("level", levels) ?? "informational";
  if (!log.ok)
    fields.refuse("raw", acceptedLogs, log.depth > 0 ? `an object nested ${log.depth} levels deep` : undefined);
  const user = fields.text("user");
  const host = fields.text("host");
  const srcIp = fields.text("src_ip");
  const ruleId = fields.text("rule_id");
  const entity = fields.entity(context);

  const detection: Detection = {
    id: fields.text("id"),
    ruleId: fields.cap("rule_id", ruleId, 256),
    ruleTitle: fields.cap("rule_title", ruleTitle, 1_024),
    ruleAuthor: fields.cap("rule_author", fields.text("rule_author"), 512),
    tags: readTags(fields),
    level,
    risk: fields.score("risk", 0, 100) ?? riskOfLevel[level],
    mlCluster: fields.integer("ml_cluster") ?? -1,
    timestamp,
    entity: fields.cap("entity", entity, 256),
    user: fields.cap("user", user, 512),
    host: fields.cap("host", host, 512),
    srcIp: fields.cap("src_ip", srcIp, 128),
    dstHost: fields.cap("dst_host", fields.text("dst_host"), 512),
    eventId: fields.cap("event_id", fields.idText("event_id"), 128),
    channel: fields.cap("channel", fields.text("channel"), 256),
    provider: fields.cap("provider", fields.text("provider"), 256),
    recordId: fields.cap("record_id", fields.idText("record_id"), 128),
    body: log.ok ? log.body : "{}",
    // Over the whole values: shortening them must not merge alerts.
    hash: alertHash({ entity, ruleId, ruleTitle, user, host, srcIp }),
  };
  if (fields.error !== null) return { ok: false, readable: true, error: fields.error };
  fields.noteRepair(context.repaired);
  return { ok: true, detection, warning: fields.warning };
}

function readTags(fields: RecordFields): readonly string[] {
  const tags = fields.texts("tags");
  if (tags.length > mostTags) fields.warn(`tags: the first ${mostTags} of ${tags.length} kept`);
  else if (tags.every((tag) => tag.length <= longestTag)) return tags;
  return tags.slice(0, mostTags).map((tag) => fields.cap("tags", tag, longestTag));
}
