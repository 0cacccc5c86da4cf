/** An appliance to which everything has happened that metrics tell of, so that each of them has a series. */
import { join } from "node:path";
import { ApiClient } from "./api-client.ts";
import { detection, until } from "./appliance.ts";
import { type Scrape, scrape } from "./metrics.ts";
import { critical, deliveries, type Scene, scene, turn } from "./ticket-scene.ts";
import { send, snowWebhook, webhookSecrets } from "./webhooks.ts";

const tls = join(import.meta.dirname, "../data/tls");

/** Ends with `cleanUpScenes`. */
export async function meteredAppliance(): Promise<{ scene: Scene; scrape: Scrape }> {
  const certificates = {
    ca_file: join(tls, "ca.pem"),
    cert_file: join(tls, "client.pem"),
    key_file: join(tls, "client.key"),
  };
  const syslog = [
    { name: "away", protocol: "tls", host: "127.0.0.1", port: 1, tls: certificates },
    { name: "siem", protocol: "udp", host: "127.0.0.1", port: 9 },
  ];
  const it = await scene(
    { JIRA_CA_FILE: join(tls, "ca.pem"), SERVICENOW_WEBHOOK_SECRET: webhookSecrets.servicenow },
    { config: { syslog } },
  );
  it.jira.options.credentials = "soc@acme.example:another";
  await it.appliance.ingest([critical("a"), detection()]);
  await until(async () => (await deliveries(it, "state=parked")).length === 1);
  await until(async () => (await deliveries(it, "state=confirmed")).length === 1);
  await it.admin.post("/api/backups", undefined);
  await send(it.appliance, snowWebhook("x", it.appliance.clock.now()));
  await it.appliance.reload({ syslog }, { syslog: "not a destination" });
  await new ApiClient(it.appliance.appliance.apiUrl).get("/api/incidents");
  // A search for changed tickets.
  await turn(it, 6 * 60_000);
  await until(
    async () =>
      !Number.isNaN(
        (await scrape(it.appliance)).value("rhythmx_ticket_sync_timestamp_seconds", { system: "servicenow" }),
      ),
  );
  await until(async () => (await scrape(it.appliance)).value("rhythmx_backup_last_size_bytes") > 0);
  return { scene: it, scrape: await scrape(it.appliance) };
}
