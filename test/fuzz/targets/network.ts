/** What receivers and targets answer, and what ticket systems send by themselves. */
import { createHmac } from "node:crypto";
import { Webhooks } from "../../../appliance/tickets/webhooks.ts";
import { DeliveryError, EdgeError } from "../../../core/errors.ts";
import { retryAfterSeconds } from "../../../integrations/answers.ts";
import { Target as HttpTarget } from "../../../integrations/http.ts";
import { parseAnswer, RelpParser } from "../../../transports/syslog/relp/relp-frames.ts";
import { assertKnown, assertWords, errorOf, holds, type Target, textOf } from "../target.ts";
import { bodies, jiraErrors, record, ticketId, ticketTargets, tools } from "./tickets.ts";

function framesOf(input: Uint8Array, piece: number): { frames: string; failed: unknown } {
  const parser = new RelpParser();
  const frames: string[] = [];
  let failed: unknown = null;
  try {
    for (let at = 0; at < input.length; at += piece)
      for (const { txnr, command, data } of parser.push(Buffer.from(input.subarray(at, at + piece))))
        frames.push(`${txnr} ${command} ${data.length} ${data.toString("latin1")}`);
  } catch (error) {
    failed = error;
  }
  return { frames: frames.join("\n"), failed };
}

/** The frames that stand there whole, by the letter of the protocol. */
function strictFrames(text: string): string[] {
  const frames: string[] = [];
  for (let rest = text; ; ) {
    const head = /^(\d{1,9}) ([A-Za-z]{1,32}) (\d{1,9})(?: |(?=\n))/.exec(rest);
    if (head === null) return frames;
    const [whole, txnr, command, length] = head;
    const size = Number(length);
    if (rest.charAt(whole.length + size) !== "\n" || size > 128 * 1024) return frames;
    frames.push(`${Number(txnr)} ${command} ${size} ${rest.slice(whole.length, whole.length + size)}`);
    rest = rest.slice(whole.length + size + 1);
  }
}

function attemptRelp(input: Uint8Array): void {
  const whole = framesOf(input, Math.max(1, input.length));
  if (whole.failed !== null) assertKnown(whole.failed, DeliveryError, ["relp_protocol"]);
  const text = Buffer.from(input).toString("latin1");
  if (whole.failed === null) holds(whole.frames === strictFrames(text).join("\n"), "other frames than stand there");
  if (input.length > 20_000) return;
  const inPieces = framesOf(input, 3);
  holds((inPieces.failed === null) === (whole.failed === null), "another end where the bytes are cut");
  if (whole.failed === null) holds(inPieces.frames === whole.frames, "other frames where the bytes are cut");
  const { code, text: said } = parseAnswer(Buffer.from(input));
  assertWords(said);
  holds(Number.isInteger(code) && code >= 0 && code <= 999 && said.length <= 80, "an answer that is none");
}

async function attemptHttp(input: Uint8Array): Promise<void> {
  const options = { baseUrl: "https://t.example", headers: {}, secrets: ["hunter22"], ...tools(input) };
  const target = new HttpTarget(options);
  const error = await errorOf(() => target.request({ method: "GET", path: "/x" }));
  if (error !== null) {
    assertKnown(error, DeliveryError);
    holds(error.message.length <= 1_000 && !error.message.includes("hunter22"), "more than it may say");
  }
  const seconds = retryAfterSeconds(textOf(input).slice(0, 100), 1_790_000_000_000);
  holds(seconds === null || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400), "a wait that is none");
}

const now = Date.UTC(2026, 10, 1);
const hookSecret = "hook-secret-1";

