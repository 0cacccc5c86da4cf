/** `rhythmx import` of every shape of file, with the appliance running and without. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { detection, until } from "../harness/appliance.ts";
import { DatabaseFile } from "../harness/database-file.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { program } from "../harness/program.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

/** `count` detections of one alert that is this rule's, with digits that must survive. */
function detections(rule: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => {
    const line = JSON.stringify(detection({ rule_id: rule, raw: { n } }));
    return line.replace(`"raw":{"n":${n}}`, `"raw":{"n":${n},"keywords":9232379236109516800}`);
  });
}

describe("while the appliance runs", () => {
  let receiver: SyslogReceiver;
  let appliance: ApplianceProcess;
  beforeAll(async () => {
    receiver = await SyslogReceiver.started();
    const syslog = { protocol: "tcp", host: "127.0.0.1", port: receiver.port };
    appliance = await ApplianceProcess.prepare({ config: { syslog } });
    await appliance.start();
  });
  afterAll(async () => {
    await appliance.dispose();
    await receiver.stop();
  });

  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(appliance.folder, name);
    writeFileSync(path, content);
    return path;
  };
  const firstOf = async (rule: string) => {
    const all = () => receiver.messages.map(parseRfc5424).filter(({ sd }) => sd[1]?.params[0]?.[1] === rule);
    await until(() => all().length > 0);
    const [message] = all();
    return { count: message!.sd[0]!.params[1]![1], body: message!.msg };
  };

  const shapes: [string, (lines: string[]) => string | Uint8Array][] = [
    ["lines.ndjson", (lines) => `${lines.join("\n")}\n`],
    ["dos.jsonl", (lines) => `\ufeff${lines.join("\r\n")}`],
    ["array.json", (lines) => `[${lines.join(",")}]`],
    ["array-of-lines.json", (lines) => `[\n${lines.join(",\n")}\n]\n`],
    ["pretty.json", (lines) => `[\n${lines.map((line) => line.replaceAll(",", ",\n  ")).join(",\n")}\n]`],
    ["pretty-one-after-another.json", (lines) => lines.map((line) => line.replaceAll(",", ",\r\n\t")).join("\n")],
    ["lines.gz", (lines) => gzipSync(lines.join("\n"))],
    ["array.json.gz", (lines) => gzipSync(`[${lines.join(",")}]`)],
    ["gzip-by-its-bytes", (lines) => gzipSync(lines.join("\n"))],
    ["powershell.jsonl", (lines) => Buffer.from(`\ufeff${lines.join("\r\n")}\r\n`, "utf16le")],
    ["utf-16-without-mark.json", (lines) => Buffer.from(`[${lines.join(",\n")}]`, "utf16le")],
    ["utf-16-big-endian.json", (lines) => Buffer.from(`\ufeff${lines.join("\n")}`, "utf16le").swap16()],
    ["utf-16.gz", (lines) => gzipSync(Buffer.from(`\ufeff${lines.join("\n")}\n`, "utf16le"))],
    [
      "utf-16-of-odd-length",
      (lines) => Buffer.concat([Buffer.from(`${lines.join("\n")}\n`, "utf16le"), Buffer.from("\n")]),
    ],
    ["put-together.jsonl", (lines) => `\ufeff${lines[0]}\n\ufeff${lines[1]}\n\ufeff\ufeff${lines[2]}\n`],
    ["put-together.json", (lines) => `\ufeff[${lines[0]}]\n\ufeff[${lines[1]},\n${lines[2]}]\n`],
    [
      "rotated.log",
      (lines) =>
        `${"\0".repeat(200_000)}${lines[0]}\n${"\0".repeat(9)}${lines[1]}\n${"\0".repeat(70_000)}\n${lines[2]}\n\0\0`,
    ],
    ["rotated-array", (lines) => `\0\0\0[${lines[0]},\n${lines[1]},${lines[2]}]\0\0\0`],
  ];
  test.each(shapes)("%s", async (name, shape) => {
    const path = file(name, shape(detections(name, 3)));
    const { code, stdout, stderr } = appliance.run(["import", path]);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `${path}: 3 records: 3 accepted, 0 duplicates, 1 alerts new, 0 updated\n`,
      stderr: "",
    });
    expect(await firstOf(name)).toEqual({ count: "3", body: '{"n":0,"keywords":9232379236109516800}' });
  });

  test("a file of the same line over and over counts every one, and still once when it is imported again", async () => {
    const line = JSON.stringify(detection({ rule_id: "over and over" }));
    const path = file("same", `${line}\n`.repeat(2500));
    for (const repeated of ["", " (2500 were imported before and are not counted again)"]) {
      const { stdout } = appliance.run(["import", path]);
      expect(stdout).toBe(`${path}: 2500 records: 2500 accepted, 0 duplicates, 1 alerts new, 2 updated${repeated}\n`);
    }
    const counted = new DatabaseFile(join(appliance.folder, "data", "rhythmx.db"), { readonly: true });
    expect(counted.query("select count from sigma_alerts where rule_id = 'over and over'").get()).toEqual({
      count: 2500,
    });
    counted.close();
  });

  test("standard input, and several files at once", async () => {
    const one = file("one", detections("of several", 1).join("\n"));
    const { code, stdout } = appliance.run(["import", "-", one], detections("stdin", 2).join("\n"));
    expect({ code, lines: stdout.split("\n") }).toEqual({
      code: 0,
      lines: [
        "-: 2 records: 2 accepted, 0 duplicates, 1 alerts new, 0 updated",
        `${one}: 1 records: 1 accepted, 0 duplicates, 1 alerts new, 0 updated`,
        "",
      ],
    });
    expect(await firstOf("stdin")).toMatchObject({ count: "2" });
    const packed = gzipSync(Buffer.from(`\ufeff${detections("stdin", 1).join("\n")}`, "utf16le"));
    expect(appliance.run(["import", "-"], packed).stdout).toContain("1 accepted");
  });

  test("more than one batch, twice: counted once, and it says so", async () => {
    const path = file("large", detections("large", 2500).join("\n"));
    const first = appliance.run(["import", path]);
    expect(first.stdout).toBe(`${path}: 2500 records: 2500 accepted, 0 duplicates, 1 alerts new, 2 updated\n`);
    const again = appliance.run(["import", path]);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toEndWith("(2500 were imported before and are not counted again)\n");
    const added = appliance.run(["import", file("one more", detections("large", 1).join("\n"))]);
    expect(added.stdout).toContain("1 accepted, 0 duplicates, 0 alerts new, 1 updated");
  });

  test("partly bad: the good are kept, the bad named by their place in the file, exit code 1", () => {
    const lines = detections("partly", 1200);
    lines[3] = "{";
    lines[1100] = JSON.stringify(detection({ level: "severe" }));
    const path = file("partly", lines.join("\n"));
    const { code, stdout, stderr } = appliance.run(["import", path]);
    expect(code).toBe(1);
    expect(stdout).toStartWith(`${path}: 1200 records: 1198 accepted, 0 duplicates, 2 refused`);
    expect(stderr.split("\n")).toEqual([
      expect.stringMatching(/^record 3: not valid JSON/),
      expect.stringMatching(/^record 1100: level: "severe", accepted: informational/),
      "",
    ]);
  });

  test("garbage: exit code 1, at most twenty lines and one that says there are more", () => {
    const garbage = Uint8Array.from({ length: 60_000 }, (_, n) => (n * n * 31 + n * 7) % 256);
    const { code, stdout, stderr } = appliance.run(["import", file("garbage.bin", garbage)]);
    expect(code).toBe(1);
    expect(stdout).toContain(": 0 accepted, ");
    const lines = stderr.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(21);
    for (const line of lines)
      expect(line).toMatch(/^(record \d+: [\x20-\x7e]+|more records are refused; only the first 20 are named)$/);
  });

  test("what cannot be read is named on one line, and the files after it are imported", async () => {
    const folder = join(appliance.folder, "folder");
    mkdirSync(folder);
    const good = file("good", detections("after the unreadable", 1).join("\n"));
    const whole = gzipSync(detections("cut", 500).join("\n"));
    const cut = file("cut.gz", whole.subarray(0, whole.length / 2));
    const noGzip = file("no.gz", "{}");
    const missing = join(appliance.folder, "missing.json");
    const { code, stdout, stderr } = appliance.run(["import", missing, folder, cut, noGzip, good]);
    expect(code).toBe(1);
    expect(stderr.split("\n")).toEqual([
      `rhythmx import: ${missing}: there is no such file`,
      `rhythmx import: ${folder}: is a folder: name the files in it`,
      `rhythmx import: ${cut}: is no complete gzip file`,
      `rhythmx import: ${noGzip}: is no complete gzip file`,
      "",
    ]);
    expect(stdout).toEndWith(`${good}: 1 records: 1 accepted, 0 duplicates, 1 alerts new, 0 updated\n`);
    expect(await firstOf("after the unreadable")).toMatchObject({ count: "1" });
  });

  test("a record beyond all measure is said at once, what stands before it is imported", async () => {
    const record = JSON.stringify(detection({ raw: "x".repeat(40 * 1024 * 1024) }));
    const path = file("huge", [...detections("before the huge one", 1), record].join("\n"));
    const { code, stderr } = appliance.run(["import", path]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^rhythmx import: .*huge: holds a record of more than 16 MiB: [^\n]+\n$/);
    expect(await firstOf("before the huge one")).toMatchObject({ count: "1" });
  });

  test("nothing is in an empty file, and that is no failure", () => {
    const path = file("empty", "\n");
    const { code, stdout } = appliance.run(["import", path]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `${path}: 0 records: 0 accepted, 0 duplicates, 0 alerts new, 0 updated\n`,
    });
  });

  test("alarms", () => {
    const alarm = { alarm_id: 1, name: "Brute Force", rbp: 80, timestamp: "2026-03-13T04:00:00Z", host: "ws-1" };
    const path = file("alarms", [alarm, { ...alarm, rbp: 101 }, alarm].map((line) => JSON.stringify(line)).join("\n"));
    const { code, stdout, stderr } = appliance.run(["import", "--alarms", path]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: `${path}: 3 records: 1 accepted, 1 duplicates, 1 refused\n` });
    expect(stderr).toBe("record 1: rbp: 101, accepted: a number from 0 to 100\n");
  });
});

