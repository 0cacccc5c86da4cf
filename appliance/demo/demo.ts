/** A whole appliance on one machine: real detections are sent to it over HTTP, and a receiver prints its syslog messages. */

import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EdgeError, messageOf } from "../../core/errors.ts";
import { minuteMs } from "../../core/time.ts";
import { startAppliance } from "../appliance.ts";
import type { Appliance } from "../options.ts";
import { createLog } from "../runtime/log.ts";
import { compressedTime, systemClock, systemSleep } from "../runtime/time.ts";
import sample from "../sample/sample.jsonl" with { type: "text" };
import { Account, type BatchAnswer } from "./account.ts";
import { bodyOf, planFeed } from "./feed.ts";
import { readMessage } from "./message.ts";
import { startReceiver } from "./receiver.ts";
import { send } from "./request.ts";
import type { Screen } from "./screen.ts";
import { demoSettings } from "./settings.ts";
import { clockTime, Story } from "./story.ts";
import { startTicketSystem, type TicketServer } from "./ticket-system.ts";

/** The demo's time over which the sample is spread, and that of one group. */
const feedSpanMs = 48 * minuteMs;
const groupMs = 2 * minuteMs;
/** An hour after the first group, and one hourly tick. */
const firstHourlyMs = 65 * minuteMs;
/** The longest wait in the demo's time; every HOURLY comes much earlier. */
const mostMs = 180 * minuteMs;

export interface DemoOptions {
  screen: Screen;
  /** Minutes that pass on the demo's clock in each real second. */
  minutesPerSecond: number;
  /** Whether it continues until `signal` after everything was shown. */
  staysOpen: boolean;
  signal: AbortSignal;
}

/**
 * Runs the demo and returns what it should have shown and did not. Rejects with the signal's reason if that comes before
 * everything was shown. Removes everything that it made.
 */
export async function runDemo(options: DemoOptions): Promise<string[]> {
  const { screen, minutesPerSecond } = options;
  const { clock, sleep } = compressedTime(minutesPerSecond * 60);
  const story = new Story(screen, () => clock.now());
  const account = new Account();
  const dataDir = await temporaryFolder();
  const cleanUp = [() => rm(dataDir, { recursive: true, force: true })];
  try {
    const receive = (text: string) => {
      const message = readMessage(text);
      account.received(message);
      story.cameOut(text, message);
    };
    // One destination for each feed.
    const [alerts, incidents] = await Promise.all([startReceiver(receive), startReceiver(receive)]);
    for (const receiver of [alerts, incidents]) cleanUp.push(() => receiver.close());
    const jira = await startTicketSystem((ticket) => {
      account.ticketMade(ticket.labels);
      story.ticket(ticket);
    }, clock.now);
    cleanUp.push(() => jira.close());
    const log = createLog({
      level: "warn",
      format: "text",
      clock,
      write: (line) => {
        if (!options.signal.aborted) story.warning(line.trimEnd());
      },
    });
    const password = randomBytes(9).toString("base64url");
    const resolved = demoSettings(dataDir, password, jira.url, alerts.port, incidents.port);
    const appliance = await startAppliance({
      resolved,
      clock,
      // A session of eight hours would end within minutes.
      loginClock: systemClock,
      // A start that waits for disk space ends with the demo.
      sleep: (milliseconds, signal) => sleep(milliseconds, signal ?? options.signal),
      random: Math.random,
      log,
    });
    cleanUp.push(() => appliance.stop());
    const { key } = await appliance.operations.createKey({
      name: "demo",
      scopes: ["ingest", "feed:read"],
      entities: [],
      expiresInDays: null,
    });

    const broken = new AbortController();
    appliance.broken.then((error) => broken.abort(error));
    const signal = AbortSignal.any([options.signal, broken.signal]);
    const ports = { alerts: alerts.port, incidents: incidents.port, jira: jira.url };
    const scene: Scene = { ...options, story, account, appliance, key, dataDir, password, ports, jira, signal };
    const missing = await play(scene, clock.now);
    if (options.staysOpen) await aborted(signal);
    broken.signal.throwIfAborted();
    return missing;
  } finally {
    for (const step of cleanUp.reverse()) await step();
  }
}

