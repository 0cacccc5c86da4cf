/** What every adapter of a ticket system has to do, whatever the target does; against strict stand-ins. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { DeliveryError } from "../../core/errors.ts";
import type { Draft } from "../../core/tickets/draft.ts";
import { correlationOf } from "../../core/tickets/ticket.ts";
import type { TicketSystem } from "../../core/tickets/ticket-system.ts";
import { Jira } from "../../integrations/jira/jira.ts";
import { Proactive } from "../../integrations/proactive/proactive.ts";
import { ServiceNow } from "../../integrations/servicenow/servicenow.ts";
import type { Fault } from "../standins/faults.ts";
import { JiraStandIn } from "../standins/jira.ts";
import { ProactiveStandIn } from "../standins/proactive.ts";
import { ServiceNowStandIn } from "../standins/servicenow.ts";
import type { StandIn } from "../standins/stand-in.ts";

interface Bench {
  standIn: StandIn;
  adapter: TicketSystem;
  /** How many tickets there are. */
  count(): number;
  /** Texts of the newest ticket. */
  newest(): string;
  secrets: string[];
}

/** The adapters' clock, where it has to stand still; and a limit of its own for a request that is never answered. */
const held: { now: number | null; limitMs: number | null } = { now: null, limitMs: null };
afterEach(() => void Object.assign(held, { now: null, limitMs: null }));
const tools = () => ({
  fetch: ((url: string, init: RequestInit) => {
    const limits = [init.signal, held.limitMs === null ? null : AbortSignal.timeout(held.limitMs)];
    return fetch(url, { ...init, signal: AbortSignal.any(limits.filter((one) => one != null)) });
  }) as typeof fetch,
  now: () => held.now ?? Date.now(),
  throttle: { name: "test", until: 0 },
  timeoutMs: 180_000,
});

const jane = { accountId: "acc-jane", displayName: "Jane Doe", emailAddress: "jane.doe@acme.example" };
const jiraMeanings = { statuses: new Map(), falsePositiveResolutions: ["won't do", "duplicate"] };

const makers: Readonly<Record<string, () => Promise<Bench>>> = {
  "Jira Cloud": async () => {
    const standIn = await new JiraStandIn({ people: [jane] }).start();
    const settings = {
      url: standIn.url,
      email: "soc@acme.example",
      apiToken: "jira-token-1",
      projectKey: "SEC",
      issueType: "task",
      deployment: "auto" as const,
      extraFields: {},
      transitionFields: {},
      ...jiraMeanings,
    };
    const newest = () => JSON.stringify(standIn.issues.at(-1)?.fields);
    const secrets = ["jira-token-1", btoa("soc@acme.example:jira-token-1")];
    return { standIn, adapter: new Jira(settings, tools()), count: () => standIn.issues.length, newest, secrets };
  },
  "Jira Data Center": async () => {
    const standIn = await new JiraStandIn({
      deployment: "Server",
      credentials: "pat-123456",
      contextPath: "/jira",
      people: [jane],
    }).start();
    const settings = {
      url: `${standIn.url}/jira/`,
      email: "",
      apiToken: "pat-123456",
      projectKey: "SEC",
      issueType: "Task",
      deployment: "auto" as const,
      extraFields: {},
      transitionFields: {},
      ...jiraMeanings,
    };
    const newest = () => JSON.stringify(standIn.issues.at(-1)?.fields);
    return {
      standIn,
      adapter: new Jira(settings, tools()),
      count: () => standIn.issues.length,
      newest,
      secrets: ["pat-123456"],
    };
  },
  Proactive: () => proactive(),
  ServiceNow: async () => {
    const standIn = await new ServiceNowStandIn({ users: { "jane.doe": "d".repeat(32) } }).start();
    const settings = {
      instance: standIn.url,
      username: "rhythmx",
      password: "snow-password-1",
      assignmentGroup: "SOC Team",
      table: "incident",
      extraFields: { u_soc: "blue" },
      closeFields: {},
      states: new Map(),
      stateValues: { OPEN: "1", IN_PROGRESS: "2", CLOSED: "6", FALSE_POSITIVE: "8" },
      closeCode: "Solution provided",
      falsePositiveCloseCode: "No resolution provided",
    };
    const newest = () => JSON.stringify(standIn.rows.at(-1));
    const secrets = ["snow-password-1", btoa("rhythmx:snow-password-1")];
    return { standIn, adapter: new ServiceNow(settings, tools()), count: () => standIn.rows.length, newest, secrets };
  },
};

