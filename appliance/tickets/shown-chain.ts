/** The certificates that a ticket system shows, whether they are trusted or not; the test of its connection says that. */
import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import type { TicketSystemName } from "../../core/tickets/ticket.ts";
import type { TestStep } from "../../core/tickets/ticket-system.ts";
import { instanceUrl } from "../../integrations/servicenow/table.ts";
import { inspectTls } from "../../transports/syslog/certificates.ts";

const limits = { connectMs: 5_000 };

/** Nothing without TLS, behind a proxy, which alone reaches the target, and where there was no handshake. */
export async function shownChain(settings: TicketSettings, system: TicketSystemName): Promise<TestStep[]> {
  const proxy = settings[system]?.proxy ?? process.env.HTTPS_PROXY ?? process.env.https_proxy ?? "";
  const address = addressOf(settings, system);
  if (address === null || !URL.canParse(address) || proxy !== "") return [];
  const { protocol, hostname, port } = new URL(address);
  if (protocol !== "https:") return [];
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const { handshake } = await inspectTls({ host, port: Number(port || 443), limits }, host, {});
  if (handshake === null) return [];
  const { cipher, certificates } = handshake;
  const [own] = certificates;
  const until = own === undefined ? "" : `; its certificate holds until ${own.valid_to.slice(0, 10)}`;
  return [{ name: "TLS handshake", ok: true, detail: `${handshake.protocol}, ${cipher}${until}`, certificates }];
}

function addressOf({ jira, servicenow, proactive }: TicketSettings, system: TicketSystemName): string | null {
  if (system === "jira") return jira?.url ?? null;
  if (system === "proactive") return proactive?.baseUrl ?? null;
  return servicenow === null ? null : instanceUrl(servicenow.instance);
}
