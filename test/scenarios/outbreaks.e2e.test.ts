/** An outbreak while the real program is killed: before, while and after it is waited for an earlier host. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { Dice } from "../chaos/dice.ts";
import { until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { queryDatabase } from "../harness/database-file.ts";
import { Site } from "../harness/site.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

function wave(hosts: number): unknown[] {
  const begin = Date.now() - 120_000;
  return Array.from({ length: hosts }, (_, index) => ({
    id: `d${index}`,
    rule_title: "Suspicious Service Binary",
    rule_id: "r1",
    level: "high",
    user: "NT AUTHORITY\\SYSTEM",
    timestamp: new Date(begin + index * 200).toISOString(),
    host: `host-${index}`,
    raw: { n: index },
  }));
}

for (const [hosts, size] of [
  [5, 1],
  [50, 1],
  [500, 100],
] as const)
  test.concurrent(
    `${hosts} hosts, shuffled, in batches of ${size}: the same one incident however often it is killed`,
    cleaningUp(async (defer) => {
      const receiver = await SyslogReceiver.started();
      defer(() => receiver.stop());
      const site = await Site.prepare({ name: "siem", protocol: "tcp", host: "127.0.0.1", port: receiver.port });
      defer(() => site.process.dispose());
      await site.start();
      const killed = async () => {
        await site.process.kill();
        await site.process.start();
      };
      const list = new Dice(hosts).shuffled(wave(hosts));
      for (let from = 0, sent = 0; from < list.length; from += size, sent++) {
        expect((await site.ingest(list.slice(from, from + size), `b${from}`)).status).toBe(200);
        if (sent === 2 || sent === 20) await killed();
      }
      await killed();
      const data = { dataDir: join(site.process.folder, "data") };
      const incidents = () =>
        queryDatabase(
          data,
          "select count(*) as n, min(group_key) as actor, min(risk_level) as level, min(incident_id) as id from incidents",
        );
      const outbreaks = () =>
        queryDatabase(
          data,
          "select count(*) as n, sum(json_array_length(hosts)) as hosts, max(state) as state from outbreaks",
        );
      await until(
        () => outbreaks().n === 1,
        undefined,
        () => "no outbreak is known",
      );
      await killed();
      await until(
        () => outbreaks().state === "open",
        undefined,
        () => JSON.stringify(outbreaks()),
      );
      const { id } = incidents();
      await killed();
      // A detection of another rule, to see that what was there is looked at once.
      await site.ingest([{ ...(list[0] as object), id: "x", rule_id: "r2" }], "other");
      await until(
        () => queryDatabase(data, "select alert_id from outbreak_position").alert_id === hosts + 1,
        undefined,
        () => "the position stands still",
      );
      expect(incidents()).toEqual({ n: 1, actor: "host-0", level: "critical", id: id ?? null });
      expect(outbreaks()).toEqual({ n: 1, hosts, state: "open" });
      const created = queryDatabase(data, "select count(*) as n from event_log where kind = 'incident_created'");
      expect(created.n).toBe(1);
    }),
  );
