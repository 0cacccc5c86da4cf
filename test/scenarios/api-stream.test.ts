import { expect, test } from "bun:test";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { cleaningUp, type Defer } from "../harness/clean-up.ts";
import { EventStreamClient } from "../harness/event-stream.ts";

async function started(defer: Defer) {
  const appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  defer(() => appliance.dispose());
  const { key, id } = await appliance.makeKey(["feed:read"]);
  const listen = async (headers: Record<string, string> = {}, query = "") => {
    const url = `${appliance.appliance.apiUrl}/api/v1/feed/stream${query}`;
    const client = await EventStreamClient.open(url, { "X-API-Key": key, ...headers });
    defer(() => client.close());
    return client;
  };
  return { appliance, keyId: id, listen };
}

const critical = (user: string, fields: object = {}) =>
  detection({ user, level: "critical", tags: ["attack.execution"], ...fields });

test(
  "events come as they happen, in order, with what a message would tell",
  cleaningUp(async (defer) => {
    const { appliance, listen } = await started(defer);
    await appliance.ingest([critical("before")]);
    const stream = await listen();
    await appliance.ingest([critical("alice")]);
    await until(() => stream.events.length === 2);
    const [alert, incident] = stream.events;
    expect([alert?.kind, incident?.kind]).toEqual(["alert_first", "incident_created"]);
    expect({ ...alert?.data }).toMatchObject({
      kind: "alert_first",
      entity_name: "Primary Site",
      seq: alert?.id,
      at: "2026-03-13T04:30:00.000Z",
      data: { count: 1, level: "critical", user: "alice", rule_title: "Suspicious Logon" },
    });
    expect({ ...incident?.data }).toMatchObject({
      data: { event: "created", group_key: "alice" },
      seq: (alert?.id ?? 0) + 1,
    });
  }),
);

test(
  "Last-Event-ID goes on without gap and repeat, over a restart too",
  cleaningUp(async (defer) => {
    const { appliance, listen } = await started(defer);
    const first = await listen();
    for (let n = 0; n < 30; n++) await appliance.ingest([critical(`u${n}`)]);
    await until(() => first.events.length === 60);
    first.close();
    const last = first.events[24]?.id ?? 0;
    await appliance.ingest([critical("late")]);
    const second = await listen({ "Last-Event-ID": String(last) });
    await until(() => second.events.length === 37);
    expect(second.events.map(({ id }) => id)).toEqual(Array.from({ length: 37 }, (_, n) => last + 1 + n));
    const third = await listen({}, `?last_event_id=${last}&events=incident_created`);
    await until(() => third.events.length === 19);
    expect(new Set(third.events.map(({ kind }) => kind))).toEqual(new Set(["incident_created"]));
  }),
);

test(
  "a caller hears of its entities only",
  cleaningUp(async (defer) => {
    const { appliance, listen } = await started(defer);
    const { key } = await appliance.makeKey(["feed:read"], ["South"]);
    const [south, all] = [await listen({ "X-API-Key": key }), await listen()];
    const records = Array.from({ length: 20 }, (_, n) => critical(`u${n}`, { entity: n % 2 ? "North" : "south" }));
    for (const record of records) await appliance.ingest([record]);
    await until(() => all.events.length === 40 && south.events.length === 20);
    expect(new Set(south.events.map(({ data }) => data.entity_name))).toEqual(new Set(["south"]));
  }),
);

test(
  "a revoked key and a token that has run out end the stream",
  cleaningUp(async (defer) => {
    const { appliance, keyId, listen } = await started(defer);
    const admin = await ApiClient.loggedIn(appliance, "admin");
    const url = `${appliance.appliance.apiUrl}/api/v1/feed/stream`;
    const [byKey, byToken] = [await listen(), await EventStreamClient.open(url, { ...admin.headers })];
    defer(() => byToken.close());
    await appliance.ingest([critical("one")]);
    await until(() => byKey.events.length === 2 && byToken.events.length === 2);
    await appliance.appliance.operations.revokeKey(keyId);
    await appliance.clock.advance(16 * 60_000);
    await appliance.ingest([critical("two")]);
    await until(() => byKey.ended && byToken.ended);
    expect([byKey.events.length, byToken.events.length]).toEqual([2, 2]);
  }),
);

test(
  "what is no event id is 400, what retention has taken 410",
  cleaningUp(async (defer) => {
    const { appliance, listen } = await started(defer);
    await appliance.ingest([critical("old")]);
    for (const id of ["x", "-1", "1e3", "1-", "1 2"]) expect((await listen({ "Last-Event-ID": id })).status).toBe(400);
    // Of a database that was replaced by an older copy, or restored.
    for (const id of ["99999", "1-1"]) expect((await listen({ "Last-Event-ID": id })).status).toBe(410);
    expect((await listen({}, "?events=nonsense")).status).toBe(400);
    expect((await listen({ "Last-Event-ID": "0" })).status).toBe(200);
    appliance.clock.skip(91 * 24 * 3600_000);
    await appliance.clock.advance(60_000);
    await appliance.ingest([critical("new")]);
    expect((await listen({ "Last-Event-ID": "0" })).status).toBe(410);
    expect((await listen({ "Last-Event-ID": "2" })).status).toBe(200);
  }),
);

test(
  "a reader that does not read holds nobody up, and a stop ends every stream",
  cleaningUp(async (defer) => {
    const { appliance, listen } = await started(defer);
    const { hostname, port } = new URL(appliance.appliance.apiUrl);
    const { key } = await appliance.makeKey(["feed:read"]);
    const { connect } = await import("node:net");
    const deaf = connect(Number(port), hostname);
    defer(() => deaf.destroy());
    deaf.write(`GET /api/v1/feed/stream HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\n\r\n`);
    deaf.pause();
    const stream = await listen();
    for (let n = 0; n < 20; n++)
      await appliance.ingest(
        Array.from({ length: 200 }, (_, at) => critical(`u${n}-${at}`, { rule_title: "x".repeat(900) })),
      );
    await until(
      () => stream.events.length === 8000,
      180_000,
      () => String(stream.events.length),
    );
    // Running requests have five seconds, of which the deaf one is the last: waiting for it would have no end.
    await appliance.stop();
    await until(() => stream.ended);
  }),
);
