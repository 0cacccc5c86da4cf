import { expect, test } from "bun:test";
import { type FeedState, feedHealth } from "./health.ts";

const destination = {
  name: "siem",
  connected: true,
  queued: 2,
  lastError: null,
  lastSent: Date.UTC(2026, 2, 13, 4, 30),
  sent: 45,
  sentByKind: { alert_first: 40, alert_hourly: 5, incident_created: 2, incident_updated: 1, case_updated: 4 },
  errors: 1,
};
const state: FeedState = {
  uptimeMs: 86_400_500,
  sinceLastPollMs: 1000,
  pollIntervalMs: 30_000,
  lastPoll: Date.UTC(2026, 2, 13, 4, 30, 0, 999),
  destinations: [
    destination,
    { ...destination, name: "other", sent: 5, sentByKind: { alert_first: 5 }, errors: 0, lastSent: null },
  ],
  faults: [],
};

test("the incident feed counts incidents and cases apart", () => {
  const { body } = feedHealth("incidents", state);
  expect(Object.keys(body).slice(0, 6)).toEqual([
    ...["status", "uptime_seconds", "incidents_sent", "cases_sent", "errors", "last_poll"],
  ]);
  expect(body).toMatchObject({ incidents_sent: 3, cases_sent: 4 });
});

test("the seed's fields, then the destinations", () => {
  expect(feedHealth("alerts", state)).toEqual({
    status: "running",
    body: {
      status: "running",
      uptime_seconds: 86400,
      alerts_sent: 50,
      errors: 1,
      last_poll: "2026-03-13T04:30:00Z",
      queued: 4,
      destinations: [
        { name: "siem", connected: true, queued: 2, last_error: null, last_sent: "2026-03-13T04:30:00Z" },
        { name: "other", connected: true, queued: 2, last_error: null, last_sent: null },
      ],
      faults: [],
    },
  });
});

test("degraded while a destination fails or something is wrong; stopped when the loop has missed three turns", () => {
  const failing = { ...destination, connected: false, lastError: "refused" };
  expect(feedHealth("alerts", { ...state, destinations: [failing] }).status).toBe("degraded");
  expect(feedHealth("alerts", { ...state, faults: [{ name: "store_write", message: "full", since: 0 }] }).status).toBe(
    "degraded",
  );
  expect(feedHealth("alerts", { ...state, sinceLastPollMs: 90_000 }).status).toBe("running");
  expect(feedHealth("alerts", { ...state, sinceLastPollMs: 90_001 }).status).toBe("stopped");
  expect(feedHealth("alerts", { ...state, sinceLastPollMs: null, uptimeMs: 1000 }).status).toBe("starting");
  expect(feedHealth("alerts", { ...state, sinceLastPollMs: null }).status).toBe("stopped");
  // It waits for something that it names: restarting would not help.
  const waiting = { ...state, sinceLastPollMs: null, faults: [{ name: "store_open", message: "locked", since: 0 }] };
  expect(feedHealth("alerts", waiting).status).toBe("starting");
});

test("what stands still on its way to ticket systems degrades the incident feed until it is mended", () => {
  const of = (tickets: { parked: number; dead: number }) => feedHealth("incidents", { ...state, tickets });
  expect(of({ parked: 0, dead: 0 })).toMatchObject({ status: "running", body: { tickets: { parked: 0, dead: 0 } } });
  expect(of({ parked: 2, dead: 1 })).toMatchObject({ status: "degraded", body: { tickets: { parked: 2, dead: 1 } } });
  expect(of({ parked: 0, dead: 1 }).status).toBe("degraded");
  expect(feedHealth("alerts", state).body).not.toHaveProperty("tickets");
});
