/** Alerts of EQL sequences: each event is a building block, and the sequence's own alert has only the fields that all of them share. */
import { ecsSubject, valuesAt } from "./ecs.ts";
import { firstGiven, isMembers, type Members } from "./engine.ts";
import { type LogSubject, mergedSubject } from "./log-subject.ts";

/** An event of a sequence: the sequence it belongs to and its place in it. Null for any other document. */
function eventOfSequence(document: Members): { group: string; index: number } | null {
  for (const prefix of ["kibana.alert", "signal"]) {
    const index = valuesAt(document, `${prefix}.group.index`)[0];
    const group = firstGiven(...valuesAt(document, `${prefix}.group.id`));
    if (group !== null && typeof index === "number" && isBuildingBlock(document, prefix)) return { group, index };
  }
  return null;
}

/** Whether the rule marks the alert as a building block. `prefix`: `kibana.alert` or `signal`. */
export function isBuildingBlock(document: Members, prefix: string): boolean {
  const types = [`${prefix}.building_block_type`, `${prefix}.rule.building_block_type`];
  return firstGiven(...types.flatMap((path) => valuesAt(document, path))) !== null;
}

/** Whether the document is one event of a sequence and not the sequence's alert. */
export function isSequenceEvent(document: Members): boolean {
  return eventOfSequence(document) !== null;
}

/** The subject of each sequence in a batch, by the sequence's id: for each field the first of its events that has it. */
export function sequenceSubjects(documents: readonly Members[]): Map<string, LogSubject> {
  const events = documents.flatMap((document) => {
    const event = eventOfSequence(document);
    return event === null ? [] : [{ ...event, document }];
  });
  const subjects = new Map<string, LogSubject>();
  for (const { group, document } of events.sort((a, b) => a.index - b.index)) {
    const before = subjects.get(group);
    const subject = ecsSubject(document);
    subjects.set(group, before === undefined ? subject : mergedSubject(before, subject));
  }
  return subjects;
}

/** The id of the sequence that an alert belongs to; null if none. */
export function sequenceOf(document: Members): string | null {
  return firstGiven(...valuesAt(document, "kibana.alert.group.id"), ...valuesAt(document, "signal.group.id"));
}

/** Only documents that name a group can be of a sequence: looking for the word is far cheaper than parsing. */
export function mayBeOfSequence(text: string): boolean {
  return text.includes("group") && (text.includes("kibana") || text.includes("signal"));
}

/** The subject passed along with a record (`Engine.relate`). */
export function handedSubject(envelope: Members | null): LogSubject | null {
  return isMembers(envelope?.sequence) ? (envelope.sequence as unknown as LogSubject) : null;
}
