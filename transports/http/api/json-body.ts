/** The body of an API request: JSON text of bounded size. */
import { EdgeError } from "../../../core/errors.ts";
import { readBytes } from "../body.ts";
import type { Sender } from "../body-budget.ts";
import type { ApiContext } from "./route.ts";

const ofKnown = { most: 1024 * 1024, totalMs: 60_000 };
/** Login bodies are small. */
const ofUnknown = { most: 16 * 1024, totalMs: 20_000 };

/** @throws EdgeError body_refused with `status` and `title`: 415 no JSON, 400 no UTF-8, and those of `readBytes` */
export async function readJsonBody(c: ApiContext, sender: Sender): Promise<string> {
  const type = (c.req.header("content-type") ?? "application/json").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json" && !/^application\/[\w.+-]+\+json$/.test(type))
    throw refused(415, "Unsupported Media Type", "send Content-Type: application/json");
  const bytes = await readBytes(c, sender, sender.known ? ofKnown : ofUnknown);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refused(400, "Unreadable body", "the body is no UTF-8");
  }
}

function refused(status: number, title: string, message: string): EdgeError {
  return new EdgeError("body_refused", message, { data: { status, title } });
}
