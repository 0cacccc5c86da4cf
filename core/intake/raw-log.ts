/** The original log of a detection as the body of its alert messages: one line of ASCII JSON, digits and keys as received. */
import { asciiJson, compactJson } from "../text/ascii-json.ts";
import { type JsonSpan, lastMember, valueAt } from "../text/json-scan.ts";

/** Deeper logs are refused: no SIEM reads them, and whatever walks a log by recursion later must not overflow. */
export const deepestLog = 1_000;

/** The body; or, where the log is none that is accepted, how deep it is nested (0 = no object at all). */
export type LogBody = { ok: true; body: string } | { ok: false; depth: number };

/**
 * Body of the `raw` member of a record (CONTRACT 2 and 9.7): a log that is a JSON object, or text that holds one, as it is; other
 * text as `{"raw":"…"}`. `record` is the record's text, which JSON.parse has accepted, `raw` the parsed member.
 */
export function logBody(record: string, raw: unknown): LogBody {
  if (typeof raw === "string") return textLogBody(raw);
  const isObject = typeof raw === "object" && raw !== null && !Array.isArray(raw);
  const span = isObject ? lastMember(record, "raw") : null;
  if (span === null || span.depth > deepestLog) return { ok: false, depth: span?.depth ?? 0 };
  return spannedLogBody(record, span);
}

/** Body of a `raw` member that is text. */
export function textLogBody(raw: string): LogBody {
  return { ok: true, body: textBody(raw) };
}

/** Body of a `raw` member that is an object, nested at most `deepestLog` levels, and stands here in the record. */
export function spannedLogBody(record: string, span: Omit<JsonSpan, "depth">): LogBody {
  return { ok: true, body: objectBody(record, span) };
}

/** An original log that was found elsewhere than in `raw`: text, or the text of a JSON value that JSON.parse has accepted. */
export interface OriginalLog {
  kind: "text" | "json";
  text: string;
}

/** Body of a log that an engine's record carries; null = it carries none. */
export function originalLogBody(log: OriginalLog | null): LogBody {
  if (log?.kind === "text") return { ok: true, body: textBody(log.text) };
  if (!log?.text.startsWith("{")) return { ok: false, depth: 0 };
  const span = valueAt(log.text, 0);
  return span.depth > deepestLog ? { ok: false, depth: span.depth } : { ok: true, body: objectBody(log.text, span) };
}

function textBody(text: string): string {
  const trimmed = text.trim();
  if (trimmed.startsWith("{") && isJson(trimmed)) {
    const span = valueAt(trimmed, 0);
    if (span.depth <= deepestLog) return objectBody(trimmed, span);
  }
  return `{"raw":${asciiJson(JSON.stringify(text))}}`;
}

function objectBody(text: string, span: Omit<JsonSpan, "depth">): string {
  const object = text.slice(span.start, span.end);
  return asciiJson(span.spaced ? compactJson(object) : object);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