/** Signed as its sender signs it, so that the body is read; and as it is, with the text as a header. */
async function attemptWebhook(input: Uint8Array): Promise<void> {
  const text = textOf(input);
  for (const system of ["jira", "servicenow"] as const) {
    const ids: string[] = [];
    const hooks = new Webhooks({
      clock: { now: () => now, monotonic: () => 0 } as never,
      secretOf: () => hookSecret,
      readSoon: async (_, id) => ids.push(id) > 0,
    });
    const stamp = String(now / 1000);
    const mac = createHmac("sha256", hookSecret);
    const signed =
      system === "jira"
        ? `sha256=${mac.update(input).digest("hex")}`
        : `sha256=${mac.update(`${stamp}.`).update(input).digest("base64")}`;
    const headers: Record<string, string> = {
      "x-hub-signature": signed,
      "x-rhythmx-signature": signed,
      "x-rhythmx-timestamp": stamp,
    };
    const error = await errorOf(() => hooks.receive(system, (name) => headers[name], input));
    if (error !== null) assertKnown(error, EdgeError, ["webhook_unreadable"]);
    for (const id of ids) holds(/^[0-9a-zA-Z-]{1,64}$/.test(id), "an id that is none");
    // Nothing else passes for a signature.
    const forged = await errorOf(() =>
      hooks.receive(
        system,
        (name) => ({ ...headers, [`x-${system === "jira" ? "hub" : "rhythmx"}-signature`]: text })[name],
        input,
      ),
    );
    assertKnown(forged, EdgeError, ["webhook_signature"]);
    const early = await errorOf(() => hooks.expect(system, () => text.slice(0, 300)));
    if (early !== null) assertKnown(early, EdgeError, ["webhook_signature", "webhook_outdated"]);
    const late = await errorOf(() =>
      hooks.expect("servicenow", (name) =>
        name === "x-rhythmx-timestamp"
          ? text.slice(0, 60)
          : signed.length === 51
            ? signed
            : `sha256=${"A".repeat(43)}=`,
      ),
    );
    if (late !== null) assertKnown(late, EdgeError, ["webhook_outdated"]);
    else
      holds(
        /^\s*(?:0*1793\d{6,9}(?:\.\d+)?|\d{4}-\d\d-\d\d[Tt ][\d:.,]+ ?(?:[Zz]|[+-]\d\d:?(?:\d\d)?)*)\s*$/.test(
          text.slice(0, 60),
        ),
        "words are read as the present time",
      );
  }
}

export const networkTargets: readonly Target[] = [
  {
    name: "relp",
    samples: [
      "2 rsp 6 200 OK\n8 rsp 0\n0 serverclose 0\n9 rsp 0 \n",
      "1 rsp 92 200 OK\nrelp_version=0\nrelp_software=librelp,1.10.0,http://librelp.adiscon.com\ncommands=syslog\n",
      "500 no\n",
    ],
    words: [" rsp ", "131072", "131073", "999999999", "0 serverclose 0\n", "\n", "200 OK"],
    attempt: attemptRelp,
  },
  {
    name: "http-answers",
    samples: [
      ...bodies(
        4,
        jiraErrors,
        { error: { message: "m", detail: "d" } },
        "<html><script>x</script><p>Login hunter22</p></html>",
      ),
      ...bodies(0, { success: false, message: "no" }, { errors: { a: ["x"] } }),
      ...bodies(7, "120"),
    ],
    words: [
      "<script>",
      "<style",
      "</script>",
      '"errors"',
      '"errorMessages"',
      '"error"',
      "hunter22",
      "Sun, 06 Nov 1994 08:49:37 GMT",
    ],
    attempt: attemptHttp,
  },
  ...ticketTargets,
  {
    name: "webhooks",
    samples: [
      JSON.stringify({ webhookEvent: "jira:issue_updated", timestamp: now, issue: { id: ticketId, key: "SEC-1" } }),
      JSON.stringify({ sys_id: record, table: "incident" }),
      "2026-11-01T00:00:00Z",
      String(now / 1000),
      String(now),
    ],
    words: ['"issue"', '"id"', '"sys_id"', "sha256=", "Nov 1 2026", "2026-11-01"],
    attempt: attemptWebhook,
  },
];
