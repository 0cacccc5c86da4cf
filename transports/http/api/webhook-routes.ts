/** Webhooks of ticket systems, authenticated by signature. */
import * as v from "valibot";
import type { WebhookSystem } from "../../../core/tickets/ticket.ts";
import { readBytes } from "../body.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { type Route, route } from "./route.ts";

/** An issue with long texts and all its fields. */
const mostBytes = 4 * 1024 * 1024;

export function webhookRoutes({ webhooks }: ApiDependencies): Route[] {
  const hook = (system: WebhookSystem, path: string, how: string) =>
    route({
      method: "POST",
      path,
      permission: null,
      callers: "users",
      tag: "Tickets",
      summary: `A ticket has changed in ${system === "jira" ? "Jira" : "ServiceNow"}`,
      description: `${how} It is a hint: the ticket is read back before anything changes. Repeats are told from new ones.`,
      answers: {
        202: {
          description:
            "`accepted`: the ticket will be read. `ignored`: it is none of ours. `repeated`: it was here before.",
          schema: v.object({ status: v.picklist(["accepted", "ignored", "repeated"]) }),
        },
        400: { description: "The body is no JSON." },
        401: { description: "The signature is missing or wrong, or its time is not the present." },
        403: { description: "No secret is set." },
      },
      handle: async ({ c, address }) => {
        const header = (name: string) => c.req.header(name);
        // Check what is possible before reading an unauthenticated body.
        webhooks.expect(system, header);
        const body = await readBytes(c, { address, known: false }, { most: mostBytes, totalMs: 30_000 });
        return c.json({ status: await webhooks.receive(system, header, body) }, 202);
      },
    });
  return [
    hook(
      "jira",
      "/api/webhooks/jira",
      "Signed by `X-Hub-Signature: sha256=<hex>`, the HMAC-SHA256 of the body with JIRA_WEBHOOK_SECRET.",
    ),
    hook(
      "servicenow",
      "/api/webhooks/servicenow",
      'Body `{"sys_id": "…"}`; `X-RhythmX-Timestamp` in seconds since 1970, at most 5 minutes off, and `X-RhythmX-Signature: sha256=<base64>`, the HMAC-SHA256 of `timestamp.body` with SERVICENOW_WEBHOOK_SECRET.',
    ),
  ];
}
