import { expect, test } from "bun:test";
import { cleaningUp } from "../harness/clean-up.ts";
import { ApplianceProcess } from "../harness/process.ts";

const password = "correct horse battery";

async function login(appliance: ApplianceProcess, username: string, secret = password) {
  const response = await fetch(`${appliance.apiUrl}/api/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username, password: secret }),
  });
  return { status: response.status, body: (await response.json()) as { token: string } };
}

test(
  "users are made, listed, disabled and given passwords, with the appliance and without",
  cleaningUp(async (defer) => {
    const appliance = await ApplianceProcess.prepare({ config: {} });
    defer(() => appliance.dispose());
    const run = (args: string[], input = "") => appliance.run(["user", ...args], input);

    // Before the first start: on the database itself.
    expect(run(["add", "soar-service-account", "--role", "soar", "--entity", "South"], `${password}\n`)).toEqual({
      code: 0,
      stdout: "",
      stderr: "user soar-service-account is made, with role soar\n",
    });
    await appliance.start();
    expect(run(["add", "jane.doe", "--role", "analyst"], password).code).toBe(0);
    const { stdout } = run(["list"]);
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(/^NAME +ROLE +STATE +SECOND FACTOR +ENTITIES +CREATED +LAST LOGIN$/);
    expect(lines[1]).toMatch(/^admin +admin +active +no +all /);
    expect(lines[2]).toMatch(/^jane\.doe +analyst +active +no +all +\d{4}-\d\d-\d\dT\d\d:\d\d +never$/);
    expect(lines[3]).toMatch(/^soar-service-account +soar +active +no +South /);

    const { status, body } = await login(appliance, "jane.doe");
    expect(status).toBe(200);
    const me = () => fetch(`${appliance.apiUrl}/api/me`, { headers: { Authorization: `Bearer ${body.token}` } });
    expect((await me()).status).toBe(200);
    expect(run(["password", "jane.doe"], "another good password\n").stderr).toBe("user jane.doe has a new password\n");
    expect((await me()).status).toBe(401);
    expect((await login(appliance, "jane.doe")).status).toBe(401);
    expect((await login(appliance, "jane.doe", "another good password")).status).toBe(200);
    expect(run(["disable", "jane.doe"]).code).toBe(0);
    expect((await login(appliance, "jane.doe", "another good password")).status).toBe(401);
    expect(run(["enable", "jane.doe"]).stderr).toBe("user jane.doe may log in again\n");
    expect((await login(appliance, "jane.doe", "another good password")).status).toBe(200);
    expect(await appliance.terminate()).toBe(0);
    expect(appliance.log).not.toContain(password);
  }),
);

test(
  "wrong use says what is accepted, and shows no trace of a program",
  cleaningUp(async (defer) => {
    const appliance = await ApplianceProcess.prepare({ config: {} });
    defer(() => appliance.dispose());
    const wrong: [string[], string, number, RegExp][] = [
      [[], "", 2, /add, list, password, disable, enable or reset-totp is missing/],
      [["drop"], "", 2, /unknown action "drop"/],
      [
        ["add", "x", "--role", "admin", "--entity", "South"],
        password,
        2,
        /--entity: an administrator sees every entity/,
      ],
      [["add", "x"], password, 2, /--role ROLE is missing: viewer, analyst, soar or admin/],
      [["add", "x", "--role", "root"], password, 2, /--role "root": one of viewer/],
      [["add", "x", "--role", "viewer", "--entity", ""], password, 2, /--entity is blank/],
      [["add", "x", "--role", "viewer"], "", 2, /no password: give one line on stdin/],
      [["add", "x", "--role", "viewer"], "short\n", 2, /password: 12 characters or more/],
      [["add", "../x", "--role", "viewer"], password, 2, /name: 1 to 64 letters/],
      [["add", "x", "--role", "admin", "--password", password], "", 2, /--password/],
      [["disable", "nobody"], "", 1, /there is no user "nobody"/],
      [["password", "a", "b"], password, 2, /unexpected "b" after NAME/],
    ];
    for (const [args, input, code, stderr] of wrong) {
      const result = appliance.run(["user", ...args], input);
      expect([args, result.code, result.stdout]).toEqual([args, code, ""]);
      expect(result.stderr).toMatch(stderr);
      expect(result.stderr.trimEnd().split("\n")).toHaveLength(1);
    }
    expect(appliance.run(["user", "add", "--help"]).stdout).toContain("is never an argument");
  }),
);
