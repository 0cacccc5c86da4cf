/** A detection as core has it after reading: harmless values, and those that a test is about. */
import type { Detection } from "../../core/detection.ts";

export function detectionOf(some: Partial<Detection>): Detection {
  return {
    id: null,
    ruleId: "r1",
    ruleTitle: "Rule",
    ruleAuthor: null,
    tags: [],
    level: "medium",
    risk: 50,
    mlCluster: -1,
    timestamp: 1_000,
    entity: "E",
    user: "j",
    host: null,
    srcIp: null,
    dstHost: null,
    eventId: null,
    channel: null,
    provider: null,
    recordId: null,
    body: "{}",
    hash: "",
    ...some,
  };
}
