import { expect, test } from "bun:test";
import { Account } from "./account.ts";
import type { SyslogMessage } from "./message.ts";

const message = (msgid: string, params: Record<string, string>, body: object = {}): SyslogMessage => ({
  msgid,
  params: new Map(Object.entries(params)),
  head: "",
  body: JSON.stringify(body),
});
const incident = (id: string, score: number) => message("incident_updated", {}, { incident_id: id, risk: { score } });

function whole(): Account {
  const account = new Account();
  account.answered({ accepted: 120, alerts_new: 2, rejected: [] });
  account.received(message("FIRST", { count: "3" }));
  account.received(message("FIRST", { count: "1" }));
  account.received(message("HOURLY", { hourly_delta: "114", burst: "true" }));
  account.received(message("HOURLY", { hourly_delta: "2", burst: "false" }));
  account.received(message("case_created", {}, { case_id: "case-1" }));
  account.received(incident("INC-1", 60));
  account.ticketMade(["rhythmx", "rhythmx-inc-1"]);
  account.received(
    message("incident_updated", { status: "IN_PROGRESS" }, { incident_id: "INC-1", risk: { score: 60 } }),
  );
  return account;
}

test("a demo that showed everything misses nothing", () => {
  const account = whole();
  expect(account.complete).toBe(true);
  expect(account.missing()).toEqual([]);
  expect(account).toMatchObject({ first: 2, hourly: 2, bursts: 1, countedByFirst: 4, countedByHourly: 116 });
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
    "only messages of the two feeds (1 others came)",
  ]);
});

test("a message that came twice shows", () => {
  const account = whole();
  account.received(message("HOURLY", { hourly_delta: "2", burst: "false" }));
  expect(account.missing()).toEqual(["all 120 detections told (4 by FIRST, 118 by HOURLY)"]);
});

test("without anything, everything is missing", () => {
  expect(new Account().missing()).toHaveLength(7);
});

test("the newest word on each incident counts, the highest score first", () => {
  const account = whole();
  account.received(incident("INC-2", 50));
  account.received(incident("INC-2", 90));
  expect(account.findings.incidents.map(({ risk }) => risk.score)).toEqual([90, 60]);
  expect(account.findings.cases).toHaveLength(1);
});

test("a second ticket of an incident shows", () => {
  const account = whole();
  account.ticketMade(["rhythmx-inc-1"]);
  expect(account.missing()).toEqual(["one ticket for each incident (1 came twice)"]);
});
