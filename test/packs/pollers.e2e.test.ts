/** The pack `pollers`: both programs, by every runtime that their page names, against a running appliance, with writers, kills, restarts, a restore, refusals and errors. */
import { afterEach, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { DatabaseFile } from "../harness/database-file.ts";
import { freePort } from "../harness/free-port.ts";
import { installed } from "../harness/rsyslog.ts";
import { names } from "../harness/site.ts";
import { runtimeProgram } from "../runtimes/installed.mjs";

const pack = join(import.meta.dirname, "../../appliance/packs/pollers");
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

type Command = [program: string, ...args: string[]];
const script = join(pack, "poll.ts");
const commands: [name: string, command: Command][] = [
  ["poll.ts by Bun", [process.execPath, script]],
  ["poll.ts by Node", [runtimeProgram("node"), script]],
  ["poll.ts by Deno", [runtimeProgram("deno"), "run", "--allow-all", script]],
];
if (installed("python3", "python3")) commands.push(["poll.py", ["python3", join(pack, "poll.py")]]);

/** An appliance at an address that it keeps, and a poller with a state of its own. */
async function scene([program, ...args]: Command) {
  const env = { RHYTHMX_LISTEN: `127.0.0.1:${await freePort()}` };
  const it = { appliance: await TestAppliance.start({ env }) };
  cleanUps.push(() => it.appliance.dispose());
  const { key } = await it.appliance.makeKey(["feed:read"]);
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-poller-"));
  cleanUps.push(() => rmSync(folder, { recursive: true }));
  const lines: string[] = [];
  let errors = "";

  interface Turn {
    url?: string;
    key?: string;
    /** Killed once it has printed so many lines. */
    killAfter?: number;
    /** Whatever reads its lines goes away after so many. */
    readerGoesAfter?: number;
  }
  /** One turn: its exit code. */
  async function poll(more: Turn = {}): Promise<number | null> {
    const child = spawn(program, [...args, "--once"], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        RHYTHMX_URL: more.url ?? it.appliance.appliance.apiUrl,
        RHYTHMX_KEY: more.key ?? key,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let rest = "";
    let printed = 0;
    child.stdout.on("data", (data) => {
      const pieces = (rest + data).split("\n");
      rest = pieces.pop() ?? "";
      lines.push(...pieces);
      printed += pieces.length;
      if (more.killAfter !== undefined && printed >= more.killAfter) child.kill("SIGKILL");
      if (more.readerGoesAfter !== undefined && printed >= more.readerGoesAfter) child.stdout.destroy();
    });
    child.stderr.on("data", (data) => {
      errors += data;
    });
    return new Promise((resolve) => child.once("close", resolve));
  }

  /** As many incidents as names. */
  const attack = (names: readonly string[]) =>
    it.appliance.ingest(names.map((user) => detection({ user, level: "critical", tags: ["attack.t1059.001"] })));
  const actors = () => lines.map((line) => JSON.parse(line).group_key as string);
  const file = join(folder, "rhythmx-state.json");
  const state = { read: () => readFileSync(file, "utf8"), write: (text: string) => writeFileSync(file, text) };
  return { it, poll, attack, actors, said: () => errors, state };
}

describe.each(commands)("%s", (_, command) => {
  test("gets each incident once, over restarts of both, and a restore to a machine whose clock is an hour behind", async () => {
    const { it, poll, attack, actors, said } = await scene(command);
    await attack(names("a", 30));
    expect(await poll()).toBe(0);
    expect(await poll()).toBe(0);
    await attack(names("b", 20));
    it.appliance = await it.appliance.restarted();
    expect(await poll()).toBe(0);
    expect(actors().sort()).toEqual([...names("a", 30), ...names("b", 20)].sort());
    // The time at which the poller began is no longer known.
    await it.appliance.clock.advance(2 * 3_600_000);
    await attack(names("later", 5));
    expect(await poll()).toBe(0);
    // As `restore` does: positions of before mean nothing any more.
    it.appliance = await it.appliance.restarted(() => {
      it.appliance.clock.jump(-3_600_000);
      const database = new DatabaseFile(join(it.appliance.dataDir, "rhythmx.db"));
      database.run("insert or replace into meta (key, value) values ('generation', '1773376200')");
      database.close();
    });
    await attack(names("c", 10));
    expect(await poll()).toBe(0);
    expect(said()).toContain("410");
    const all = [...names("a", 30), ...names("b", 20), ...names("later", 5), ...names("c", 10)];
    expect(actors().sort()).toEqual(all.sort());
  });

  test("killed in the middle it goes on, and misses none", async () => {
    const { poll, attack, actors } = await scene(command);
    const all = names("k", 700);
    for (let at = 0; at < all.length; at += 100) await attack(all.slice(at, at + 100));
    await poll({ killAfter: 100 });
    await poll({ killAfter: 1 });
    expect(await poll()).toBe(0);
    expect([...new Set(actors())].sort()).toEqual([...all].sort());
  });

  test("what nobody read comes again: whoever takes the lines goes away in the middle", async () => {
    const { poll, attack, actors } = await scene(command);
    const all = names("r", 700);
    for (let at = 0; at < all.length; at += 100) await attack(all.slice(at, at + 100));
    expect(await poll({ readerGoesAfter: 1 })).not.toBe(0);
    expect(await poll()).toBe(0);
    expect([...new Set(actors())].sort()).toEqual([...all].sort());
  });

  test("says which variables it wants", async () => {
    const { poll, said } = await scene(command);
    expect(await poll({ key: "" })).toBe(2);
    expect(said()).toBe("poll: RHYTHMX_URL or RHYTHMX_KEY is not set: README.md says what they are\n");
  });

  test("ends where waiting mends nothing", async () => {
    const { poll, said } = await scene(command);
    const wrong = [
      { url: "edge.example.org:8443" },
      { url: "https://" },
      { url: "https://edge example.org" },
      { url: "https://[::1" },
      { url: "ftp://edge.example.org" },
      { key: "smk_ä" },
      { key: "smk_a\nX: b" },
    ];
    for (const one of wrong) expect([one, await poll(one)]).toEqual([one, 2]);
    const words =
      "poll: RHYTHMX_URL must be an address such as https://edge.example.org:8443, RHYTHMX_KEY a key as it was shown\n";
    expect(said()).toBe(words.repeat(wrong.length));
  });

  test("another product at the address, or a state that is no use: said in a line, and the place is kept", async () => {
    const { it, poll, attack, actors, said, state } = await scene(command);
    await attack(names("p", 2));
    expect(await poll()).toBe(0);
    const place = state.read();
    let body = "";
    const other = createServer((_, response) =>
      response.writeHead(200, { "Content-Type": "application/json" }).end(body),
    );
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    cleanUps.push(() => other.close());
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const foreign = [
      '{"portal":"sign in"}',
      "[]",
      "null",
      '"ok"',
      '{"incidents":null}',
      '{"incidents":[null],"next_cursor":"x","has_more":false}',
      '{"incidents":[{"incident_id":7}],"next_cursor":"x","has_more":false}',
      '{"incidents":[],"next_cursor":null,"has_more":false}',
    ];
    for (body of foreign) expect([body, await poll({ url })]).toEqual([body, 1]);
    expect(said()).toBe(
      `poll: what answers at ${url} is not RhythmX Edge: check RHYTHMX_URL, and proxies or portals on the way\n`.repeat(
        foreign.length,
      ),
    );
    expect(state.read()).toBe(place);
    for (const bad of ["", "null", "[1]", "{"]) {
      state.write(bad);
      expect([bad, await poll()]).toEqual([bad, 1]);
      expect(said().split("\n").at(-2)).toMatch(/^poll: rhythmx-state.json cannot be read/);
    }
    state.write(place);
    await attack(names("q", 2));
    expect(await poll()).toBe(0);
    expect(actors().sort()).toEqual([...names("p", 2), ...names("q", 2)]);
    expect(it.appliance.appliance.apiUrl).not.toBe(url);
  });

  test("waits as long as it is told, and through what is no answer, follows nobody; gives up on a key that is none", async () => {
    const { it, poll, attack, actors, said } = await scene(command);
    await attack(names("w", 3));
    const asked: string[] = [];
    const answers: [status: number, headers: Record<string, string>, body: string][] = [
      [429, { "Retry-After": "0" }, "{}"],
      [503, { "Retry-After": "0" }, '{"detail":"intake is stopped"}'],
      [200, { "Retry-After": "0" }, "<html>a portal</html>"],
      [302, { "Retry-After": "0", Location: "/elsewhere" }, ""],
      [200, { "Content-Length": "5000" }, '{"incidents":['],
      [503, { "Retry-After": "Sun, 29 Nov 2026 12:00:00 GMT" }, "{}"],
      [503, { "Retry-After": "9".repeat(20) }, "{}"],
    ];
    const gateway = createServer(async (request, response) => {
      asked.push(request.url ?? "");
      const [status, headers, body] = answers.shift() ?? [0, {}, ""];
      if (status !== 0) {
        if (headers["Retry-After"]?.includes("GMT")) setTimeout(() => asked.push("a second later"), 1000);
        response.writeHead(status, headers).write(body, () => {
          // A body that is shorter than was announced.
          if (headers["Content-Length"] === undefined) response.end();
          else response.socket?.destroy();
        });
        return;
      }
      const headersOut = { "X-API-Key": String(request.headers["x-api-key"]) };
      const answer = await fetch(`${it.appliance.appliance.apiUrl}${request.url}`, { headers: headersOut });
      response.writeHead(answer.status).end(await answer.text());
    });
    await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
    cleanUps.push(() => gateway.close());
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    expect(await poll({ url })).toBe(0);
    expect(asked.length).toBeGreaterThanOrEqual(8);
    // A wait that is no number is no reason to ask again at once.
    expect(asked.indexOf("a second later")).toBe(6);
    expect(asked.join()).not.toContain("elsewhere");
    expect(actors().sort()).toEqual(names("w", 3));
    expect(await poll({ key: "smk_wrong" })).toBe(1);
    expect(said()).toContain("401");
  });
});
