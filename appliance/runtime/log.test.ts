import { expect, test } from "bun:test";
import { createLog } from "./log.ts";

const clock = { now: () => Date.UTC(2026, 2, 13, 4, 30), monotonic: () => 0 };

function lines(format: "json" | "text", level: "debug" | "warn" = "debug") {
  const written: string[] = [];
  return { written, log: createLog({ level, format, clock, write: (line) => written.push(line) }) };
}

test("an entry is one line of JSON, whatever its values hold", () => {
  const { written, log } = lines("json");
  log.info("a\nb", { user: 'x\r\n{"level":"error"}\u2028\u202e', n: 1, none: undefined });
  expect(written).toHaveLength(1);
  expect(written[0]?.trimEnd().split(/[\r\n\u2028]/)).toHaveLength(1);
  expect(JSON.parse(written[0] ?? "")).toEqual({
    time: "2026-03-13T04:30:00.000Z",
    level: "info",
    msg: "a\\u000ab",
    user: 'x\\u000d\\u000a{"level":"error"}\\u2028\\u202e',
    n: 1,
  });
});

test("text form", () => {
  const { written, log } = lines("text");
  log.warn("slow", { after: "5 s", ok: false });
  expect(written[0]).toBe('2026-03-13T04:30:00.000Z WARN  slow after="5 s" ok=false\n');
});

test("secrets are not written: neither by name nor API keys by form", () => {
  const { written, log } = lines("json");
  log.error("bad key smk_BsUpBroue2Ycqi05oO9faPDfSFMHMI3f1NB9", {
    password: "p1",
    api_token: "t1",
    detail: "smk_abc",
    JIRA_API_TOKEN: "t2",
  });
  expect(written[0]).not.toMatch(/p1|t1|t2|smk_[0-9A-Za-z]/);
});

test("entries below the level are left out", () => {
  const { written, log } = lines("json", "warn");
  log.info("quiet");
  log.debug("quieter");
  log.error("loud");
  expect(written).toHaveLength(1);
});

test("where a secret lies is shown, the secret is not", () => {
  const lines: string[] = [];
  const clock = { now: () => 0, monotonic: () => 0 };
  const log = createLog({ level: "info", format: "json", clock, write: (line) => void lines.push(line) });
  log.info("made", { password_file: "/data/initial-admin-password", master_key_file: "/k", password: "hunter2" });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    password_file: "/data/initial-admin-password",
    master_key_file: "/k",
    password: "***",
  });
});
