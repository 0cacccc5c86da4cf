/** Webhooks as the ticket systems sign and send them. */
import { createHmac } from "node:crypto";
import type { TestAppliance } from "./appliance.ts";

export const webhookSecrets = { jira: "It's a Secret to Everybody", servicenow: "another secret of the site" };

interface WebhookOptions {
  secret?: string;
  /** Jira's, the same in every repetition. */
  identifier?: string;
  /** ServiceNow's; default: the appliance's clock. */
  timestamp?: string;
  /** Instead of the right one; null = none. */
  signature?: string | null;
}

export interface Webhook {
  path: string;
  headers: Record<string, string>;
  body: string;
}

export function jiraWebhook(issueId: string, at: number, options: WebhookOptions = {}): Webhook {
  const body = JSON.stringify({
    timestamp: at,
    webhookEvent: "jira:issue_updated",
    issue: { id: issueId, key: "X-1" },
  });
  const { secret = webhookSecrets.jira, identifier } = options;
  const right = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  const signature = options.signature === undefined ? right : options.signature;
  const headers = {
    "Content-Type": "application/json",
    ...(signature === null ? {} : { "X-Hub-Signature": signature }),
    ...(identifier === undefined ? {} : { "X-Atlassian-Webhook-Identifier": identifier }),
  };
  return { path: "/api/webhooks/jira", headers, body };
}

export function snowWebhook(sysId: string, at: number, options: WebhookOptions = {}): Webhook {
  const body = JSON.stringify({ sys_id: sysId, sys_updated_on: new Date(at).toISOString() });
  const { secret = webhookSecrets.servicenow, timestamp = String(Math.floor(at / 1000)) } = options;
  const right = `sha256=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("base64")}`;
  const signature = options.signature === undefined ? right : options.signature;
  const headers = {
    "Content-Type": "application/json",
    "X-RhythmX-Timestamp": timestamp,
    ...(signature === null ? {} : { "X-RhythmX-Signature": signature }),
  };
  return { path: "/api/webhooks/servicenow", headers, body };
}

export async function send(appliance: TestAppliance, { path, headers, body }: Webhook) {
  const response = await fetch(appliance.appliance.apiUrl + path, { method: "POST", headers, body });
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  return { status: response.status, body: (await response.json()) as any };
}
