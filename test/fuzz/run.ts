/**
 * `npm run fuzz [-- TARGET...] [--seconds N] [--seed N]`: gives each parser that eats bytes from outside inputs made of samples, 10 minutes each
 * unless told otherwise. What breaks one is made small and kept in `corpus/TARGET`; the fast tests try it again from then on.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { corpusFolder, targets } from "./targets.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "600" }, seed: { type: "string" } },
});
const seconds = Number(values.seconds);
const seed = values.seed === undefined ? (Date.now() % 1_000_000) * 1_000 : Number(values.seed);
const unknown = positionals.filter((name) => !targets.some((one) => one.name === name));
if (!(seconds > 0) || !Number.isSafeInteger(seed) || unknown.length > 0) {
  console.error(
    `usage: npm run fuzz [-- TARGET...] [--seconds N] [--seed N]; targets: ${targets.map(({ name }) => name).join(", ")}`,
  );
  process.exit(2);
}

/** Longest time for one input. */
const hangMs = 20_000;
/** In memory where there is room: it is written for each input. */
const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "rhythmx-fuzz-"));

function keep(name: string, message: string, input: Uint8Array): void {
  const place = join(corpusFolder, name);
  mkdirSync(place, { recursive: true });
  const file = join(place, createHash("sha256").update(input).digest("hex").slice(0, 12));
  writeFileSync(file, input);
  console.log(`  ${message}\n    ${input.length} bytes: ${file}`);
}

interface Told {
  tried: number;
  /** What took longest, in milliseconds of the processor's time. */
  slowest: { ms: number; bytes: number };
  /** Inputs that led to something new. */
  kept: number;
}

async function fuzz(name: string): Promise<Told & { findings: number }> {
  const current = join(folder, name);
  writeFileSync(current, "");
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "child.ts"), name, String(seed), String(seconds), current],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let told: Told = { tried: 0, slowest: { ms: 0, bytes: 0 }, kept: 0 };
  let [findings, isHung, isDone] = [0, false, false];
  let written = { mtimeMs: 0, seenAt: performance.now() };
  const watch = setInterval(() => {
    const { mtimeMs, size } = statSync(current);
    if (mtimeMs !== written.mtimeMs) written = { mtimeMs, seenAt: performance.now() };
    // Empty until the first input: a busy machine takes its time to start a process.
    if (size === 0 || performance.now() - written.seenAt < hangMs || isDone) return;
    isHung = true;
    child.kill("SIGKILL");
  }, 1_000);
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as Told | { message: string; input: string };
    if ("tried" in said) {
      isDone = true;
      told = said;
      continue;
    }
    findings++;
    keep(name, said.message, Uint8Array.from(Buffer.from(said.input, "base64")));
  }
  const code = await ended;
  clearInterval(watch);
  if (isDone) return { ...told, findings };
  const why = isHung ? `one input takes longer than ${hangMs / 1_000} s` : `the process ended with ${code}`;
  keep(name, why, Uint8Array.from(readFileSync(current)));
  return { ...told, findings: findings + 1 };
}

console.log(`seed ${seed}, ${seconds} s for each`);
let all = 0;
for (const { name } of targets) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const { tried, slowest, kept, findings } = await fuzz(name);
  const longest = `${Math.round(slowest.ms)} ms for ${slowest.bytes} bytes at the longest`;
  console.log(`${name}: ${tried} inputs, ${kept} led to something new, ${longest}, ${findings} findings`);
  all += findings;
}
rmSync(folder, { recursive: true });
console.log(`${all} findings`);
process.exit(all === 0 ? 0 : 1);
