import { describe, expect, test } from "bun:test";
import type { IncidentStatus } from "../incident.ts";
import { defaultPolicies } from "./policy.ts";
import { nextReadAt, type OwnUpdate, planSync, readAgainAt, type SyncInput } from "./sync.ts";
import type { RemoteState } from "./ticket.ts";

const remote = (status: string, means: IncidentStatus | null, more: Partial<RemoteState> = {}): RemoteState => ({
  id: "1",
  key: "SEC-1",
  url: "https://jira.example/browse/SEC-1",
  status,
  means,
  assignee: null,
  changedBy: null,
  mergedInto: null,
  updated: 0,
  stamp: "0",
  ...more,
});
const own = (asked: string | null, kind: OwnUpdate["kind"] = "status"): OwnUpdate => ({
  id: "dlv-1",
  kind,
  state: "planned",
  asked,
});
const plan = (input: Partial<SyncInput> & { remote: RemoteState }) =>
  planSync({
    known: { status: "To Do", assigneeId: null },
    incident: { status: "OPEN", assignedAnalyst: null },
    policies: defaultPolicies,
    pending: [],
    analystOf: ({ name }) => name,
    ...input,
  });

describe("what a status does", () => {
  const rows: [incident: IncidentStatus, means: IncidentStatus | null, after: IncidentStatus | null][] = [
    ["OPEN", "OPEN", null],
    ["OPEN", null, null],
    ["OPEN", "IN_PROGRESS", "IN_PROGRESS"],
    ["OPEN", "CLOSED", "CLOSED"],
    ["OPEN", "FALSE_POSITIVE", "FALSE_POSITIVE"],
    ["IN_PROGRESS", "OPEN", null],
    ["IN_PROGRESS", "IN_PROGRESS", null],
    ["IN_PROGRESS", "CLOSED", "CLOSED"],
    ["CLOSED", "OPEN", null],
    ["CLOSED", null, null],
    ["CLOSED", "IN_PROGRESS", "IN_PROGRESS"],
    ["CLOSED", "CLOSED", null],
    ["CLOSED", "FALSE_POSITIVE", "FALSE_POSITIVE"],
    ["FALSE_POSITIVE", "OPEN", null],
    ["FALSE_POSITIVE", "IN_PROGRESS", null],
    ["FALSE_POSITIVE", "CLOSED", null],
    ["FALSE_POSITIVE", "FALSE_POSITIVE", null],
  ];
  for (const [status, means, after] of rows)
    test(`${status}, and the ticket means ${means}`, () => {
      const { request } = plan({ incident: { status, assignedAnalyst: null }, remote: remote("Other", means) });
      expect(request.status ?? null).toBe(after);
    });

  test("the same status again is no change, whatever the incident became meanwhile", () => {
    const known = { status: "Done", assigneeId: null };
    const incident = { status: "IN_PROGRESS" as const, assignedAnalyst: null };
    expect(plan({ known, incident, remote: remote("Done", "CLOSED") })).toEqual({
      request: {},
      unapplied: [],
      overruled: [],
    });
  });

  test("what we did ourselves is no change: by author, and by what our request on its way asks for", () => {
    const done = remote("Done", "CLOSED");
    expect(plan({ remote: { ...done, changedBy: { name: "us", isUs: true } } }).request).toEqual({});
    expect(plan({ remote: done, pending: [own("CLOSED")] })).toMatchObject({ request: {}, overruled: [] });
  });

  test("somebody else's overrules ours that is still to be sent; one that means nothing does not", () => {
    const incident = { status: "CLOSED" as const, assignedAnalyst: null };
    const other = plan({ incident, remote: remote("Doing", "IN_PROGRESS"), pending: [own(null)] });
    expect([other.request.status, other.overruled]).toEqual(["IN_PROGRESS", ["dlv-1"]]);
    expect(plan({ incident, remote: remote("On hold", null), pending: [own(null)] }).overruled).toEqual([]);
    const falseOne = { status: "FALSE_POSITIVE" as const, assignedAnalyst: null };
    const kept = plan({ incident: falseOne, remote: remote("Doing", "IN_PROGRESS"), pending: [own(null)] });
    expect(kept.overruled).toEqual([]);
    expect(kept.unapplied).toEqual([{ field: "ticket_status", old: "To Do", new: "Doing" }]);
  });

  test("at the first reading what was decided here stays, unless somebody has changed the ticket since it was made", () => {
    const made = { status: "", assigneeId: null };
    const byBob = { changedBy: { name: "Bob", isUs: false } };
    const ours = { status: "CLOSED" as const, assignedAnalyst: null };
    expect(plan({ known: made, incident: ours, remote: remote("Doing", "IN_PROGRESS", byBob) }).request.status).toBe(
      "IN_PROGRESS",
    );
    expect(plan({ known: made, incident: ours, remote: remote("Doing", "IN_PROGRESS") }).request).toEqual({});
    const known = { status: null, assigneeId: null };
    expect(plan({ known, incident: ours, remote: remote("Doing", "IN_PROGRESS", byBob) }).request).toEqual({});
    const closed = { status: "CLOSED" as const, assignedAnalyst: "alice" };
    const assignee = { id: "b", name: "Bob", aliases: [] };
    expect(plan({ known, incident: closed, remote: remote("Doing", "IN_PROGRESS", { assignee }) }).request).toEqual({});
    expect(plan({ known, remote: remote("Doing", "IN_PROGRESS", { assignee }) }).request).toEqual({
      status: "IN_PROGRESS",
      assignedAnalyst: "Bob",
    });
  });

  test("policies ours and once let nothing in", () => {
    const assignee = { id: "b", name: "Bob", aliases: [] };
    for (const policy of ["ours", "once"] as const) {
      const policies = { ...defaultPolicies, status: policy, assignee: policy };
      expect(plan({ policies, remote: remote("Done", "CLOSED", { assignee }) }).request).toEqual({});
    }
  });
});

test("assignment: new, taken away, our own, overruled", () => {
  const bob = { id: "b", name: "Bob", aliases: [] };
  const to = (assignee: RemoteState["assignee"]) => remote("To Do", "OPEN", { assignee });
  expect(plan({ remote: to(bob) }).request).toEqual({ assignedAnalyst: "Bob" });
  const known = { status: "To Do", assigneeId: "b" };
  const incident = { status: "OPEN" as const, assignedAnalyst: "Bob" };
  expect(plan({ known, incident, remote: to(null) }).request).toEqual({ assignedAnalyst: null });
  expect(plan({ remote: to(bob), pending: [own("b", "assignee")] })).toMatchObject({ request: {}, overruled: [] });
  expect(plan({ remote: to(bob), pending: [own("c", "assignee")] }).overruled).toEqual(["dlv-1"]);
});

test("when a ticket is read again", () => {
  const [now, hour, day] = [1_000_000_000_000, 3_600_000, 86_400_000];
  expect(nextReadAt("IN_PROGRESS", null, now)).toBe(now + 6 * hour);
  expect(nextReadAt("CLOSED", now - 6 * day, now)).toBe(now + 6 * hour);
  expect(nextReadAt("FALSE_POSITIVE", now - 7 * day, now)).toBeNull();
  // Closed for good, not only resolved: nobody can reopen it.
  expect(nextReadAt("CLOSED", now, now, true)).toBeNull();
  expect(nextReadAt("IN_PROGRESS", null, now, true)).toBe(now + 6 * hour);
  expect([0, 1, 2, 3, 9].map((failures) => (readAgainAt(now, failures) - now) / 60_000)).toEqual([5, 15, 45, 60, 60]);
});
