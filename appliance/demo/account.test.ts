import { expect, test } from "bun:test";
import { Account } from "./account.ts";
import type { SyslogMessage } from "./message.ts";

const message = (msgid: string, params: Record<string, string>): SyslogMessage => ({
  msgid,
  params: new Map(Object.entries(params)),
  head: "",
  body: "",
});

function whole(): Account {
  const account = new Account();
  account.answered({ accepted: 120, alerts_new: 2, rejected: [] });
  account.received(message("FIRST", { count: "3" }));
  account.received(message("FIRST", { count: "1" }));
  account.received(message("HOURLY", { hourly_delta: "114", burst: "true" }));
  account.received(message("HOURLY", { hourly_delta: "2", burst: "false" }));
  return account;
}

test("a demo that showed everything misses nothing", () => {
  const account = whole();
  expect(account.complete).toBe(true);
  expect(account.missing()).toEqual([]);
  expect(account).toMatchObject({ first: 2, hourly: 2, bursts: 1, toldByFirst: 4, toldByHourly: 116 });
});

test("a lost message, a refused record and a message that cannot be read are named", () => {
  const account = whole();
  account.answered({ accepted: 5, alerts_new: 1, rejected: [{}] });
  account.received(null);
  expect(account.complete).toBe(false);
  expect(account.missing()).toEqual([
    "every detection accepted (1 were rejected)",
    "a FIRST for each of the 3 alerts (2 came)",
    "all 125 detections told (4 by FIRST, 116 by HOURLY)",
    "only FIRST and HOURLY messages (1 others came)",
  ]);
});

test("a message that came twice shows", () => {
  const account = whole();
  account.received(message("HOURLY", { hourly_delta: "2", burst: "false" }));
  expect(account.missing()).toEqual(["all 120 detections told (4 by FIRST, 118 by HOURLY)"]);
});

test("without anything, everything is missing", () => {
  expect(new Account().missing()).toHaveLength(3);
});