interface Scene extends DemoOptions {
  story: Story;
  account: Account;
  appliance: Appliance;
  key: string;
  dataDir: string;
  /** Token of the administrator. */
  password: string;
  /** Ports of the two receivers. */
  ports: { alerts: number; incidents: number; jira: string };
  jira: TicketServer;
}

async function play(scene: Scene, now: () => number): Promise<string[]> {
  const { story, account, appliance, key, minutesPerSecond, signal } = scene;
  const pause = (milliseconds: number) => systemSleep(Math.max(0, milliseconds), signal);
  const start = now();
  const groups = planFeed(sample, feedSpanMs, groupMs);
  const total = groups.reduce((sum, { detections }) => sum + detections.length, 0);
  introduce(scene);

  story.step("Detections go in over HTTP; alerts, cases and incidents come out");
  story.say(
    `${total} hits of Sigma rules on the logs of four real attacks. A new alert goes out at once as FIRST; more of the same are only counted. Alerts of one actor that fit a pattern form a threat case; an actor whose risk passes the threshold becomes an incident.`,
  );
  for (const group of groups) {
    await pause((start + group.at - now()) / (minutesPerSecond * 60));
    story.goesIn(group);
    account.answered(await ingest(appliance, key, bodyOf(group, start)));
  }
  // The last FIRST messages have not arrived yet.
  for (let tries = 0; account.first < account.alerts && tries < 20; tries++) await pause(50);

  story.step("An hour after its FIRST, an alert that came again goes out as HOURLY");
  story.say('hourly_delta says how many are new, burst="true" that it is far more than usual.');
  const seconds = Math.ceil((start + firstHourlyMs - now()) / (minutesPerSecond * minuteMs));
  story.say(`The first are due at ${clockTime(start + firstHourlyMs)}, about ${seconds} seconds from now.`);
  while (!account.complete && now() < start + mostMs) await pause(50);

  story.step("What it makes of them: who to look at first");
  for (const incident of account.findings.incidents) story.incident(incident);

  await showPoll(scene);
  await showWayBack(scene, pause);

  story.step("The appliance says how it is");
  const url = `${appliance.healthUrl}/health`;
  const health = await send(url);
  story.say(`GET ${url} answers ${health.status}:`);
  const body = JSON.parse(health.text) as { status: string };
  story.verbatim(JSON.stringify(body, null, 2));

  story.step("Summary");
  story.summary(account);
  const missing = account.missing();
  if (health.status !== 200 || body.status !== "running") missing.push('health with the status "running"');
  for (const promise of missing) story.warning(`missing: ${promise}`);
  nextSteps(scene);
  if (scene.staysOpen) yourTurn(scene);
  return missing;
}

/** The first poll of a SOAR. */
async function showPoll({ story, appliance, key }: Scene): Promise<void> {
  story.step("A SOAR fetches incidents over the REST API");
  const path = "/api/v1/feed/incidents?since=&status=OPEN&limit=2";
  const answer = await send(`${appliance.apiUrl}${path}`, { headers: { "X-API-Key": key } });
  story.say(`GET ${path} answers ${answer.status}, the oldest first; next_cursor goes on where it ends:`);
  const page = JSON.parse(answer.text) as { data: Record<string, unknown>[]; next_cursor: string };
  const shown = ["incident_id", "group_key", "risk_score", "risk_level", "threat_case_count", "created_at"];
  const data = page.data.map((row) => Object.fromEntries(shown.map((name) => [name, row[name]])));
  story.json({ ...page, data });
  story.say("Each row has some more fields than are shown here.");
}

/** Somebody changes a ticket: the incident follows, and the SIEM gets a message. */
async function showWayBack({ story, account, jira }: Scene, pause: (ms: number) => Promise<void>): Promise<void> {
  story.step("Somebody takes a ticket in Jira; its incident follows");
  const taken = jira.take();
  if (taken === null) return;
  story.say(
    `Dana moves ${taken.key} to In Progress and assigns it to herself. Changed tickets are looked for every five minutes, with webhooks at once:`,
  );
  for (let tries = 0; account.followed === 0 && tries < 200; tries++) await pause(50);
}

