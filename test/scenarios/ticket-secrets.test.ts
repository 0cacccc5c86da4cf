import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { ApiClient, password } from "../harness/api-client.ts";
import { TestAppliance, until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { EventStreamClient } from "../harness/event-stream.ts";
import { critical } from "../harness/ticket-scene.ts";

const token = "tok/en+77&x=9";
const servicePassword = "pass wörd%/+66";
const email = "soc@acme.example";

/** A secret as it may appear: as it is, as URLs, JSON and headers have it. */
const forms = (secret: string, user: string) => [
  secret.slice(0, 6),
  ...[secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)],
  ...[secret, `${user}:${secret}`].map((text) => Buffer.from(text).toString("base64").replace(/=+$/, "")),
];

test(
  "a target that repeats every secret it is given: none is in log, API, metrics, stream, database or WAL",
  cleaningUp(async (defer) => {
    let asked = 0;
    const echo = createServer((request, response) => {
      response.setHeader("Content-Type", "application/json");
      if (request.url?.endsWith("/serverInfo")) {
        response.end(JSON.stringify({ baseUrl: "https://jira.example", deploymentType: "Cloud" }));
        return;
      }
      asked++;
      const header = request.headers.authorization ?? "";
      const plain = Buffer.from(header.replace(/^Basic /, ""), "base64").toString("utf8");
      const secret = plain.slice(plain.indexOf(":") + 1);
      // The last one stands where the words are cut.
      const cut = `${"x".repeat(590)}${secret.repeat(5)}`;
      const said = [cut, header, plain, secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")];
      response.writeHead(asked % 2 === 0 ? 403 : 500);
      response.end(JSON.stringify({ errorMessages: said, error: { message: said.join(" "), detail: said.join("|") } }));
    });
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    defer(async () => {
      echo.closeAllConnections();
      echo.close();
    });
    const url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
    const push = {
      AUTO_PUSH_ENABLED: "true",
      AUTO_PUSH_CAMPAIGNS: "each",
      AUTO_PUSH_MIN_SEVERITY: "LOW",
      AUTO_PUSH_SYSTEMS: "jira,servicenow",
    };
    const appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password, ...push } });
    defer(() => appliance.dispose());
    const admin = await ApiClient.loggedIn(appliance, "admin");
    const stream = await EventStreamClient.open(`${appliance.appliance.apiUrl}/api/v1/feed/stream`, {
      ...admin.headers,
    });
    defer(async () => stream.close());
    expect(stream.status).toBe(200);
    const answers = [
      await admin.send("PUT", "/api/settings/jira", {
        url,
        email,
        api_token: token,
        project_key: "SEC",
        enabled: true,
      }),
      await admin.send("PUT", "/api/settings/servicenow", {
        instance: url,
        username: "rhythmx",
        password: servicePassword,
        enabled: true,
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await appliance.ingest([critical("repeated")]);
    for (let minutes = 0; minutes < 6; minutes++) await appliance.clock.advance(60_000);
    await until(async () =>
      (await admin.get("/api/deliveries")).body.deliveries.every((one: { cause: string }) => one.cause),
    );
    for (const path of [
      ...["/api/settings/jira", "/api/settings/servicenow", "/api/integrations/status", "/api/deliveries"],
      ...["/api/dead-letters", "/api/tickets", "/api/audit", "/api/incidents"],
    ])
      answers.push(await admin.get(path));
    for (const { id } of answers.find(({ body }) => body.deliveries !== undefined)?.body.deliveries ?? [])
      answers.push(await admin.get(`/api/deliveries/${id}`));
    for (const system of ["jira", "servicenow"]) answers.push(await admin.post(`/api/settings/${system}/test`, {}));
    await until(() => stream.events.length > 0);
    const metrics = await (await fetch(`${appliance.appliance.apiUrl}/metrics`)).text();
    const data = readdirSync(appliance.dataDir).filter((name) => name.startsWith("rhythmx.db"));
    const places: [string, string][] = [
      ["log", appliance.logLines.join("")],
      ["API", JSON.stringify(answers.map(({ body }) => body))],
      ["metrics", metrics],
      ["stream", JSON.stringify(stream.events)],
      ...data
        .filter((name) => !name.endsWith(".lock") && !name.endsWith("-shm"))
        .map((name): [string, string] => [name, readFileSync(join(appliance.dataDir, name), "utf8")]),
    ];
    expect(data).toContain("rhythmx.db-wal");
    expect(asked).toBeGreaterThan(4);
    // The target's words are kept, with the secrets masked.
    expect(places[1]?.[1]).toContain("********");
    for (const [place, text] of places)
      for (const form of [...forms(token, email), ...forms(servicePassword, "rhythmx")])
        expect([place, form, text.includes(form)]).toEqual([place, form, false]);
  }),
);
