/** The body of an API request: JSON text of bounded size. */
import { EdgeError } from "../../../core/errors.ts";
import type { ApiContext } from "./route.ts";

const mostBytes = 1024 * 1024;
/** A body may be silent so long before its connection is cut. */
const silenceSeconds = 30;

/** @throws EdgeError body_refused with `status` and `title`: 413 too large, 415 no JSON, 400 incomplete or no UTF-8 */
export async function readJsonBody(c: ApiContext): Promise<string> {
  const type = (c.req.header("content-type") ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json" && !/^application\/[\w.+-]+\+json$/.test(type))
    throw refused(415, "Unsupported Media Type", "send Content-Type: application/json");
  const bytes = await readBytes(c, mostBytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refused(400, "Unreadable body", "the body is no UTF-8");
  }
}

/** The body as it was sent. @throws EdgeError body_refused: 413 more than `most` bytes, 400 incomplete */
export async function readBytes(c: ApiContext, most: number): Promise<Uint8Array> {
  if (Number(c.req.header("content-length") ?? 0) > most) throw tooLarge(most);
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    c.env.extendTimeout(silenceSeconds);
    for await (const part of c.req.raw.body ?? []) {
      size += part.length;
      if (size > most) break;
      parts.push(part);
      c.env.extendTimeout(silenceSeconds);
    }
  } catch {
    throw refused(400, "Unreadable body", "the connection broke while the body was being sent");
  }
  if (size > most) throw tooLarge(most);
  return Buffer.concat(parts);
}

function tooLarge(most: number): EdgeError {
  return refused(413, "Content Too Large", `a body here holds at most ${most / 1024 / 1024} MiB`);
}

function refused(status: number, title: string, message: string): EdgeError {
  return new EdgeError("body_refused", message, { data: { status, title } });
}
