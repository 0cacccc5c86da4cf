/** One ticket ever: targets whose answers to creates and look-ups lie in every way, whatever is done meanwhile. */
import { afterEach, describe, expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import { dayMs } from "../../core/time.ts";
import { ApiClient, password } from "../harness/api-client.ts";
import { TestAppliance, until } from "../harness/appliance.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { critical } from "../harness/ticket-scene.ts";
import { jiraEnvironment } from "../standins/environment.ts";
import type { Fault, FaultPlan } from "../standins/faults.ts";
import { JiraStandIn } from "../standins/jira.ts";
import { ProactiveStandIn } from "../standins/proactive.ts";
import { ServiceNowStandIn } from "../standins/servicenow.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

type Answer = (response: ServerResponse) => void;

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => {
  return (response) =>
    void response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(body));
};
const cut = (head: string, status = 201): Answer => {
  return ({ socket }) => {
    socket?.write(`HTTP/1.1 ${status} Made\r\nContent-Type: application/json\r\n${head}`);
    setTimeout(() => socket?.destroy(), 30);
  };
};

/** How creates are answered after their effect; the first of an incident decides. */
const createLies: Readonly<Record<string, Fault>> = Object.fromEntries(
  (
    [
      ["an empty result", json(201, { result: {} })],
      ["a list", json(200, [])],
      ["nothing at all", (response) => void response.writeHead(201).end()],
      ["no content", (response) => void response.writeHead(204).end()],
      [
        "a page",
        (response) => void response.writeHead(200, { "Content-Type": "text/html" }).end("<html>Welcome</html>"),
      ],
      ["a page under 201", (response) => void response.writeHead(201, { "Content-Type": "text/html" }).end("<p>")],
      ["an error under 201", json(201, { error: { message: "Transaction cancelled" } })],
      ["an error under 200", json(200, { result: [], error: { message: "Transaction cancelled" } })],
      ["null", json(201, null)],
      ["a number alone", json(201, 7)],
      [
        "odd types",
        json(201, { result: { sys_id: { a: 1 }, number: ["x"], priority: {} }, id: {}, key: [], ticketNumber: {} }),
      ],
      ["a cut chunk", cut('Transfer-Encoding: chunked\r\n\r\n40\r\n{"result"')],
      ["a cut chunk under 200", cut('Transfer-Encoding: chunked\r\n\r\n40\r\n{"result"', 200)],
      ["no gzip", cut("Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd")],
      ["half its length", cut('Content-Length: 4000\r\n\r\n{"result":')],
      ["503", json(503, { error: { message: "made all the same" } })],
      ["504 page", (response) => void response.writeHead(504).end("<html>Gateway</html>")],
      ["an end", ({ socket }) => void socket?.destroy()],
    ] as [string, Answer][]
  ).map(([name, answer]) => [name, { when: "after", what: { answer } }]),
);

/** How look-ups are answered. */
const lookUpLies: Readonly<Record<string, Answer | null>> = {
  "the truth": null,
  "an empty result": json(200, { result: [], issues: [], isLast: true }),
  "a count and no rows": json(200, { result: [], issues: [] }, { "X-Total-Count": "3" }),
  "an error": json(200, { result: [], issues: [], error: { message: "Query timed out" } }),
  401: json(401, { error: { message: "no" } }),
  404: json(404, { errorMessages: ["Issue does not exist"] }),
  "a page": (response) => void response.writeHead(200, { "Content-Type": "text/html" }).end("<html>Log in</html>"),
};

interface Target {
  standIn: { faults: FaultPlan; log: readonly { method: string; path: string }[]; stop(): Promise<void> };
  env: Record<string, string>;
  section: string;
  isCreate(method: string, path: string): boolean;
  isLookUp(method: string, path: string): boolean;
  /** The correlation of everything that was made. */
  made(): string[];
}

