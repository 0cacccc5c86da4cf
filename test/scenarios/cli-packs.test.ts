/** `rhythmx packs`: what there is, and what is written. */
import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../appliance/cli/program.ts";

const sources = join(import.meta.dirname, "../../appliance/packs");
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-packs-"));
  folders.push(folder);
  return folder;
}

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    stdin: process.stdin,
    interactive: false,
    columns: null,
  };
  const code = await runProgram({ args: ["packs", ...args], env: {}, fromCheckout: true, terminal });
  return { code, stdout: out.join(""), stderr: err.join("") };
}

test("each has a name, a title, a sentence and a README", async () => {
  const { code, stdout } = await run("list", "--json");
  expect(code).toBe(0);
  const all = JSON.parse(stdout) as { name: string; title: string; summary: string; files: string[] }[];
  expect(all.map(({ name }) => name)).toContain("splunk");
  for (const { name, title, summary, files } of all) {
    expect(name).toMatch(/^[a-z0-9-]+$/);
    expect(title).not.toBe(name);
    expect([name, summary]).toEqual([name, expect.stringMatching(/^.{20,}/)]);
    expect(files).toContain("README.md");
  }
  expect((await run()).stdout).toContain("splunk");
});

test("export writes all, or those that are named, byte for byte", async () => {
  const folder = join(emptyFolder(), "new", "packs");
  expect(await run("export", folder, "syslog")).toMatchObject({ code: 0, stderr: "" });
  expect(existsSync(join(folder, "splunk"))).toBe(false);
  expect(await run("export", folder)).toMatchObject({ code: 0 });
  const path = "splunk/TA-rhythmx/static/appIcon.png";
  expect(readFileSync(join(folder, path)).equals(readFileSync(join(sources, path)))).toBe(true);
  expect(statSync(join(folder, path)).mode & 0o777).toBe(0o644);
});

test("nothing that somebody changed is overwritten unasked, and then nothing is written", async () => {
  const folder = emptyFolder();
  await run("export", folder, "syslog");
  const changed = join(folder, "syslog/logrotate");
  writeFileSync(changed, "mine");
  const refused = await run("export", folder);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(changed);
  expect(existsSync(join(folder, "splunk"))).toBe(false);
  expect(readFileSync(changed, "utf8")).toBe("mine");
  expect((await run("export", folder, "--force")).code).toBe(0);
  expect(readFileSync(changed, "utf8")).not.toBe("mine");
});

test("a name that there is not, and a folder that is a file", async () => {
  const folder = emptyFolder();
  expect(await run("export", folder, "splnk")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("did you mean splunk?"),
  });
  const file = join(folder, "file");
  writeFileSync(file, "");
  const { code, stderr } = await run("export", file);
  expect([code, stderr.split("\n").length]).toEqual([1, 2]);
  expect(stderr).toContain(file);
});
