/** A copy of another node's database, for a node that is new or was away for too long: asked for, given, and put in place. */
import { randomBytes } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { EdgeError, messageOf } from "../../core/errors.ts";
import { oneLine, shortened } from "../../core/text/shorten.ts";
import { syncPath } from "../../store/disk/sync.ts";
import { outboundFetch } from "../runtime/outbound-fetch.ts";
import { askerOf, askingToken, mostSkewMs, seal, unseal } from "./sealed-stream.ts";

/** Where a node answers for copies. */
const snapshotPath = "/cluster/snapshot";
const partSuffix = ".copy-";
/** Without a byte for so long the copy is given up. */
const silentMs = 60_000;
/** Of what a node says instead of a copy, so many characters are told. */
const mostSaid = 300;

/** Answers a node that asks for a copy. `secret`: the cluster's, null while it is not known. */
export async function giveSnapshot(
  request: Request,
  {
    secret,
    database,
    now,
    copy,
  }: { secret: string | null; database: string; now: number; copy(to: string): Promise<void> },
): Promise<Response> {
  const [, token = ""] = /^Bearer (\S+)$/.exec(request.headers.get("authorization") ?? "") ?? [];
  const asker = secret === null ? null : askerOf(token, secret, now);
  if (secret === null || asker === null) return new Response(null, { status: 403 });
  const { node, aheadMs } = asker;
  if (!(Math.abs(aheadMs) <= mostSkewMs))
    return new Response(
      `the clock of ${node} is ${Math.round(Math.abs(aheadMs) / 60_000)} minutes ${aheadMs > 0 ? "ahead of" : "behind"} this node's, and a copy is given within ${mostSkewMs / 60_000}: set the wrong one right (timedatectl)`,
      { status: 403, headers: { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" } },
    );
  const file = `${database}${partSuffix}${randomBytes(6).toString("hex")}`;
  try {
    await copy(file);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
  const descriptor = openSync(file, "r");
  // What reads it keeps it; a crash leaves nothing behind.
  rmSync(file);
  const bytes = createReadStream("", { fd: descriptor, highWaterMark: 1024 * 1024 });
  return new Response(Readable.toWeb(Readable.from(seal(bytes, secret))) as never, {
    headers: { "Content-Type": "application/octet-stream", "Cache-Control": "no-store" },
  });
}

/**
 * Fetches a copy from the first of these addresses that gives one, and puts it in the place of the database, which is kept under another name.
 * For whoever knows that nobody has the database open. @throws EdgeError cluster_copy, with what each has said
 */
export async function takeSnapshot(
  addresses: readonly string[],
  {
    secret,
    node,
    database,
    now,
    signal,
  }: { secret: string; node: string; database: string; now: number; signal: AbortSignal },
): Promise<{ from: string; kept: string | null }> {
  const refused: string[] = [];
  removeParts(database);
  for (const address of addresses) {
    const part = `${database}${partSuffix}${randomBytes(6).toString("hex")}`;
    try {
      await fetchTo(part, `${address}${snapshotPath}`, { secret, token: askingToken(secret, node, now), signal });
      return { from: address, kept: putInPlace(part, database, now) };
    } catch (error) {
      rmSync(part, { force: true });
      if (signal.aborted) throw signal.reason;
      refused.push(`${address}: ${messageOf(error)}`);
    }
  }
  throw new EdgeError(
    "cluster_copy",
    `no node gives a copy of its database: ${refused.join("; ") || "none is there"}; it is tried again by itself`,
  );
}

async function fetchTo(
  file: string,
  address: string,
  { secret, token, signal }: { secret: string; token: string; signal: AbortSignal },
): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(new Error("it has stopped sending")), silentMs);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new Error("it has stopped sending")), silentMs);
  };
  try {
    // Whoever answers cannot read or make anything without the secret: its certificate proves nothing more.
    const response = await outboundFetch({ caFile: null, proxy: null, verifySsl: false })(address, {
      headers: { Authorization: `Bearer ${token}` },
      redirect: "error",
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (response.status !== 200 || response.body === null)
      throw new Error(`answers ${response.status}${await saidIn(response)}`);
    const { body } = response;
    async function* received() {
      for await (const part of body as unknown as AsyncIterable<Uint8Array>) {
        alive();
        yield part;
      }
    }
    await pipeline(Readable.from(unseal(received(), secret)), createWriteStream(file, { flags: "wx", mode: 0o600 }));
    syncPath(file);
  } finally {
    clearTimeout(timer);
  }
}

/** `: ` and why it gives none, where it says so; whoever answers may be anybody. */
async function saidIn({ headers, body }: Awaited<ReturnType<ReturnType<typeof outboundFetch>>>): Promise<string> {
  if (body === null || !headers.get("content-type")?.startsWith("text/plain")) return "";
  let text = "";
  const decoder = new TextDecoder();
  for await (const part of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(part.subarray(0, mostSaid * 4), { stream: true });
    if (text.length > mostSaid) break;
  }
  const said = shortened(oneLine(text), mostSaid);
  return said === "" ? "" : `: ${said}`;
}

/** Keeps what is there and puts the copy in its place; returns the name under which it is kept. */
function putInPlace(part: string, database: string, now: number): string | null {
  let kept: string | null = null;
  if (existsSync(database)) {
    kept = `${database}.before-copy-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, "")}`;
    for (const suffix of ["-wal", ""])
      if (existsSync(`${database}${suffix}`)) renameSync(`${database}${suffix}`, `${kept}${suffix}`);
  }
  for (const suffix of ["-wal", "-shm"]) rmSync(`${database}${suffix}`, { force: true });
  renameSync(part, database);
  syncPath(dirname(database));
  return kept;
}

/** What a copy has left that was cut off. */
function removeParts(database: string): void {
  const begin = `${basename(database)}${partSuffix}`;
  const folder = dirname(database);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) if (name.startsWith(begin)) rmSync(join(folder, name), { force: true });
}
