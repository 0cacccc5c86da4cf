import { expect, test } from "bun:test";
import { isSequenceEvent, sequenceSubjects } from "./elastic-sequences.ts";

const event = (group: string, index: number, user: string | null, host: string | null) => ({
  "kibana.alert.building_block_type": "default",
  "kibana.alert.group.id": group,
  "kibana.alert.group.index": index,
  ...(user === null ? {} : { "user.name": user }),
  ...(host === null ? {} : { "host.name": host }),
});

test("the first event of a sequence that names somebody decides, whatever the order in which the events arrive", () => {
  const events = [
    event("one", 2, "third", "ws-3"),
    event("two", 0, "other", "ws-9"),
    event("one", 0, null, "ws-1"),
    event("one", 1, "second", "ws-2"),
  ];
  for (const documents of [events, [...events].reverse()]) {
    const subjects = sequenceSubjects(documents);
    expect(subjects.get("one")).toMatchObject({ user: "second", host: "ws-1" });
    expect(subjects.get("two")).toMatchObject({ user: "other", host: "ws-9" });
  }
});

test("only a building block with a group and an index is an event of a sequence", () => {
  expect(isSequenceEvent(event("one", 0, null, null))).toBe(true);
  expect(isSequenceEvent({ "kibana.alert.group.id": "one", "kibana.alert.group.index": 0 })).toBe(false);
  expect(isSequenceEvent({ ...event("one", 0, null, null), "kibana.alert.group.index": "0" })).toBe(false);
});
