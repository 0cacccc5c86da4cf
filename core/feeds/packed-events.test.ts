import { expect, test } from "bun:test";
import type { LoggedEvent } from "../event.ts";
import { alertMessage } from "./alert-message.ts";
import { MessageBuffer } from "./message-buffer.ts";
import { packBodies, unpackBodies } from "./packed-events.ts";
import { encodeSnapshot } from "./snapshot.ts";
import type { MessageOptions } from "./syslog-options.ts";

const data = encodeSnapshot({
  hash: "0123456789abcdef",
  count: 1,
  risk: 75,
  mlCluster: -1,
  firstSeen: 1_773_376_195_000,
  lastSeen: 1_773_376_195_000,
  ruleId: "r",
  ruleTitle: "A rule with \u00fcml\u00e4uts and ]",
  ruleAuthor: "",
  level: "high",
  tags: [],
  entity: "Primary Site",
  user: "CORP\\u",
  host: "h",
  ip: "",
});

const event = (seq: number, body: string | null): LoggedEvent => ({
  seq,
  at: 1_773_376_195_123,
  kind: "alert_first",
  subject: "0123456789abcdef",
  entity: "Primary Site",
  data,
  body,
});

const options: MessageOptions = {
  facility: 16,
  appName: "rhythmx",
  hostname: "edge",
  enterpriseId: 32473,
  maxBytes: 1024,
  timestampPrecision: 3,
  msgid: "event",
  sequenceId: true,
  ruleInfo: true,
  severity: "by_risk",
  procid: 7,
};

const bodies = ['{"a":1}', null, '{"b":"x"}', `{"long":"${"y".repeat(3000)}"}`, '{"c":2}'];
const events = () => bodies.map((body, index) => event(index + 1, body));

test("bodies arrive whole, whether they fit into the shared memory or not", () => {
  for (const size of [0, 30, 100, 4096, 20_000]) {
    const shared = new SharedArrayBuffer(size);
    const arrived = unpackBodies(structuredClone(packBodies(events(), shared)), shared);
    expect(
      arrived.map(({ body, bodyBytes }) => (bodyBytes === undefined ? body : Buffer.from(bodyBytes).toString())),
    ).toEqual(bodies);
  }
});

test("a message has the same bytes however the log reached it, shortened ones too", () => {
  const shared = new SharedArrayBuffer(20_000);
  const packed = unpackBodies(packBodies(events(), shared), shared);
  const hex = (event: LoggedEvent, buffer?: MessageBuffer) => {
    const { bytes, shrunk } = alertMessage(event, options, buffer);
    return [Buffer.from(bytes).toString("hex"), shrunk];
  };
  const buffer = new MessageBuffer(8192);
  for (const [index, plain] of events().entries()) {
    if (plain.body === null) continue;
    const event = packed[index] as LoggedEvent;
    expect(event.bodyBytes).toBeDefined();
    expect(hex(event, buffer)).toEqual(hex(plain));
    expect(hex(event)).toEqual(hex(plain));
  }
});
