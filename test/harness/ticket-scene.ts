/** An appliance with both ticket systems, which are stand-ins. */
import { minuteMs } from "../../core/time.ts";
import { autoPush, jiraEnvironment, serviceNowEnvironment } from "../standins/environment.ts";
import type { Fault, FaultPlan } from "../standins/faults.ts";
import { JiraStandIn } from "../standins/jira.ts";
import type { JiraOptions } from "../standins/jira-model.ts";
import { ServiceNowStandIn } from "../standins/servicenow.ts";
import type { ServiceNowOptions } from "../standins/servicenow-model.ts";
import { ApiClient, password } from "./api-client.ts";
import { detection, TestAppliance, until } from "./appliance.ts";
import { queryDatabase } from "./database-file.ts";
import { FakeClock } from "./fake-clock.ts";

export interface Scene {
  appliance: TestAppliance;
  admin: ApiClient;
  jira: JiraStandIn;
  snow: ServiceNowStandIn;
}

export const cleanUp: (() => Promise<unknown>)[] = [];
/** For `afterEach`. */
export async function cleanUpScenes(): Promise<void> {
  for (const step of cleanUp.splice(0).reverse()) await step();
}

export async function scene(
  env: Record<string, string> = {},
  options: { jira?: JiraOptions; snow?: ServiceNowOptions; config?: unknown } = {},
): Promise<Scene> {
  const clock = new FakeClock();
  const now = () => clock.now();
  const jira = await new JiraStandIn({ now, ...options.jira }).start();
  const snow = await new ServiceNowStandIn({ now, ...options.snow }).start();
  cleanUp.push(
    () => jira.stop(),
    () => snow.stop(),
  );
  const appliance = await TestAppliance.start({
    clock,
    ...(options.config === undefined ? {} : { config: options.config }),
    env: {
      RHYTHMX_ADMIN_PASSWORD: password,
      RHYTHMX_BASE_URL: "https://edge.example:8443",
      ...jiraEnvironment(jira),
      ...serviceNowEnvironment(snow),
      ...autoPush("jira", "servicenow"),
      // What is about one incident does not wait until it is known whether there are others.
      AUTO_PUSH_CAMPAIGNS: "each",
      ...env,
    },
  });
  const made = { appliance, admin: await ApiClient.loggedIn(appliance, "admin"), jira, snow };
  cleanUp.push(() => made.appliance.dispose());
  return made;
}

export const critical = (user: string, fields: object = {}) =>
  detection({ user, level: "critical", tags: ["attack.execution", "attack.t1059.001"], ...fields });

/** Three rules of level high at once, which are a medium incident; one critical rule by itself is a high one. */
export const medium = (user: string, fields: object = {}) =>
  [1, 2, 3].map((n) => critical(user, { level: "high", rule_id: `m${n}`, rule_title: `Medium ${n}`, ...fields }));

/** Lets the appliance's loops turn and answers come in. */
export async function turn({ appliance }: Scene, milliseconds: number): Promise<void> {
  await appliance.clock.advance(milliseconds);
}

export const deliveries = async ({ admin }: Scene, query = "") =>
  (await admin.get(`/api/deliveries?${query}`)).body.deliveries;

/** Tokens end after a quarter of an hour of the appliance's clock. */
export const login = (it: Scene) => ApiClient.loggedIn(it.appliance, "admin");

/** The deliveries, by a login of now. */
export const listed = async (it: Scene, query: string) => deliveries({ ...it, admin: await login(it) }, query);

/** Time goes on, a minute at a time, until it is so. */
export async function eventually(it: Scene, isSo: () => boolean | Promise<boolean>): Promise<void> {
  await until(async () => {
    await turn(it, minuteMs);
    return isSo();
  }, 180_000);
}

/** The fault at the first request that fits; then, or at all others, what `next` says. */
export function once(method: string, path: RegExp, fault: Fault, next: FaultPlan = () => null): FaultPlan {
  let left = 1;
  return (asked) => (asked.method === method && path.test(asked.path) && left-- > 0 ? fault : next(asked));
}

/** A scene with one incident whose tickets are there in both systems. */
export async function ticketed(
  env: Record<string, string> = {},
  options: { jira?: JiraOptions; snow?: ServiceNowOptions } = {},
  detections: Record<string, unknown>[] = [critical("jsmith")],
): Promise<Scene & { id: string; key: string; number: string }> {
  const it = await scene(env, options);
  await it.appliance.ingest(detections);
  // A create each, and Jira's link.
  const systems = env.AUTO_PUSH_SYSTEMS ?? "jira,servicenow";
  const expected = (systems.includes("jira") ? 2 : 0) + (systems.includes("servicenow") ? 1 : 0);
  await until(async () => (await deliveries(it, "state=confirmed")).length >= expected);
  const { incidents } = (await it.admin.get("/api/incidents")).body;
  const [{ incident_id: id }] = incidents;
  return { ...it, id, key: it.jira.issues[0]?.key ?? "", number: it.snow.rows[0]?.number ?? "" };
}

/** The incident in full. */
export const detail = async (it: Scene & { id: string }) =>
  (await (await login(it)).get(`/api/incidents/${it.id}`)).body;

/** Time passes until one delivery, and no other, waits for a person. The administrator's token is a new one then. */
export async function oneParked(it: Scene): Promise<void> {
  await until(async () => {
    await turn(it, 10_000);
    it.admin = await login(it);
    return (await deliveries(it, "state=parked")).length === 1;
  }, 180_000);
}

/** Every delivery has come to its end. */
export async function settled(it: Scene): Promise<void> {
  const open = "select count(*) as n from deliveries where state in ('planned', 'sending', 'unknown')";
  await until(
    () => queryDatabase(it.appliance, open).n === 0,
    180_000,
    () => "deliveries do not come to an end",
  );
}
