/** A clock that was years ahead, as after a start without a battery, and is set right: nothing waits or lasts for those years. */
import { afterEach, expect, test } from "bun:test";
import { Secret, TOTP } from "otpauth";
import { dayMs, hourMs, minuteMs } from "../../core/time.ts";
import { ApiClient, password } from "../harness/api-client.ts";
import { TestAppliance, until } from "../harness/appliance.ts";
import { ConsoleClient } from "../harness/console-client.ts";
import { cleanUp, cleanUpScenes, critical, type Scene, scene, turn } from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

const years = 9 * 365 * dayMs;

/** An incident whose ticket ServiceNow did not take, planned by a clock that is years ahead. */
async function refused(what: { status: number; retryAfter?: string }): Promise<Scene> {
  const it = await scene({ AUTO_PUSH_SYSTEMS: "servicenow" });
  it.appliance.clock.jump(years);
  let asked = 0;
  it.snow.faults = ({ method }) => {
    if (method !== "POST") return null;
    asked++;
    return { when: "before", what };
  };
  await it.appliance.ingest([critical("jsmith")]);
  await turn(it, 5_000);
  await until(() => asked > 0);
  await it.appliance.clock.settled();
  it.snow.faults = () => null;
  return it;
}

test("a create that was to be tried again in a minute is, by the time that counts now", async () => {
  const it = await refused({ status: 429 });
  it.appliance.clock.jump(-years);
  await turn(it, 5 * minuteMs);
  await until(() => it.snow.rows.length === 1);
});

test("Retry-After holds as long as was asked, and no longer", async () => {
  const it = await refused({ status: 429, retryAfter: "3600" });
  it.appliance.clock.jump(-years);
  await turn(it, 55 * minuteMs);
  expect(it.snow.rows).toHaveLength(0);
  await turn(it, 10 * minuteMs);
  await until(() => it.snow.rows.length === 1);
});

test("the same where the clock is set right while it is off", async () => {
  const it = await refused({ status: 429, retryAfter: "3600" });
  const again = await it.appliance.restarted(() => it.appliance.clock.jump(-years));
  cleanUp.push(() => again.dispose());
  again.clock.skip(25 * hourMs);
  await again.clock.advance(minuteMs);
  await until(() => it.snow.rows.length === 1);
});

test("a system whose deliveries are parked is tried again", async () => {
  const it = await refused({ status: 401 });
  const again = await it.appliance.restarted(() => it.appliance.clock.jump(-years));
  cleanUp.push(() => again.dispose());
  await again.clock.advance(30 * minuteMs);
  await until(() => it.snow.rows.length === 1);
});

test("codes of a second factor count, each once", async () => {
  const appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  cleanUp.push(() => appliance.dispose());
  const code = (secret: string) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: appliance.clock.now() });
  appliance.clock.jump(years);
  const admin = await ApiClient.loggedIn(appliance, "admin");
  const { secret } = (await admin.post("/api/totp", { password })).body;
  expect((await admin.post("/api/totp/confirm", { code: code(secret) })).status).toBe(204);
  appliance.clock.jump(-years);
  const open = new ApiClient(appliance.appliance.apiUrl);
  const login = async () => (await open.post("/api/login", { username: "admin", password, totp: code(secret) })).status;
  expect([await login(), await login()]).toEqual([200, 401]);
});

test("logins and sessions that were begun ahead end", async () => {
  const appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  cleanUp.push(() => appliance.dispose());
  appliance.clock.jump(years);
  const person = await ConsoleClient.signedIn(appliance, "admin");
  const open = new ApiClient(appliance.appliance.apiUrl);
  const { refresh_token } = (await open.post("/api/login", { username: "admin", password })).body;
  appliance.clock.jump(-years);
  expect((await person.get("/incidents")).at).toStartWith("/sign-in");
  expect((await open.post("/api/refresh", { refresh_token })).status).toBe(401);
});
