/** The certificates that a ticket system shows, whether they are trusted or not; the test of its connection says that. */
import { EdgeError } from "../../core/errors.ts";
import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import type { TicketSystemName } from "../../core/tickets/ticket.ts";
import type { TestStep } from "../../core/tickets/ticket-system.ts";
import { instanceUrl } from "../../integrations/servicenow/table.ts";
import { inspectTls } from "../../transports/syslog/certificates.ts";
import { isDirect, tunnelThrough } from "../runtime/proxy-tunnel.ts";

const limits = { connectMs: 5_000 };

/** Nothing without TLS, and where there was no handshake. Behind a proxy they are what it lets through: its own, where it breaks TLS open. */
export async function shownChain(settings: TicketSettings, system: TicketSystemName): Promise<TestStep[]> {
  const { env } = process;
  const address = addressOf(settings, system);
  if (address === null || !URL.canParse(address)) return [];
  const { protocol, hostname, port } = new URL(address);
  if (protocol !== "https:") return [];
  const place = { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: Number(port || 443) };
  const proxy = settings[system]?.proxy || env.https_proxy || env.HTTPS_PROXY || "";
  const isProxied = proxy !== "" && !isDirect(place, `${settings.noProxy},${env.no_proxy || env.NO_PROXY || ""}`);
  try {
    const way = isProxied ? await tunnelThrough(proxy, place, limits.connectMs) : null;
    const { handshake } = await inspectTls({ ...place, limits }, place.host, {}, way);
    if (handshake === null) return [];
    const { cipher, certificates } = handshake;
    const [own] = certificates;
    const until = own === undefined ? "" : `; its certificate holds until ${own.valid_to.slice(0, 10)}`;
    const through = isProxied ? `, through ${new URL(proxy).host}` : "";
    const detail = `${handshake.protocol}, ${cipher}${through}${until}`;
    return [{ name: "TLS handshake", ok: true, detail, certificates }];
  } catch (error) {
    // That the proxy refuses is what the test itself meets, and says.
    if (error instanceof EdgeError) return [];
    throw error;
  }
}

function addressOf({ jira, servicenow, proactive }: TicketSettings, system: TicketSystemName): string | null {
  if (system === "jira") return jira?.url ?? null;
  if (system === "proactive") return proactive?.baseUrl ?? null;
  return servicenow === null ? null : instanceUrl(servicenow.instance);
}