const proactive = async (): Promise<Bench> => {
  const standIn = await new ProactiveStandIn().start();
  const settings = {
    baseUrl: `${standIn.url}/api/`,
    appId: "app-1",
    secret: "proactive-secret-1",
    table: "Case",
    source: "Managed_services",
    serviceIdentifier: "ACME-EDGE",
  };
  const newest = () => JSON.stringify(standIn.cases.at(-1));
  const secrets = ["proactive-secret-1", btoa("app-1:proactive-secret-1")];
  return { standIn, adapter: new Proactive(settings, tools()), count: () => standIn.cases.length, newest, secrets };
};

let made = 0;
function draft(level: Draft["level"] = "high", text = "plain"): Draft {
  const incidentId = `INC-${(made++).toString(16).padStart(8, "0")}`;
  return {
    incidentId,
    entity: "Primary Site",
    level,
    headline: { what: text, where: "on ws-101", who: "by jsmith", rules: [] },
    url: `https://edge.example/incidents/${incidentId}`,
    sections: [
      {
        title: "Actor",
        blocks: [
          {
            kind: "facts",
            rows: [
              ["Actor", text],
              ["Empty", ""],
            ],
          },
        ],
      },
      {
        title: "Rules",
        blocks: [
          {
            kind: "table",
            noun: "rules",
            head: ["Rule", "Count"],
            rows: [
              [text, "1"],
              ["", ""],
            ],
          },
          { kind: "list", items: [text, "b"] },
        ],
      },
      { title: "Notes", blocks: [{ kind: "text", text: `${text}\n\nthird line` }] },
      {
        title: "RhythmX",
        blocks: [{ kind: "link", text: "Open", url: `https://edge.example/incidents/${incidentId}` }],
      },
    ],
    yielding: ["Notes", "Rules"],
  };
}

/** What a call threw, null for none. */
const thrown = (call: Promise<unknown>) =>
  call.then(
    () => null,
    (error: unknown) => error as DeliveryError,
  );
const onCreate =
  (fault: Fault) =>
  ({ method, path }: { method: string; path: string }) =>
    method === "POST" && /\/(issue|incident|Case)$/.test(path) ? fault : null;

