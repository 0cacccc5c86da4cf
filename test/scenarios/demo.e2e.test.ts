import { expect, test } from "bun:test";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../harness/appliance.ts";
import { cleaningUp, type Defer } from "../harness/clean-up.ts";
import { program } from "../harness/program.ts";

interface Demo {
  child: ChildProcess;
  /** What it has printed, without colours. */
  screen(): string;
  raw(): string;
  exitCode(): Promise<number | null>;
  /** What is left in its working folder and in its temporary folder. */
  leftovers(): string[];
}

/** Runs a command in folders of its own, under settings that must not matter. */
function start(defer: Defer, command: string, args: string[], env: Record<string, string> = {}): Demo {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-demo-test-"));
  const [work, temporary] = [join(folder, "work"), join(folder, "tmp")];
  for (const each of [work, temporary]) mkdirSync(each);
  const child = spawn(command, args, {
    cwd: work,
    env: {
      PATH: process.env.PATH ?? "",
      TMPDIR: temporary,
      RHYTHMX_LISTEN: "nonsense",
      RHYTHMX_DATA_DIR: join(work, "data"),
      RHYTHMX_CONFIG_DIR: "/nonexistent",
      // Nobody listens there: what went through a proxy would fail.
      HTTP_PROXY: "http://127.0.0.1:9",
      http_proxy: "http://127.0.0.1:9",
      ...env,
    },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (part) => {
      output += part;
    });
  const exited = once(child, "close");
  defer(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    child,
    raw: () => output,
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours
    screen: () => output.replace(/\x1b\[[0-9;]*m|\r/g, ""),
    exitCode: async () => (await exited)[0] as number | null,
    leftovers: () => [...readdirSync(work), ...readdirSync(temporary)],
  };
}

const onTerminal = (defer: Defer, env: Record<string, string> = {}) =>
  start(defer, "script", ["-qec", `stty cols 80; exec ${process.execPath} ${program} demo`, "/dev/null"], {
    TERM: "xterm",
    SHELL: "/bin/sh",
    ...env,
  });

const count = (screen: string, pattern: RegExp) => [...screen.matchAll(pattern)].length;
const numberOf = (screen: string, name: string) => Number(new RegExp(`^ +${name} +(\\d+) `, "m").exec(screen)?.[1]);

test.concurrent(
  "without a terminal it shows the main job, ends by itself with 0 and leaves nothing behind",
  cleaningUp(async (defer) => {
    const demo = start(defer, process.execPath, [program, "demo"]);
    expect(await demo.exitCode()).toBe(0);
    const screen = demo.screen();
    expect(demo.raw()).toBe(screen);

    expect(screen).toContain("1 second here = 6 minutes");
    expect(screen).toMatch(/in {3}critical {2}CobaltStrike Named Pipe \(2\) · WORKSTATION5$/m);
    expect(screen).toMatch(/<134>1 \S+Z RhythmX SigmaAlert \d+ FIRST \[sigma@32473/);
    expect(screen).toMatch(/<134>1 \S+Z RhythmX SigmaAlert \d+ HOURLY \[sigma@32473/);
    expect(screen).toContain('"Keywords":-9223372036854775808');
    expect(screen).toContain('"status": "running"');
    expect(screen).toContain("What to do next");
    expect(screen).not.toMatch(/missing:|WARN|ERROR|Your turn/);
    for (const line of screen.split("\n")) expect(line.length).toBeLessThanOrEqual(100);

    const bursts = [...screen.matchAll(/hourly_delta="(\d+)" burst="true" count="(\d+)" …/g)];
    expect(bursts).toHaveLength(1);
    expect(Number(bursts[0]?.[1])).toBeGreaterThan(100);
    expect(bursts[0]?.[2]).toBe("112");
    expect(count(screen, /hourly_delta="\d+" burst="false"/g)).toBeGreaterThan(0);

    expect(screen).toMatch(/out {2}CASE {6}created: privilege_escalation, high · workstation5/);
    expect(screen).toMatch(/out {2}INCIDENT {2}created: \w+, risk \d+ · workstation5[\w.]* \(/);
    expect(screen).toMatch(/<\d+>1 \S+Z RhythmX SigmaIncident \d+ incident_created\s+\[sigma-incident@32473/);
    expect(screen).toMatch(/ {4}\d\d critical workstation5[\w.]* \(Primary Site\)\n +\d+ detections of \d+ rules\n.*→/);
    expect(screen).toContain("GET /api/v1/feed/incidents?since=&status=OPEN&limit=2 answers 200");
    expect(screen).toMatch(/"next_cursor":"[\w-]+",\s+"has_more":true}/);
    expect(screen).toMatch(/out {2}TICKET {4}SEC-1: CRITICAL: Cobalt Strike suspected on workstation5/);
    expect(numberOf(screen, "tickets")).toBe(count(screen, /out {2}TICKET/g));
    expect(numberOf(screen, "incidents")).toBe(count(screen, /out {2}INCIDENT {2}created/g));
    expect(numberOf(screen, "threat cases")).toBe(count(screen, /out {2}CASE {6}created/g));

    const detections = numberOf(screen, "detections in");
    expect(detections).toBe(177);
    expect(numberOf(screen, "alerts")).toBe(50);
    expect(numberOf(screen, "FIRST")).toBe(count(screen, /^ {2}\d\d:\d\d {2}out {2}FIRST/gm));
    expect(numberOf(screen, "HOURLY")).toBe(count(screen, /^ {2}\d\d:\d\d {2}out {2}HOURLY/gm));
    const [, first, hourly, sum] = /(\d+) told by FIRST \+ (\d+) by HOURLY = (\d+): nothing lost/.exec(screen) ?? [];
    expect(Number(first) + Number(hourly)).toBe(detections);
    expect(sum).toBe(String(detections));
    const counts = [...screen.matchAll(/out {2}FIRST +count="(\d+)"/g)].reduce((total, [, n]) => total + Number(n), 0);
    expect(Number(first)).toBe(counts);
    expect(demo.leftovers()).toEqual([]);
  }),
);

test.concurrent(
  "on a terminal it is coloured and as wide as there is room, keeps running, and Ctrl-C ends it",
  cleaningUp(async (defer) => {
    const demo = onTerminal(defer);
    await until(
      () => demo.screen().includes("Ctrl-C ends"),
      180_000,
      () => demo.screen().slice(-500),
    );
    expect(demo.raw()).toContain("\x1b[1;36mFIRST");
    expect(demo.raw()).toContain('\x1b[1;31mburst="true"');
    expect(demo.screen()).toContain("1 second here = 2 minutes");
    for (const line of demo.screen().split("\n")) expect(line.length).toBeLessThanOrEqual(80);

    // The reader does what the screen says.
    const curl = /curl http.*?\/detections .*?\]'\n/s.exec(demo.screen())?.[0] ?? "";
    const posted = start(defer, "/bin/sh", ["-c", curl], { HTTP_PROXY: "", http_proxy: "" });
    expect(await posted.exitCode()).toBe(0);
    expect(posted.screen()).toContain('"alerts_new":1');
    await until(() => demo.screen().includes('title="My first detection"'));

    demo.child.stdin?.write("\x03");
    expect(await demo.exitCode()).toBe(0);
    expect(demo.screen()).toContain("The demo has ended");
    expect(demo.leftovers()).toEqual([]);
  }),
  180_000,
);

test.concurrent(
  "Ctrl-C before it is through ends it with 130; NO_COLOR is respected",
  cleaningUp(async (defer) => {
    const demo = onTerminal(defer, { NO_COLOR: "1" });
    await until(
      () => demo.screen().includes("out  FIRST"),
      180_000,
      () => `no FIRST on the screen:\n${demo.screen()}`,
    );
    const [folder = ""] = /\/\S+rhythmx-demo-\w{6}\b/.exec(demo.screen()) ?? [];
    expect(existsSync(folder)).toBe(true);
    demo.child.stdin?.write("\x03");
    expect(await demo.exitCode()).toBe(130);
    expect(demo.raw()).not.toContain("\x1b[");
    expect(demo.leftovers()).toEqual([]);
  }),
);

test.concurrent(
  "when its reader goes away it cleans up",
  cleaningUp(async (defer) => {
    const demo = start(defer, "/bin/sh", ["-c", `${process.execPath} ${program} demo | head -n 12`]);
    expect(await demo.exitCode()).toBe(0);
    await until(() => demo.leftovers().length === 0);
  }),
);