const targets: Readonly<Record<string, (now: () => number) => Promise<Target>>> = {
  ServiceNow: async (now) => {
    const standIn = await new ServiceNowStandIn({ now }).start();
    const env = {
      SERVICENOW_INSTANCE: standIn.url,
      SERVICENOW_USERNAME: "rhythmx",
      SERVICENOW_PASSWORD: "snow-password-1",
      SERVICENOW_ENABLED: "true",
    };
    return {
      ...{ standIn, env, section: "servicenow" },
      isCreate: (method, path) => method === "POST" && path.endsWith("/incident"),
      isLookUp: (method, path) => method === "GET" && /\/incident/.test(path),
      made: () => standIn.rows.map(({ correlation_id = "" }) => correlation_id),
    };
  },
  ...Object.fromEntries(
    (["Cloud", "Server"] as const).map((deployment) => [
      `Jira ${deployment}`,
      async (now: () => number) => {
        const standIn = await new JiraStandIn({ now, deployment, indexLagMs: 30 * dayMs }).start();
        const env = jiraEnvironment(standIn);
        return {
          ...{ standIn, env, section: "jira" },
          isCreate: (method: string, path: string) => method === "POST" && path.endsWith("/issue"),
          isLookUp: (method: string, path: string) =>
            /\/search/.test(path) || (method === "GET" && /\/issue\/[^/]+$/.test(path)),
          made: () => standIn.issues.map(({ fields }) => fields.labels.find((one) => one.startsWith("rhythmx-")) ?? ""),
        };
      },
    ]),
  ),
  Proactive: async () => {
    const standIn = await new ProactiveStandIn().start();
    return {
      standIn,
      env: {
        TICKET_INTEGRATION: "proactive",
        PROACTIVE_SNOW_BASE_URL: `${standIn.url}/api`,
        PROACTIVE_SNOW_APP_ID: "app-1",
        PROACTIVE_SNOW_SECRET: "proactive-secret-1",
        PROACTIVE_SNOW_SERVICE_IDENTIFIER: "ACME-EDGE",
      },
      section: "proactive",
      isCreate: (method, path) => method === "POST" && path.endsWith("/Case"),
      isLookUp: (method, path) => method === "GET" && path.includes("/Case"),
      made: () => standIn.cases.map(({ correlationId }) => correlationId),
    };
  },
};

const lies = Object.values(createLies);

for (const [name, start] of Object.entries(targets))
  describe(name, () => {
    for (const [what, answer] of Object.entries(lookUpLies))
      test(`creates answered in ${lies.length} wrong ways, look-ups with ${what}: one ticket each`, async () => {
        const clock = new FakeClock();
        const target = await start(() => clock.now());
        cleanUp.push(() => target.standIn.stop());
        let appliance = await TestAppliance.start({
          clock,
          env: {
            RHYTHMX_ADMIN_PASSWORD: password,
            AUTO_PUSH_ENABLED: "true",
            AUTO_PUSH_CAMPAIGNS: "each",
            AUTO_PUSH_MIN_SEVERITY: "MEDIUM",
            AUTO_PUSH_SYSTEMS: target.section === "jira" ? "jira" : "servicenow",
            UNKNOWN_LOOKUP_DELAYS_SECONDS: "10,20",
            RETRY_BASE_DELAY_SECONDS: "5",
            ...target.env,
          },
        });
        cleanUp.push(() => appliance.dispose());
        const turn = (milliseconds: number) => appliance.clock.advance(milliseconds);
        // It has read a ticket of its own before.
        await appliance.ingest([critical("honest")]);
        await until(() => target.made().length === 1);
        await turn(10_000);
        let creates = 0;
        let isDown = false;
        let isLying = true;
        target.standIn.faults = ({ method, path }) => {
          if (isDown) return { when: "before", what: { status: 503 } };
          if (target.isCreate(method, path)) return lies[creates++ % lies.length] ?? null;
          // Jira is asked for its newest issue before a create, and makes none where it cannot say.
          const isLie = isLying && target.isLookUp(method, path) && (creates >= lies.length || method === "GET");
          return isLie && answer !== null ? { when: "before", what: { answer } } : null;
        };
        await appliance.ingest(lies.map((_, n) => critical(`actor-${n}`)));
        const everything = async () => {
          const admin = await ApiClient.loggedIn(appliance, "admin");
          await admin.post("/api/dead-letters/retry", {});
          await admin.post(`/api/settings/${target.section}/test`, {});
          await admin.send("PUT", `/api/settings/${target.section}`, { field_policy: "" });
          await turn(30_000);
          // Levels rise.
          await appliance.ingest(
            lies.map((_, n) => critical(`actor-${n}`, { title: "Another rule", rule_id: "other" })),
          );
          await turn(40_000);
        };
        await turn(60_000);
        await everything();
        isDown = true;
        await turn(40_000);
        isDown = false;
        await everything();
        appliance = await appliance.restarted();
        await everything();
        const madeOnce = () => {
          const doubled = [...Map.groupBy(target.made(), (one) => one)].filter(([, { length }]) => length > 1);
          expect(doubled.map(([correlation, { length }]) => [correlation, length])).toEqual([]);
        };
        madeOnce();
        // Where nothing answered, nothing was sent; what waited for that goes once it tells the truth.
        isLying = false;
        await until(async () => {
          await turn(30_000);
          return target.made().length > lies.length;
        });
        madeOnce();
        expect(target.made()).toHaveLength(lies.length + 1);
        const admin = await ApiClient.loggedIn(appliance, "admin");
        const { deliveries } = (await admin.get("/api/deliveries?limit=200")).body;
        const ofCreates = deliveries.filter(({ kind }: { kind: string }) => kind === "create");
        const lost = ofCreates.filter(({ state }: { state: string }) => state === "dead" || state === "discarded");
        expect(lost).toEqual([]);
        if (answer === null)
          expect(new Set(ofCreates.map(({ state }: { state: string }) => state))).toEqual(new Set(["confirmed"]));
      });
  });