for (const [name, make] of Object.entries(makers)) {
  describe(name, () => {
    let it: Bench;
    beforeAll(async () => {
      it = await make();
    });
    afterAll(() => it.standIn.stop());
    const request = (one: Draft) => ({ correlation: correlationOf(it.adapter.name, one.incidentId, 1), draft: one });

    test("a ticket is made as rendered, found by its correlation, and by no other", async () => {
      const one = draft();
      const payload = await it.adapter.render(request(one));
      expect(await it.adapter.render(request(one))).toBe(payload);
      const hint = await it.adapter.hint([], payload);
      const before = it.count();
      const remote = await it.adapter.create(payload);
      expect(it.count()).toBe(before + 1);
      expect(remote.url).toStartWith(it.standIn.url);
      const { title, ...found } = remote;
      expect(await it.adapter.find(request(one).correlation, hint)).toEqual(found);
      expect([undefined, it.adapter.titleOf(payload)]).toContain(title);
      expect(await it.adapter.find(correlationOf(it.adapter.name, "INC-ffffffff", 1), hint)).toBeNull();
      await it.adapter.link?.(remote, one);
      await it.adapter.link?.(remote, one);
      // Made by two processes, both are found.
      expect(await it.adapter.findAll(request(one).correlation)).toEqual([found]);
      const other = await it.adapter.create(payload);
      const keys = (await it.adapter.findAll(request(one).correlation)).map(({ key }) => key);
      expect(keys.toSorted()).toEqual([remote.key, other.key].toSorted());
      expect(await it.adapter.findAll(correlationOf(it.adapter.name, "INC-ffffffff", 1))).toEqual([]);
      // Those that a person may choose from, where the system lists them.
      const shown = (await it.adapter.candidates?.({ correlation: request(one).correlation, hint })) ?? [];
      expect(shown.map(({ ticket }) => ticket.key).toSorted()).toEqual(
        it.adapter.candidates === null ? [] : keys.toSorted(),
      );
      for (const { title: said, status, madeAt } of shown)
        expect([said, status, madeAt]).toEqual([
          it.adapter.titleOf(payload) ?? "?",
          expect.any(String),
          expect.any(String),
        ]);
    });

    for (const level of ["critical", "high", "medium", "low"] as const)
      test(`priority of level ${level}`, async () => {
        await it.adapter.create(await it.adapter.render(request(draft(level))));
        const expected = {
          critical: ['"1"', "Highest"],
          high: ['"2"', "High"],
          medium: ['"3"', "Medium"],
          low: ['"4"', "Low"],
        }[level];
        expect(it.newest()).toContain(
          {
            ServiceNow: `"priority":${expected[0]}`,
            Proactive: `"priority":${expected[0]?.replace('"', '"P')}`,
          }[name] ?? `"priority":{"id":${expected[0]}}`,
        );
      });

    const statuses: [number, object][] = [
      [400, { code: "rejected", retryable: false, effectUnknown: false }],
      [401, { code: "unauthorized", retryable: false, effectUnknown: false }],
      [403, { code: "forbidden", retryable: false, effectUnknown: false }],
      [404, { code: "not_found", retryable: false, effectUnknown: false }],
      [405, { code: "rejected", retryable: false, effectUnknown: false }],
      [408, { code: "server_error", retryable: true, effectUnknown: true }],
      [409, { code: "busy", retryable: true, effectUnknown: false }],
      [413, { code: "too_large", retryable: false, effectUnknown: false }],
      [422, { code: "rejected", retryable: false, effectUnknown: false }],
      [425, { code: "busy", retryable: true, effectUnknown: false }],
      [500, { code: "server_error", retryable: true, effectUnknown: true }],
      [502, { code: "server_error", retryable: true, effectUnknown: true }],
      [503, { code: "server_error", retryable: true, effectUnknown: true }],
      [504, { code: "server_error", retryable: true, effectUnknown: true }],
      [507, { code: "server_error", retryable: true, effectUnknown: true }],
    ];
    const others: [string, Fault["what"], object][] = [
      ["reset", "reset", { code: "connection_broke", retryable: true, effectUnknown: true }],
      ["silence", "silence", { code: "timeout", retryable: true, effectUnknown: true }],
      ["HTML under 200", "html200", { code: "no_json", retryable: true, effectUnknown: true }],
      ["half a JSON", "garbage", { code: "no_json", retryable: true, effectUnknown: true }],
      ["a redirect to a login", "login", { code: "redirected", retryable: false, effectUnknown: false }],
      ["an answer without end", "endless", { retryable: true, effectUnknown: true }],
    ];
    for (const [what, fault, expected] of [
      ...statuses.map(([status, one]) => [String(status), { status }, one] as const),
      ...others,
    ])
      test(`create answered with ${what}: classified once, no secret in the words`, async () => {
        const payload = await it.adapter.render(request(draft()));
        it.standIn.faults = onCreate({ when: "before", what: fault });
        held.limitMs = fault === "silence" || fault === "endless" ? 400 : null;
        const error = await thrown(it.adapter.create(payload));
        it.standIn.faults = () => null;
        held.limitMs = null;
        expect(error).toBeInstanceOf(DeliveryError);
        const { code, retryable, data } = error as DeliveryError;
        expect({ code, retryable, effectUnknown: data.effectUnknown === true }).toMatchObject(expected);
        for (const secret of it.secrets) expect(JSON.stringify([error?.message, data])).not.toContain(secret);
      });

    test("429 in seconds and as a date; until then nothing is asked", async () => {
      // Whole seconds, as dates of HTTP are.
      const now = Math.ceil(Date.now() / 1000) * 1000;
      held.now = now;
      for (const [retryAfter, seconds] of [
        ["120", 120],
        [new Date(now + 300_000).toUTCString(), 300],
      ] as const) {
        const payload = await it.adapter.render(request(draft()));
        it.standIn.faults = onCreate({ when: "before", what: { status: 429, retryAfter } });
        const error = (await thrown(it.adapter.create(payload))) as DeliveryError;
        it.standIn.faults = () => null;
        expect(error.code).toBe("throttled");
        expect(error.retryAfter).toBe(seconds);
        const asked = it.standIn.log.length;
        expect(((await thrown(it.adapter.create(payload))) as DeliveryError).message).toContain("held back");
        expect(it.standIn.log.length).toBe(asked);
        await it.standIn.stop();
        it = await make();
      }
    });

    test("a dead port and a name that does not exist were never sent", async () => {
      const other = await make();
      await other.standIn.stop();
      const error = (await thrown(
        other.adapter.find(correlationOf(other.adapter.name, "INC-00000001", 1), null),
      )) as DeliveryError;
      expect([error.code, error.data.effectUnknown]).toEqual(["unreachable", false]);
    });

    const ticket = async () => it.adapter.create(await it.adapter.render(request(draft())));

    test("a ticket is read back by its id; none of that id is null", async () => {
      const made = await ticket();
      const state = await it.adapter.read(made.id);
      expect({ ...state }).toMatchObject({ id: made.id, key: made.key, url: made.url, means: "OPEN", assignee: null });
      expect(await it.adapter.read("ffffffffffffffffffffffffffffffff")).toBeNull();
    });

    if (name === "Proactive") {
      test("what it cannot be told is said in words, and nothing is searched", async () => {
        const made = await ticket();
        const state = await it.adapter.read(made.id);
        if (state === null) throw new Error("not there");
        const asked = it.standIn.log.length;
        expect((await it.adapter.setStatus(state, "CLOSED", "because")).instead).toBe(
          "Status in RhythmX Edge: CLOSED. because",
        );
        expect(await it.adapter.findPerson("jane.doe")).toBeNull();
        expect([it.adapter.searches, it.standIn.log.length]).toEqual([false, asked]);
        const now = () => Promise.resolve(draft("critical", "<b>now</b>"));
        await it.adapter.setPriority(made.id, "critical", now, null);
        expect(it.newest()).toContain('"priority":"P1"');
        expect(it.newest()).toContain("&#60;b&#62;now");
        await it.adapter.comment(made.id, await it.adapter.renderComment({ blocks: [], token: "dlv-1" }));
        expect(it.newest()).toContain("RhythmX dlv-1");
      });
    }
    // Of systems that take and tell more than a case's texts.
    const full = (title: string, run: () => Promise<void>) => {
      if (name !== "Proactive") test(title, run);
    };
    for (const status of ["IN_PROGRESS", "CLOSED", "FALSE_POSITIVE"] as const)
      full(`status ${status} is set, and again changes nothing`, async () => {
        const made = await ticket();
        const before = await it.adapter.read(made.id);
        if (before === null) throw new Error("not there");
        const { state } = await it.adapter.setStatus(before, status, "because");
        expect(state?.means).toBe(status);
        expect((await it.adapter.read(made.id))?.means).toBe(status);
        if (state !== undefined)
          expect((await it.adapter.setStatus(state, status, "because")).state?.means).toBe(status);
      });

    full("a comment is found by its token, also where its answer was lost, and is known as ours", async () => {
      const made = await ticket();
      const token = "dlv-0123456789abcdef";
      const blocks = [{ kind: "text" as const, text: "line one\nline {code} two @bob <b>" }];
      const payload = await it.adapter.renderComment({ blocks, token });
      expect(await it.adapter.findComment(made.id, token)).toBeNull();
      it.standIn.faults = ({ method }) =>
        method === "POST" || method === "PATCH" ? { when: "after", what: "reset" } : null;
      const error = (await thrown(it.adapter.comment(made.id, payload))) as DeliveryError;
      it.standIn.faults = () => null;
      expect([error.retryable, error.data.effectUnknown]).toEqual([true, true]);
      const found = await it.adapter.findComment(made.id, token);
      const comments = await it.adapter.comments(made.id, () => false);
      expect(comments.map(({ id, isUs }) => [id, isUs])).toEqual([[found?.commentId ?? "", true]]);
      expect(comments[0]?.text).toContain("line one");
    });

    full("what changed is found, page by page, with its place at the end", async () => {
      const many = Array.from({ length: 120 }, () => ticket());
      const ids = (await Promise.all(many)).map(({ id }) => id);
      const seen = new Set<string>();
      let cursor: string | null = null;
      for await (const page of it.adapter.changes(null, Date.now() - 60_000)) {
        for (const { id } of page.changes) seen.add(id);
        cursor = page.cursor;
      }
      expect(ids.filter((id) => !seen.has(id))).toEqual([]);
      const again: string[] = [];
      for await (const page of it.adapter.changes(cursor, 0)) again.push(...page.changes.map(({ stamp }) => stamp));
      // The overlap gives them once more, under the same stamps.
      expect(again.length).toBeGreaterThan(0);
    });

    full("priority and assignee are set; nobody of an unknown name is found", async () => {
      const made = await ticket();
      await it.adapter.setPriority(made.id, "critical", () => Promise.resolve(draft()), null);
      expect(it.newest()).toContain(name === "ServiceNow" ? '"priority":"1"' : '"priority":{"id":"1"}');
      const id = await it.adapter.findPerson("jane.doe");
      expect(id).not.toBeNull();
      await it.adapter.setAssignee(made.id, id);
      expect((await it.adapter.read(made.id))?.assignee?.id).toBe(id ?? "");
      await it.adapter.setAssignee(made.id, null);
      expect((await it.adapter.read(made.id))?.assignee).toBeNull();
      for (const odd of ["nobody", "a^ORuser_nameISNOTEMPTY", "", "*", "jane.doe\u0000"])
        expect(await it.adapter.findPerson(odd)).toBeNull();
    });

    const updates: [string, (id: string) => Promise<unknown>][] = [
      ["read", (id) => it.adapter.read(id)],
      ["comment", (id) => it.adapter.comment(id, JSON.stringify({ work_notes: "x", body: "x" }))],
      ["priority", (id) => it.adapter.setPriority(id, "low", () => Promise.resolve(draft()), null)],
      ...(name === "Proactive"
        ? []
        : [["assignee", (id) => it.adapter.setAssignee(id, null)] satisfies (typeof updates)[number]]),
    ];
    for (const [what, call] of updates)
      for (const [status, code] of [
        [401, "unauthorized"],
        [403, "forbidden"],
        [500, "server_error"],
        [503, "server_error"],
      ] as const)
        test(`${what} answered with ${status}: ${code}, no secret in the words`, async () => {
          const made = await ticket();
          it.standIn.faults = () => ({ when: "before", what: { status } });
          const error = (await thrown(call(made.id))) as DeliveryError;
          it.standIn.faults = () => null;
          expect(error.code).toBe(code);
          for (const secret of it.secrets) expect(JSON.stringify([error.message, error.data])).not.toContain(secret);
        });

    test("long and odd texts make a ticket that the target takes", async () => {
      const odd = [
        "x".repeat(60_000),
        "{noformat}[a|b]*c*^,\u0000\u0007\r\nh1. x",
        "\ud83d\ude00".repeat(3000),
        " ",
        "",
        "\u2028\u2029",
        "&lt;<b>",
      ];
      for (const text of odd) {
        const before = it.count();
        await it.adapter.create(await it.adapter.render(request(draft("low", text))));
        expect(it.count()).toBe(before + 1);
      }
    });

    test("the connection test names each step, reads only, and stops at a login that fails", async () => {
      const before = it.count();
      const steps = await it.adapter.test();
      expect(steps.every(({ ok }) => ok)).toBe(true);
      expect(it.count()).toBe(before);
      it.standIn.faults = ({ path }) =>
        path.endsWith("/serverInfo") ? null : { when: "before", what: { status: 401 } };
      const asked = it.standIn.log.length;
      const failed = await it.adapter.test();
      it.standIn.faults = () => null;
      expect(failed.at(-1)).toMatchObject({ ok: false, detail: expect.stringContaining("does not hold (401)") });
      expect(it.standIn.log.length - asked).toBeLessThanOrEqual(2);
    });
  });
}