describe("while no appliance runs", () => {
  const cleanUp: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  });

  test("what is imported before the first start is sent by it", async () => {
    const receiver = await SyslogReceiver.started();
    cleanUp.push(() => receiver.stop());
    const syslog = { protocol: "tcp", host: "127.0.0.1", port: receiver.port };
    const appliance = await ApplianceProcess.prepare({ config: { syslog } });
    cleanUp.push(() => appliance.dispose());
    const lines = detections("a", 1500).concat(detections("b", 1)).join("\n");
    expect(appliance.run(["import", "-"], lines)).toMatchObject({ code: 0, stderr: "" });
    // The same again, and again once it runs: not counted twice.
    expect(appliance.run(["import", "-"], lines).stdout).toContain("1501 were imported before");
    await appliance.start();
    expect(appliance.run(["import", "-"], lines).stdout).toContain("1501 were imported before");
    await until(() => receiver.messages.length === 2);
    const [a, b] = receiver.messages.map((text) =>
      Object.fromEntries(parseRfc5424(text).sd.flatMap(({ params }) => params)),
    );
    expect([a!.id, a!.count, b!.id, b!.count]).toEqual(["a", "1000", "b", "1"]);
  });

  test("Ctrl-C ends it with 130 between two batches, and what is in is not counted twice", async () => {
    const appliance = await ApplianceProcess.prepare();
    cleanUp.push(() => appliance.dispose());
    const lines = detections("a", 1500).join("\n");
    const child = spawn(process.execPath, [program, "import", "-"], { env: appliance.env });
    let said = "";
    child.stderr.on("data", (part: Buffer) => {
      said += part.toString();
    });
    // More is to come, so that it cannot end by itself.
    child.stdin.on("error", () => {});
    child.stdin.write(lines);
    await until(() => existsSync(join(appliance.folder, "data", "rhythmx.db")));
    child.kill("SIGINT");
    await once(child, "exit");
    expect({ code: child.exitCode, said }).toEqual({
      code: 130,
      said: "rhythmx import: interrupted; run it again to go on: what is in is not counted twice\n",
    });
    expect(appliance.run(["import", "-"], lines).stdout).toContain("1500 records: 1500 accepted, 0 duplicates");
  });

  test("--json says of each file what became of it", async () => {
    const appliance = await ApplianceProcess.prepare();
    cleanUp.push(() => appliance.dispose());
    const good = join(appliance.folder, "good");
    writeFileSync(good, `${detections("a", 2).join("\n")}\nno JSON\n`);
    const { code, stdout } = appliance.run(["import", "--json", good, "/nowhere"]);
    const none = {
      received: 0,
      accepted: 0,
      duplicates: 0,
      rejected: 0,
      repeated: 0,
      alerts_new: 0,
      alerts_updated: 0,
    };
    expect({ code, said: JSON.parse(stdout) }).toEqual({
      code: 1,
      said: [
        { ...none, file: good, complete: true, received: 3, accepted: 2, rejected: 1, alerts_new: 1 },
        { ...none, file: "/nowhere", complete: false },
      ],
    });
  });

  test("an import that was killed is finished by another, and counts once", async () => {
    const appliance = await ApplianceProcess.prepare();
    cleanUp.push(() => appliance.dispose());
    const path = join(appliance.folder, "many");
    const filler = "x".repeat(1000);
    const line = (n: number) => JSON.stringify(detection({ rule_id: `rule ${n}`, level: "low", raw: { n, filler } }));
    const lines = Array.from({ length: 12_000 }, (_, n) => line(n));
    writeFileSync(path, lines.join("\n"));
    // Half of it, and more to come: it cannot end by itself before it is killed.
    const child = spawn(process.execPath, [program, "import", "-"], {
      env: appliance.env,
      stdio: ["pipe", "ignore", "ignore"],
    });
    child.stdin!.on("error", () => {});
    child.stdin!.write(`${lines.slice(0, 6000).join("\n")}\n`);
    const wal = join(appliance.folder, "data", "rhythmx.db-wal");
    // A batch of a thousand takes about 3 MB of it, so that one at least has been committed.
    await until(() => (statSync(wal, { throwIfNoEntry: false })?.size ?? 0) > 8_000_000);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(child.signalCode).toBe("SIGKILL");

    const { code, stdout } = appliance.run(["import", path]);
    expect(code).toBe(0);
    const [, repeated] =
      /12000 records: 12000 accepted, 0 duplicates, .* \((\d+) were imported before/.exec(stdout) ?? [];
    expect(Number(repeated) % 1000).toBe(0);
    expect(Number(repeated)).toBeGreaterThan(0);
    expect(Number(repeated)).toBeLessThan(12_000);
    const doctor = appliance.run(["doctor"]).stdout;
    expect(doctor).toMatch(
      /^contents +12000 alerts, 0 incidents \(0 open\), 0 active cases, 12000 events in the log$/m,
    );
    expect(doctor).toMatch(/^integrity +ok$/m);
  });

  test("a data folder that cannot be written is one readable line", async () => {
    const appliance = await ApplianceProcess.prepare();
    cleanUp.push(() => appliance.dispose());
    // Root may write everywhere: a file where the folder should be stops it too.
    writeFileSync(join(appliance.folder, "data"), "");
    chmodSync(join(appliance.folder, "data"), 0o400);
    for (const args of [["import", "-"], ["key", "create", "a", "--scope", "ingest"], ["serve"]]) {
      const { code, stderr } = appliance.run(args, "{}");
      // For the service it is a setting without a safe default.
      expect(code).toBe(args[0] === "serve" ? 2 : 1);
      expect(stderr).toMatch(new RegExp(`^rhythmx ${args[0]}: [^\\n]*data[^\\n]*\\n$`, "m"));
      expect(stderr).not.toMatch(/^ +at /m);
    }
  });
});

test("so many refused records are named one by one, and then that there are more", async () => {
  const site = await ApplianceProcess.prepare({ config: {} });
  const run = (refused: number) => {
    const lines = Array.from({ length: refused }, () => JSON.stringify({ ...detection(), level: "odd" }));
    return site.run(["import", "-", "--format", "rhythmx"], lines.join("\n")).stderr.trimEnd().split("\n");
  };
  expect(run(20).filter((line) => line.startsWith("record "))).toHaveLength(20);
  expect(run(20).some((line) => line.includes("only the first 20"))).toBe(false);
  expect(run(22).filter((line) => line.startsWith("record "))).toHaveLength(20);
  expect(run(22).filter((line) => line.includes("only the first 20"))).toHaveLength(1);
  await site.dispose();
});
