/** Tickets: planning them in the incident's own write beside BullMQ on a Redis that syncs every write, and from incident to ticket. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { detection } from "../harness/appliance.ts";
import { freePort } from "../harness/free-port.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { JiraStandIn } from "../standins/jira.ts";
import { ServiceNowStandIn } from "../standins/servicenow.ts";
import { runChild } from "./child.ts";
import { type Bench, compared, type Figure, median, milliseconds, type Plan, quantile, rate } from "./figure.ts";

/** Incidents a second for the way to a ticket. */
const incidentsPerSecond = 10;

export const tickets: Bench = {
  name: "tickets",
  async run(plan) {
    const planned: number[] = [];
    const added: number[] = [];
    const queued: number[] = [];
    const delays: number[][] = [];
    for (let run = 1; run <= plan.runs; run++) {
      const incidents = plan.quick ? 1_000 : 5_000;
      const without = await secondsFor(plan, incidents, false);
      const whole = await secondsFor(plan, incidents, true);
      // Two deliveries an incident.
      planned.push((2 * incidents) / whole);
      added.push((2 * incidents) / Math.max(0.001, whole - without));
      const peer = await bullmqPerSecond(plan.quick ? 3 : 10);
      if (peer !== null) queued.push(peer);
      delays.push(await incidentToTicket(plan));
      plan.say(
        `tickets ${run}: ${rate(planned.at(-1) ?? 0)} planned, BullMQ ${rate(peer ?? 0)}, to the ticket p99 ${milliseconds(quantile(delays.at(-1) ?? [], 0.99))}`,
      );
    }
    const p99 = median(delays.map((of) => quantile(of, 0.99)));
    const figures: Figure[] = [
      compared("tickets planned, by what they add to the incident's write", added, queued, rate, {
        besideName: "BullMQ add",
        atLeast: 2,
      }),
      compared("incidents with their tickets, everything counted", planned, queued, rate, {
        besideName: "BullMQ add",
        atLeast: 1.5,
      }),
      {
        name: `incident to ticket at ${incidentsPerSecond}/s, p99`,
        ours: `${milliseconds(p99)} (p50 ${milliseconds(median(delays.map(median)))})`,
        beside: "",
        ratio: "",
        aim: "< 2 s",
        reached: p99 < 2000,
      },
    ];
    return figures;
  },
};

function environment(jira: string, snow: string): Record<string, string> {
  return {
    JIRA_URL: jira,
    JIRA_EMAIL: "soc@acme.example",
    JIRA_API_TOKEN: "jira-token-1",
    JIRA_PROJECT_KEY: "SEC",
    JIRA_ENABLED: "true",
    SERVICENOW_INSTANCE: snow,
    SERVICENOW_USERNAME: "rhythmx",
    SERVICENOW_PASSWORD: "snow-password-1",
    SERVICENOW_ENABLED: "true",
    AUTO_PUSH_ENABLED: "true",
    AUTO_PUSH_MIN_SEVERITY: "MEDIUM",
    AUTO_PUSH_SYSTEMS: "jira,servicenow",
  };
}

async function started(plan: Plan, env: Record<string, string>): Promise<{ appliance: ApplianceProcess; key: string }> {
  const appliance = await ApplianceProcess.prepare({
    config: {},
    env,
    ...(plan.program === undefined ? {} : { program: plan.program }),
  });
  await appliance.start();
  return { appliance, key: appliance.run(["key", "create", "bench", "--scope", "ingest"]).stdout.trim() };
}

async function ingest(appliance: ApplianceProcess, key: string, actors: readonly string[]): Promise<void> {
  const body = actors.map((user) => JSON.stringify(detection({ user, level: "critical" }))).join("\n");
  const headers = { "X-API-Key": key, "Content-Type": "application/x-ndjson" };
  const answer = await fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, { method: "POST", headers, body });
  if (answer.status !== 200) throw new Error(`the answer is ${answer.status}`);
}

/** For so many incidents, with detections, alerts and events, and their deliveries on the disk; the targets are away, so none is sent. */
async function secondsFor(plan: Plan, incidents: number, pushed: boolean): Promise<number> {
  const env = { ...environment("http://127.0.0.1:9", "http://127.0.0.1:9"), AUTO_PUSH_ENABLED: String(pushed) };
  const { appliance, key } = await started(plan, env);
  try {
    const start = performance.now();
    const lanes = Array.from({ length: 2 }, async (_, lane) => {
      for (let made = lane * 100; made < incidents; made += 200)
        await ingest(
          appliance,
          key,
          Array.from({ length: 100 }, (_, n) => `actor-${made + n}`),
        );
    });
    await Promise.all(lanes);
    return (performance.now() - start) / 1000;
  } finally {
    await appliance.dispose();
  }
}

/** From when an incident's detection was due to its create at each target. */
async function incidentToTicket(plan: Plan): Promise<number[]> {
  const [jira, snow] = [await new JiraStandIn().start(), await new ServiceNowStandIn().start()];
  const { appliance, key } = await started(plan, environment(jira.url, snow.url));
  try {
    const incidents = incidentsPerSecond * (plan.quick ? 3 : 20);
    const due = new Map<string, number>();
    const start = performance.now();
    for (let n = 0; n < incidents; n++) {
      await new Promise((resolve) =>
        setTimeout(resolve, Math.max(0, start + (n * 1000) / incidentsPerSecond - performance.now())),
      );
      due.set(`actor-${n}`, Date.now());
      void ingest(appliance, key, [`actor-${n}`]);
    }
    while (jira.issues.length < incidents || snow.rows.length < incidents)
      await new Promise((resolve) => setTimeout(resolve, 20));
    const created = [...jira.log, ...snow.log].filter(
      ({ method, path }) => method === "POST" && /\/(issue|incident)$/.test(path),
    );
    return created.map(({ at, body }) => at - (due.get(/ (actor-\d+) /.exec(body)?.[1] ?? "") ?? Number.NaN));
  } finally {
    await appliance.dispose();
    await Promise.all([jira.stop(), snow.stop()]);
  }
}

/** Null where there is no redis-server. */
async function bullmqPerSecond(seconds: number): Promise<number | null> {
  if (spawnSync("redis-server", ["--version"]).status !== 0) return null;
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-redis-"));
  const port = await freePort();
  const options = [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--dir",
    folder,
    "--save",
    "",
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
  ];
  const redis: ChildProcess = spawn("redis-server", options, { stdio: "ignore" });
  try {
    while (!(await listens(port))) await new Promise((resolve) => setTimeout(resolve, 50));
    return (await runChild<{ rate: number }>("bullmq-add.ts", { port, seconds })).rate;
  } finally {
    redis.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
  });
}
