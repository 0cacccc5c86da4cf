/** The body of an API request: JSON text, or CSV where a route takes it, of bounded size. */
import { EdgeError } from "../../../core/errors.ts";
import { encodingOf, swapped } from "../../../core/text/encoding.ts";
import { readBytes } from "../body.ts";
import type { Sender } from "../body-budget.ts";
import type { ApiContext, TextBody } from "./route.ts";

const ofKnown = { most: 1024 * 1024, totalMs: 60_000 };
/** Login bodies are small. */
const ofUnknown = { most: 16 * 1024, totalMs: 20_000 };

/** @throws EdgeError body_refused with `status` and `title`: 415 no JSON, 400 no UTF-8, and those of `readBytes` */
export async function readJsonBody(c: ApiContext, sender: Sender): Promise<string> {
  if (!isJson(mediaType(c))) throw refused(415, "Unsupported Media Type", "send Content-Type: application/json");
  const bytes = await readBytes(c, sender, sender.known ? ofKnown : ofUnknown);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refused(400, "Unreadable body", "the body is no UTF-8");
  }
}

/** JSON, or CSV as spreadsheets save it (UTF-8, or UTF-16 with a byte order mark). @throws as `readJsonBody` */
export async function readTextBody(c: ApiContext, sender: Sender, most: number): Promise<TextBody> {
  const type = mediaType(c);
  const format = isJson(type) ? "json" : csvTypes.has(type) ? "csv" : null;
  if (format === null)
    throw refused(415, "Unsupported Media Type", "send Content-Type: application/json or Content-Type: text/csv");
  const bytes = await readBytes(c, sender, { most, totalMs: 120_000 });
  return { format, text: format === "csv" ? textOfCsv(bytes) : decoded(bytes, "utf-8", "the body is no UTF-8") };
}

/** As spreadsheets save it: UTF-8, or UTF-16 with a byte order mark. @throws EdgeError body_refused */
export function textOfCsv(bytes: Uint8Array): string {
  const hasMark = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const encoding = hasMark ? encodingOf(bytes) : "utf-8";
  const refusal = 'the body is no UTF-8: in a spreadsheet save it as "CSV UTF-8"';
  if (encoding === "utf-8") return decoded(bytes, "utf-8", refusal);
  const ordered = encoding === "utf-16be" && bytes.length % 2 === 0 ? swapped(bytes.slice()) : bytes;
  return decoded(ordered, "utf-16le", refusal);
}

function decoded(bytes: Uint8Array, encoding: "utf-8" | "utf-16le", refusal: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw refused(400, "Unreadable body", refusal);
  }
}

const csvTypes: ReadonlySet<string> = new Set(["text/csv", "application/csv", "text/comma-separated-values"]);

function mediaType(c: ApiContext): string {
  return (c.req.header("content-type") ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";
}

function isJson(type: string): boolean {
  return type === "application/json" || /^application\/[\w.+-]+\+json$/.test(type);
}

function refused(status: number, title: string, message: string): EdgeError {
  return new EdgeError("body_refused", message, { data: { status, title } });
}
