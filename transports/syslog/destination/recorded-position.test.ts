import { expect, test } from "bun:test";
import { StoreError } from "../../../core/errors.ts";
import type { EventLog, HeldMessages, SyslogSender } from "../../../core/ports.ts";
import { RecordedPosition } from "./recorded-position.ts";

function positionOf() {
  const disk = { failing: false, saved: [] as number[] };
  const holding: HeldMessages = { messages: 0, atRisk: false };
  const said: string[] = [];
  const log: Pick<EventLog, "savePosition"> = {
    savePosition: async (_reader, seq) => {
      if (disk.failing) throw new StoreError("store_full", "the disk is full");
      disk.saved.push(seq);
    },
  };
  const sender: Pick<SyslogSender, "held"> = { held: () => holding };
  const position = new RecordedPosition({
    log: log as EventLog,
    reader: "alerts/siem",
    sender: sender as SyslogSender,
    onUnsaved: (message) => said.push(message),
    onSaved: () => said.push("saved"),
  });
  position.startFrom(0);
  return { disk, holding, said, position };
}

test("a failure is over once a position was written again, also where it is the one that was there before", async () => {
  const { disk, holding, said, position } = positionOf();
  disk.failing = true;
  holding.messages = 10;
  position.took(10);
  position.pass(10);
  await position.record();
  expect(said).toEqual(["the disk is full"]);
  expect(position.unsaved).toBe(true);
  // The connection breaks meanwhile: the safe position is the old one.
  holding.atRisk = true;
  disk.failing = false;
  await position.record();
  expect(disk.saved).toEqual([0]);
  expect(said).toEqual(["the disk is full", "saved"]);
  expect(position.unsaved).toBe(false);
});

test("a position that is there already is not written again", async () => {
  const { disk, position } = positionOf();
  position.took(3);
  position.pass(3);
  for (let times = 0; times < 3; times++) await position.record();
  expect(disk.saved).toEqual([3]);
});

test("a move that cannot be recorded is refused and changes nothing; the next one goes on", async () => {
  const { disk, position } = positionOf();
  let moved = 0;
  disk.failing = true;
  await expect(position.moveTo(7, () => moved++)).rejects.toThrow("the disk is full");
  expect([position.sent, moved]).toEqual([0, 0]);
  disk.failing = false;
  await position.moveTo(7, () => moved++);
  expect([position.sent, moved]).toEqual([7, 1]);
  expect(disk.saved).toEqual([7]);
});
