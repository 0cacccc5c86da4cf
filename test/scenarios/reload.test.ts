/** A reload keeps the last good settings of each section and says what it refused: to the command, in health, as a metric. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { detection, until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const patience = 300_000;

test(
  "one trailing comma drops no destination, and the exit code is the result",
  cleaningUp(async (defer) => {
    const receiver = await SyslogReceiver.started();
    defer(() => receiver.stop());
    const syslog = [{ name: "siem", host: "127.0.0.1", port: receiver.port }];
    const site = await ApplianceProcess.prepare({ config: { syslog } });
    defer(() => site.dispose());
    const etc = (name: string, text: string) => writeFileSync(join(site.folder, "etc", name), text);
    await site.start();
    const key = site.run(["key", "create", "a", "--scope", "ingest,metrics:read"]).stdout.trim();
    const send = (rule_id: string) =>
      fetch(`${site.apiUrl}/api/v1/ingest/detections`, {
        method: "POST",
        headers: { "X-API-Key": key },
        body: JSON.stringify(detection({ rule_id })),
      });
    const metric = async (line: string) => {
      const answer = await fetch(`${site.apiUrl}/metrics`, { headers: { "X-API-Key": key } });
      return (await answer.text()).split("\n").find((one) => one.startsWith(line)) ?? "";
    };
    await send("one");
    await until(() => receiver.messages.length === 1);
    expect(await metric("rhythmx_config_last_reload_successful")).toEndWith(" 1");

    etc("config.json", `{"syslog": [{"name": "siem", "host": "127.0.0.1", "port": ${receiver.port}},]}`);
    etc("case_patterns.json", '{"patterns": [{"type": "impact", "min_alerts": 0}]}');
    etc("floors.json", '{"floors": [{"name": "ransomware", "points": 200}]}');
    etc("assets.json", '{"assets": [{"host": "dc01", "role": "king"}]}');
    const refused = site.run(["reload"]);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/^rhythmx reload: .* refused, the last good ones stay in force/),
    ]);
    expect(refused.stdout).toMatch(
      /^refused: \S+config\.json line 1 column \d+: .*the last good settings stay in force$/m,
    );
    expect(refused.stdout).toMatch(/^refused: \S+case_patterns\.json.*the last good settings stay in force$/m);
    expect(refused.stdout).toMatch(/^refused: \S+floors\.json.*the last good settings stay in force$/m);
    expect(refused.stdout).toMatch(/^refused: \S+assets\.json.*the last good settings stay in force$/m);
    await send("two");
    await until(() => receiver.messages.length === 2);
    const health = await fetch(`http://127.0.0.1:${site.healthPort}/health`).then((answer) => answer.json());
    expect(health).toMatchObject({
      destinations: [{ name: "siem" }],
      faults: [{ name: "configuration", message: expect.stringContaining("the last good settings stay in force") }],
    });
    expect(await metric("rhythmx_config_last_reload_successful")).toEndWith(" 0");
    expect(await metric('rhythmx_config_reloads_total{outcome="refused"}')).toEndWith(" 1");

    // SIGHUP does the same.
    site.signal("SIGHUP");
    await until(async () => (await metric('rhythmx_config_reloads_total{outcome="refused"}')).endsWith(" 2"));
    await send("three");
    await until(() => receiver.messages.length === 3);

    site.configure({ syslog });
    etc("case_patterns.json", '{"patterns": [{"type": "impact", "min_alerts": 2}]}');
    etc("floors.json", '{"floors": [{"name": "ransomware", "points": 99}]}');
    etc("assets.json", '{"assets": [{"host": "dc01", "role": "domain_controller"}]}');
    const taken = site.run(["reload"]);
    expect([taken.code, taken.stderr]).toEqual([0, ""]);
    expect(taken.stdout).toContain("changed: floor ransomware points: ");
    expect(taken.stdout).toContain("changed: asset dc01: added: listed\n");
    expect(taken.stdout).toEndWith("settings and certificates are read again\n");
    expect(site.run(["reload"]).stdout).toBe("settings and certificates are read again; nothing has changed\n");
    expect(await metric("rhythmx_config_last_reload_successful")).toEndWith(" 1");
    const mended = await fetch(`http://127.0.0.1:${site.healthPort}/health`).then((answer) => answer.json());
    expect(mended).toMatchObject({ faults: [] });
  }),
  patience,
);

test(
  "what needs a restart is said; without a service there is nothing to reload",
  cleaningUp(async (defer) => {
    const site = await ApplianceProcess.prepare({ config: {} });
    defer(() => site.dispose());
    const absent = site.run(["reload"]);
    expect(absent).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("no appliance runs on") });
    await site.start();
    const env = (text: string) => writeFileSync(join(site.folder, "etc", ".env.production"), text, { mode: 0o600 });
    env("RHYTHMX_MASTER_KEY_FILE=/etc/rhythmx/other.key\nRHYTHMX_ADMIN_PASSWORD=planted word of the admin\n");
    const { code, stdout } = site.run(["reload"]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      "needs a restart: RHYTHMX_MASTER_KEY_FILE: added: /etc/rhythmx/other.key (logins and stored secrets",
    );
    expect(stdout).toContain("needs a restart: RHYTHMX_ADMIN_PASSWORD: added: (secret) (only the first start reads it");
    // It is said until it is restarted.
    expect(site.run(["reload"]).stdout).toBe(stdout);
    expect(site.log).not.toContain("planted");
  }),
  patience,
);