function introduce(scene: Scene): void {
  const { story, appliance, dataDir, ports, minutesPerSecond } = scene;
  story.title(
    "RhythmX Edge, the demo",
    "Real Sigma detections in, RFC 5424 syslog out. Nothing to set up, nothing kept.",
  );
  story.step("An appliance starts");
  story.fact("data folder", `${dataDir}, removed at the end`);
  story.fact("console", `${appliance.apiUrl}/ in a browser`);
  story.fact("login", `admin, password ${scene.password}`);
  story.fact("HTTP API", appliance.apiUrl);
  story.fact("API described", `${appliance.apiUrl}/api/docs`);
  story.fact("health", `${appliance.healthUrl}/health`);
  story.fact("alerts to", `127.0.0.1:${ports.alerts} over TCP, a receiver that prints each message`);
  story.fact("incidents to", `127.0.0.1:${ports.incidents}, the same for incidents and threat cases`);
  story.fact("tickets to", `${ports.jira}, a stand-in for Jira, from severity HIGH on`);
  story.fact(
    "clock",
    `compressed: 1 second here = ${minutesPerSecond} minutes, an hour = ${60 / minutesPerSecond} seconds`,
  );
}

function nextSteps({ story }: Scene): void {
  story.step("What to do next");
  story.say("Say in /etc/rhythmx/config.json where alerts go, in incident_syslog_config.json beside it incidents:");
  story.verbatim('{"syslog": {"protocol": "tcp", "host": "192.168.1.50", "port": 514}}');
  story.say("Then (from a checkout with `node_modules/.bin/bun main.ts` for `rhythmx`):");
  story.verbatim(
    [
      "rhythmx check                               # can the SIEM be reached?",
      "rhythmx serve                               # runs the appliance",
      "rhythmx key create sensor-1 --scope ingest  # prints an API key",
      "rhythmx key create soar --scope feed:read   # the same for a SOAR",
    ].join("\n"),
  );
  story.say("README.md shows how to send detections, docs/settings.md has every setting.");
}

/** Lets the reader send detections: the resulting messages are printed. */
function yourTurn({ story, appliance, key, password, minutesPerSecond }: Scene): void {
  story.step("Your turn");
  story.say(`In a browser, ${appliance.apiUrl}/ shows all of it: sign in as admin with the password ${password}.`);
  story.say(
    `The appliance keeps running. Send it something from another terminal; FIRST appears here, and after ${60 / minutesPerSecond} seconds HOURLY if you sent it more than once:`,
  );
  const timestamp = `${new Date().toISOString().slice(0, 19)}Z`;
  story.verbatim(
    [
      `curl ${appliance.apiUrl}/api/v1/ingest/detections \\`,
      `  -H 'X-API-Key: ${key}' \\`,
      "  -H 'Content-Type: application/json' -d '[",
      `  {"rule_title": "My first detection", "timestamp": "${timestamp}",`,
      `   "level": "high", "user": "me", "host": "WS-1", "raw": {"n": 1}}]'`,
      `curl ${appliance.healthUrl}/health`,
    ].join("\n"),
  );
  story.say("Ctrl-C ends the demo and removes its folder.");
}

async function temporaryFolder(): Promise<string> {
  const parent = tmpdir();
  try {
    return await mkdtemp(join(parent, "rhythmx-demo-"));
  } catch (cause) {
    const hint = "name a folder that can be written in TMPDIR";
    throw new EdgeError("demo_folder", `no folder can be made in ${parent}: ${messageOf(cause)}; ${hint}`, { cause });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

async function ingest(appliance: Appliance, key: string, body: string): Promise<BatchAnswer> {
  const headers = { "X-API-Key": key, "Content-Type": "application/x-ndjson" };
  const answer = await send(`${appliance.apiUrl}/api/v1/ingest/detections`, { headers, body });
  if (answer.status !== 200)
    throw new EdgeError("demo_refused", `the appliance refused a batch: ${answer.status} ${answer.text.slice(0, 500)}`);
  return JSON.parse(answer.text) as BatchAnswer;
}
