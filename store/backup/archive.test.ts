import { afterEach, beforeEach, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { ArchiveWriter, memberBytes, readArchive } from "./archive.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-archive-"));
  path = join(folder, "a.tar.gz");
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(members: readonly (readonly [name: string, content: Buffer])[]): void {
  const file = openSync(path, "w");
  const archive = new ArchiveWriter(file, Date.parse("2026-11-29T09:30:00Z"));
  for (const [name, content] of members) {
    archive.beginMember(name, content.length);
    archive.write(content);
    archive.endMember(content.length);
  }
  archive.end();
  closeSync(file);
}

async function read(): Promise<[string, Buffer][]> {
  const found: [string, Buffer][] = [];
  let parts: Buffer[] = [];
  let name = "";
  await readArchive(path, {
    begin: (member) => {
      name = member.name;
      parts = [];
    },
    content: (bytes) => void parts.push(Buffer.from(bytes)),
    end: () => void found.push([name, Buffer.concat(parts)]),
  });
  return found;
}

/** Several members of the gzip stream, with an end at, before and after their borders. */
const large = Buffer.alloc(2 * memberBytes + 1234, "a database ");
const members = [
  ["manifest.json", Buffer.from("{}")],
  ["rhythmx.db", large],
  ["config/empty", Buffer.alloc(0)],
  ["config/config.json", Buffer.alloc(512, "y")],
] as const;

test("what was written is read again, and tar reads it too", async () => {
  write(members);
  const found = await read();
  expect(found.map(([name]) => name)).toEqual(members.map(([name]) => name));
  for (const [n, [, content]] of members.entries()) expect(found[n]?.[1].equals(content)).toBe(true);
  const listed = execFileSync("tar", ["-tzf", path], { encoding: "utf8" });
  expect(listed).toBe("manifest.json\nrhythmx.db\nconfig/empty\nconfig/config.json\n");
  expect(execFileSync("tar", ["-xOzf", path, "rhythmx.db"], { maxBuffer: 64 << 20 }).equals(large)).toBe(true);
});

test("cut off anywhere, damaged, followed by something, or no archive at all: refused in words", async () => {
  write(members);
  const whole = readFileSync(path);
  for (const length of [0, 1, 10, 600, whole.length >> 1, whole.length - 40, whole.length - 1]) {
    writeFileSync(path, whole.subarray(0, length));
    await expect(read()).rejects.toThrow("is no whole backup");
  }
  for (const at of [12, 300, whole.length >> 1, whole.length - 6]) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] ?? 0) ^ 0x55;
    writeFileSync(path, damaged);
    await expect(read()).rejects.toThrow("is no whole backup");
  }
  const tar = gunzipSync(whole);
  for (const content of [
    Buffer.concat([tar, Buffer.from("more")]),
    tar.subarray(0, tar.length - 1024),
    Buffer.from("x"),
  ]) {
    writeFileSync(path, gzipSync(content));
    await expect(read()).rejects.toThrow("is no whole backup");
  }
});

test("links, folders and devices are refused", async () => {
  for (const type of ["1", "2", "5", "3", "x", "L"]) {
    const header = Buffer.from(gunzipSync(archiveOf("name")).subarray(0, 512));
    header.write(type, 156, "latin1");
    let sum = 0;
    for (let at = 0; at < 512; at++) sum += at >= 148 && at < 156 ? 32 : (header[at] ?? 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    writeFileSync(path, gzipSync(Buffer.concat([header, Buffer.alloc(1024)])));
    await expect(read()).rejects.toThrow("no plain file");
  }
});

function archiveOf(name: string): Buffer {
  write([[name, Buffer.alloc(0)]]);
  return readFileSync(path);
}

test("a size beyond eight gigabytes", async () => {
  const size = 20 * 2 ** 30;
  const file = openSync(path, "w");
  const archive = new ArchiveWriter(file, 0);
  archive.beginMember("rhythmx.db", size);
  archive.end();
  closeSync(file);
  let found = 0;
  await readArchive(path, {
    begin: (member) => {
      found = member.size;
    },
    content: () => {},
    end: () => {},
  }).catch(() => {});
  expect(found).toBe(size);
  expect(execFileSync("sh", ["-c", `tar -tvzf ${path} 2>/dev/null || true`], { encoding: "utf8" })).toContain(
    String(size),
  );
});
