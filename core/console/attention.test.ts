import { expect, test } from "bun:test";
import { dayMs } from "../time.ts";
import { needsAttention } from "./attention.ts";
import type { AttentionState } from "./attention-state.ts";

const now = Date.UTC(2026, 10, 29, 12);
const quiet: AttentionState = {
  faults: [],
  incidents: {
    ...{ open: 0, withoutOwner: 0, criticalWithoutOwner: 0, highWithoutOwner: 0, breached: 0, atRisk: 0 },
    nextDueAt: null,
  },
  destinations: [],
  standing: [],
  certificateEndsAt: null,
  endingKeys: [],
  proposedExceptions: 0,
  detections: 1,
  hasDestination: true,
  hasFirstPassword: false,
};
const destination = { feed: "alerts", queued: 0, lastError: null };
const group = { cause: "bad_request", count: 6, words: "", since: now, isNotIdentified: false };

test("a quiet appliance needs nobody", () => {
  expect(needsAttention(quiet, now)).toEqual([]);
});

test("API keys that end are named before programs are refused", () => {
  const soon = { name: "soar", endsAt: now + 2.5 * dayMs };
  const [line, ...none] = needsAttention({ ...quiet, endingKeys: [soon, { name: "x", endsAt: now + 9 * dayMs }] }, now);
  expect(none).toEqual([]);
  expect(line).toMatchObject({ reason: "key_ends", title: "The API key soar ends in 2 days", step: { href: "/keys" } });
  expect(line?.means).toEndWith("make a new key for it. 1 other key follows.");
  const [ended] = needsAttention({ ...quiet, endingKeys: [{ name: "soar", endsAt: now - 1 }] }, now);
  expect(ended).toMatchObject({ title: "The API key soar has ended", step: { href: "/keys?view=ended" } });
});

test("the most urgent first, each with its reason, what it means and one step", () => {
  const lines = needsAttention(
    {
      ...quiet,
      faults: [{ name: "disk_space", message: "the disk is nearly full: free some space", since: now - 5 }],
      incidents: {
        ...{ open: 12, withoutOwner: 7, criticalWithoutOwner: 2, highWithoutOwner: 1, breached: 1, atRisk: 3 },
        nextDueAt: Date.UTC(2026, 10, 29, 22, 18),
      },
      destinations: [
        { ...destination, name: "splunk", connected: true },
        { ...destination, name: "qradar", connected: false, queued: 839, lastError: "ECONNREFUSED" },
      ],
      standing: [
        { ...group, system: "Jira", state: "parked", words: "Site is required.", areCredentialsRefused: false },
      ],
      certificateEndsAt: now + 3.5 * dayMs,
    },
    now,
  );
  expect(lines.map(({ reason }) => reason)).toEqual([
    ...(["fault", "breached", "critical_without_owner", "tickets_stand_still", "destination_away"] as const),
    ...(["at_risk", "high_without_owner", "certificate_ends"] as const),
  ]);
  expect(lines[0]).toMatchObject({ title: "The disk is nearly full", since: now - 5 });
  expect(lines[1]?.title).toBe("1 incident is past its service level");
  expect(lines[2]).toMatchObject({
    title: "2 critical incidents have no owner",
    means: "7 of 12 open incidents have no owner.",
    step: { href: "/incidents?level=critical&owner=none" },
  });
  expect(lines[3]).toMatchObject({
    title: "6 Jira deliveries stand still for one cause",
    says: { who: "Jira", words: "Site is required." },
    step: { href: "/deliveries?system=jira&cause=bad_request" },
  });
  expect(lines[4]?.means).toBe(
    "839 messages wait on the disk and nothing is lost. 1 other destination is not affected.",
  );
  expect(lines[5]?.means).toStartWith("The first is due at 22:18 UTC.");
  expect(lines[7]?.title).toBe("The certificate ends in 3 days");
});

test("nothing is sent twice, and it is said what is kept", () => {
  const lines = needsAttention(
    {
      ...quiet,
      destinations: [{ ...destination, name: "old", connected: false, lastError: "no route", queued: null }],
      standing: [
        {
          ...group,
          system: "ServiceNow",
          state: "parked",
          isNotIdentified: true,
          count: 1,
          areCredentialsRefused: false,
        },
        { ...group, system: "Jira", state: "parked", cause: "unauthorized", areCredentialsRefused: true },
        { ...group, system: "Jira", state: "dead", cause: "timeout", areCredentialsRefused: false },
      ],
    },
    now,
  );
  expect(lines.map(({ reason }) => reason)).toEqual([
    ...(["ticket_not_identified", "credentials_refused", "tickets_stand_still", "destination_away"] as const),
  ]);
  expect(lines[0]?.title).toBe("1 ServiceNow ticket was made, and the answer did not say which");
  expect(lines[0]?.means).toContain("no second ticket");
  expect(lines[2]?.means).toContain("All attempts are used up");
  expect(lines[3]?.title).toBe("old cannot be reached with alerts");
  expect(lines[3]?.means).toBe("What was accepted waits on the disk and nothing is lost.");
});

test("a new appliance is told how to begin, and not that no SIEM is connected", () => {
  const fresh = { ...quiet, detections: 0, hasDestination: false, hasFirstPassword: true };
  expect(needsAttention(fresh, now).map(({ reason }) => reason)).toEqual(["nothing_received", "first_password"]);
  expect(needsAttention({ ...quiet, hasDestination: false }, now).map(({ reason }) => reason)).toEqual([
    "no_destination",
  ]);
});

test("proposed exceptions lead to the false positives that propose them", () => {
  const [line] = needsAttention({ ...quiet, proposedExceptions: 2 }, now);
  expect(line).toMatchObject({
    title: "2 exceptions are proposed by false positives",
    step: { href: "/exceptions?view=proposed" },
  });
});
