/** What somebody without credentials, or with fewer than asked for, can do to the appliance over HTTP: nothing. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { DatabaseFile } from "../harness/database-file.ts";

let appliance: TestAppliance;
let admin: ApiClient;
let url: string;
beforeAll(async () => {
  appliance = await TestAppliance.start({
    env: { RHYTHMX_ADMIN_PASSWORD: password, RHYTHMX_TRUSTED_PROXIES: "127.0.0.0/8" },
  });
  admin = await ApiClient.loggedIn(appliance, "admin");
  url = appliance.appliance.apiUrl;
  await appliance.ingest(
    [1, 2, 3, 4].map((n) => detection({ user: "alice", rule_id: `r${n}`, rule_title: `Rule ${n}` })),
  );
});
afterAll(() => appliance.dispose());

describe("bodies", () => {
  const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

  test("JSON nested 50,000 deep is refused, wherever JSON is taken", async () => {
    const { incidents } = (await admin.get("/api/incidents")).body;
    const routes: [string, string][] = [
      ["POST", "/api/login"],
      ["POST", "/api/refresh"],
      ["POST", "/api/logout"],
      ["POST", "/api/password"],
      ["POST", "/api/totp"],
      ["POST", "/api/users"],
      ["PATCH", "/api/users/admin"],
      ["POST", "/api/keys"],
      ["PUT", "/api/settings/jira"],
      ["POST", "/api/settings/jira/test"],
      ["PATCH", `/api/incidents/${incidents[0].incident_id}`],
      ["POST", "/api/exceptions"],
    ];
    for (const [method, path] of routes)
      for (const body of [deep(6_000), `{"username":${deep(6_000)}}`, `{"url":${deep(40)}}`, "[".repeat(8_000)]) {
        const { status } = await admin.send(method, path, body);
        expect([path, body.slice(0, 12), status]).toEqual([path, body.slice(0, 12), 400]);
      }
    // Beyond what strangers may send at all, and within what others may.
    const open = new ApiClient(url);
    expect((await open.send("POST", "/api/login", `{"username":${deep(50_000)}}`)).status).toBe(413);
    expect((await admin.send("POST", "/api/users", `{"name":${deep(50_000)}}`)).status).toBe(400);
    const lines = `${JSON.stringify(detection({ user: "deep" }))}\n{"raw":${deep(50_000)}}`;
    const { status, body } = await appliance.ingest(lines);
    expect([status, body.accepted, body.rejected.length]).toEqual([200, 1, 1]);
    expect((await appliance.ingest(deep(50_000))).status).toBe(400);
  });

  test("JSON of very many values, or with names that every object has, is refused before it costs anything", async () => {
    const wide = (values: number) => `{"entities":[${'"x",'.repeat(values)}"x"]}`;
    for (const [method, path] of [
      ["POST", "/api/password"],
      ["POST", "/api/users"],
      ["PATCH", "/api/users/admin"],
      ["POST", "/api/keys"],
      ["POST", "/api/exceptions"],
      ["PUT", "/api/settings/jira"],
      ["POST", "/api/settings/alert_syslog/test"],
    ] as const) {
      const many = await admin.send(method, path, wide(200_000));
      expect([path, many.status, many.body.errors?.[0]]).toEqual([
        path,
        400,
        { name: "body", reason: "holds more than 20000 values" },
      ]);
      const own = await admin.send(method, path, '{"__proto__":{"role":"admin"},"constructor":{"prototype":{}}}');
      expect([path, own.status, own.body.errors?.map(({ name }: { name: string }) => name).slice(0, 2)]).toEqual([
        path,
        400,
        ["__proto__", "constructor"],
      ]);
    }
    // Commas in texts are no values.
    expect((await admin.post("/api/users", { name: "x", role: "viewer", password: ",".repeat(300_000) })).status).toBe(
      400,
    );
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      expect([name, (await admin.get(`/api/settings/${name}`)).status]).toEqual([name, 404]);
      expect([name, (await admin.send("PUT", `/api/settings/${name}`, {})).status]).toEqual([name, 404]);
      expect([name, (await admin.post(`/api/settings/${name}/test`, {})).status]).toEqual([name, 404]);
    }
  });

  test("a body in single bytes is taken while it is short, and cut off before it costs anything", async () => {
    const { port } = new URL(url);
    const send = (text: string) =>
      new Promise<string>((resolve) => {
        let answer = "";
        const socket = connect(Number(port), "127.0.0.1", () => {
          socket.write(
            `POST /api/v1/ingest/detections HTTP/1.1\r\nHost: x\r\nX-API-Key: ${appliance.key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`,
          );
          socket.write(`${[...text].map((one) => `1\r\n${one}\r\n`).join("")}0\r\n\r\n`);
        });
        socket.on("data", (bytes) => {
          answer += bytes;
        });
        socket.on("error", () => {});
        socket.on("close", () => resolve(answer));
      });
    expect(await send(JSON.stringify([detection({ user: "drip" })]))).toContain('"accepted":1');
    expect(await send("x".repeat(200_000))).toContain("send larger chunks");
  });

  test("a webhook that is not set up, or not signed, is refused without a byte of its body", async () => {
    const sockets: Socket[] = [];
    const answers: string[] = [];
    const head = (system: string, more = "") =>
      `POST /api/webhooks/${system} HTTP/1.1\r\nHost: edge\r\nContent-Length: 4000000\r\n${more}\r\n`;
    const ask = async (text: string) => {
      const { hostname, port } = new URL(url);
      const socket = connect(Number(port), hostname);
      sockets.push(socket);
      let got = "";
      socket.on("data", (part) => {
        got += part.toString();
      });
      socket.on("error", () => {});
      socket.write(text);
      await until(() => got.includes("\r\n\r\n"));
      answers.push(got.slice(9, 12));
    };
    for (const system of ["jira", "servicenow"]) await ask(head(system));
    await admin.send("PUT", "/api/settings/jira", { webhook_secret: "a secret of its own" });
    await admin.send("PUT", "/api/settings/servicenow", { webhook_secret: "a secret of its own" });
    await ask(head("jira"));
    await ask(head("jira", "X-Hub-Signature: sha256=zz\r\n"));
    await ask(head("servicenow", `X-RhythmX-Signature: sha256=${"A".repeat(43)}=\r\nX-RhythmX-Timestamp: 1\r\n`));
    expect(answers).toEqual(["403", "403", "401", "401", "401"]);
    for (const socket of sockets) socket.destroy();
  });

  test("strangers share a small part of the memory, and those who are known go on", async () => {
    const sockets: Socket[] = [];
    const statuses: number[] = [];
    const { hostname, port } = new URL(url);
    const signed = `X-Hub-Signature: sha256=${"0".repeat(64)}\r\nX-Forwarded-For: 203.0.113.77\r\n`;
    // Each holds 1 MiB and says that more comes.
    for (let n = 0; n < 24; n++) {
      const socket = connect(Number(port), hostname);
      sockets.push(socket);
      socket.on("error", () => {});
      socket.on("data", (part) => void statuses.push(Number(part.toString().slice(9, 12))));
      socket.write(`POST /api/webhooks/jira HTTP/1.1\r\nHost: edge\r\nContent-Length: 4000000\r\n${signed}\r\n`);
      socket.write(Buffer.alloc(1024 * 1024, 0x20));
    }
    await until(() => statuses.filter((status) => status === 503).length >= 10, 180_000);
    expect(new Set(statuses)).toEqual(new Set([503]));
    // Another network, a known caller and intake are not held up.
    const elsewhere = { "X-Forwarded-For": "198.51.100.9" };
    const login = { username: "admin", password };
    expect((await new ApiClient(url).send("POST", "/api/login", login, elsewhere)).status).toBe(200);
    expect((await admin.patch("/api/users/admin", { disabled: false })).status).toBe(200);
    expect((await appliance.ingest([detection()])).status).toBe(200);
    for (const socket of sockets) socket.destroy();
  });
});

test("a CA file that is a pipe, a device, a folder or huge is named, and nothing waits for it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-ca-"));
  try {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const huge = join(folder, "huge");
    writeFileSync(huge, Buffer.alloc(5 * 1024 * 1024));
    for (const file of [pipe, "/dev/zero", folder, huge, join(folder, "none")]) {
      const jira = { url: "https://jira.example.com", api_token: "t", project_key: "SEC", ca_file: file };
      const { status, body } = await admin.post("/api/settings/jira/test", jira);
      expect(status).toBe(200);
      expect([file, body.ok, body.steps[0].detail.includes(file)]).toEqual([file, false, true]);
    }
    const tls = { host: "127.0.0.1", port: 9, protocol: "tls", tls: { ca_file: pipe } };
    await appliance.reload({ syslog: { name: "siem", ...tls } });
    await until(async () => (await appliance.health()).body.destinations[0]?.last_error?.includes(pipe) === true);
    expect((await new ApiClient(url).get("/healthz")).status).toBe(200);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("secrets stay with what they were given for", () => {
  const given = {
    snow_base_url: "https://msp.example.com/api",
    app_id: "app",
    secret: "s3cret",
    proxy: "http://proxy.example.com:3128",
    service_identifier: "svc",
  };
  const elsewhere: Record<string, unknown>[] = [
    { snow_base_url: "https://evil.example.com/api" },
    { base_url: "https://evil.example.com/api" },
    { " Base_URL ": "https://evil.example.com/api" },
    { PROACTIVE_SNOW_BASE_URL: "https://evil.example.com/api" },
    { base_url: "https://msp.example.com/other" },
    { base_url: ["https://msp.example.com/api", "https://evil.example.com/api"] },
    { proxy: "http://evil.example.com:3128" },
    { snow_proxy: null },
    { ca_file: "/tmp/evil.pem" },
    { verify_ssl: false },
    { SNOW_VERIFY_SSL: "FALSE" },
  ];
  /** Addresses of which one program sees another host than the next. */
  const ambiguous: Record<string, unknown>[] = [
    { proxy: "http://proxy.example.com?.evil.example.com:3128" },
    { proxy: "http://proxy.example.com#.evil.example.com:3128" },
    { proxy: "http://proxy.example.com\\.evil.example.com:3128" },
    { proxy: "socks5://evil.example.com:3128" },
    { base_url: "https://msp.example.com\\@evil.example.com/api" },
    { base_url: "https://:pw@msp.example.com/api" },
    { base_url: "https://msp.example.com/api?" },
    { base_url: { toString: "https://evil.example.com/api" } },
    { ｂase_url: "https://evil.example.com/api" },
  ];

  test("an address that programs read in different ways is none", async () => {
    expect((await admin.send("PUT", "/api/settings/proactive", given)).status).toBe(200);
    const before = (await admin.get("/api/settings/proactive")).body;
    for (const fields of ambiguous) {
      expect([fields, (await admin.send("PUT", "/api/settings/proactive", fields)).status]).toEqual([fields, 400]);
      expect([fields, (await admin.post("/api/settings/proactive/test", fields)).status]).toEqual([fields, 400]);
      // Also with the secret beside it.
      const all = { ...fields, secret: "s3cret" };
      expect([fields, (await admin.send("PUT", "/api/settings/proactive", all)).status]).toEqual([fields, 400]);
    }
    expect((await admin.get("/api/settings/proactive")).body).toEqual(before);
    expect(before.fields.snow_secret).toMatchObject({
      ...{ configured: true, source: "saved", pinned: false },
      setting: "PROACTIVE_SNOW_SECRET",
    });
    expect(before.fields.snow_secret).not.toHaveProperty("value");
    const text = `{"base_url":${JSON.stringify(given.snow_base_url)},"base_url":"https://evil.example.com/api"}`;
    expect((await admin.send("PUT", "/api/settings/proactive", text)).status).toBe(400);
  });

  test("neither saved nor tested with another address, proxy, authority or without verification", async () => {
    expect((await admin.send("PUT", "/api/settings/proactive", given)).status).toBe(200);
    for (const fields of elsewhere)
      for (const [method, path] of [
        ["PUT", "/api/settings/proactive"],
        ["POST", "/api/settings/proactive/test"],
      ] as const) {
        const { status, body } = await admin.send(method, path, fields);
        expect([fields, status]).toEqual([fields, 400]);
        expect(body.detail).toContain("give it again");
      }
    // Two names of one field, one of which is looked at.
    const twice = { snow_base_url: given.snow_base_url, base_url: "https://evil.example.com/api" };
    expect((await admin.send("PUT", "/api/settings/proactive", twice)).body.detail).toContain("send one");
    // First away with the address, then another one.
    expect((await admin.send("PUT", "/api/settings/proactive", { base_url: null })).status).toBe(200);
    expect((await admin.send("PUT", "/api/settings/proactive", { base_url: "https://evil.example.com" })).status).toBe(
      400,
    );
    // What means the same is no change, and with the secret everything may change.
    const same = { base_url: "https://MSP.example.com/api/", secret: "s3cret" };
    expect((await admin.send("PUT", "/api/settings/proactive", same)).status).toBe(200);
    expect((await admin.send("PUT", "/api/settings/proactive", { snow_base_url: given.snow_base_url })).status).toBe(
      200,
    );
    expect((await admin.send("PUT", "/api/settings/proactive", { verify_ssl: "TRUE", source: "x" })).status).toBe(200);
  });

  test("a secret of the environment goes only where the environment says", async () => {
    const pinned = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password, JIRA_API_TOKEN: "pinned" } });
    try {
      const client = await ApiClient.loggedIn(pinned, "admin");
      const evil = { url: "https://evil.example.com" };
      const saved = await client.send("PUT", "/api/settings/jira", evil);
      expect([saved.status, saved.body.detail]).toEqual([400, expect.stringContaining("change JIRA_URL there")]);
      expect((await client.post("/api/settings/jira/test", evil)).status).toBe(400);
    } finally {
      await pinned.dispose();
    }
  });

  test("the audit log has what changed and what was tested, never a secret", async () => {
    await admin.post("/api/settings/proactive/test", {
      proxy: "http://u:hidden@p.example.com:1",
      secret: "other-s3cret",
    });
    const { entries } = (await admin.get("/api/audit?limit=500")).body;
    const of = (action: string) => entries.filter((entry: { action: string }) => entry.action === action);
    expect(of("settings.test").length).toBeGreaterThan(0);
    expect(JSON.stringify(of("settings.save"))).toContain('"old":null,"new":"https://msp.example.com/api"');
    expect(JSON.stringify(of("settings.save"))).toContain(
      '{"name":"PROACTIVE_SNOW_SECRET","old":null,"new":"(secret)"}',
    );
    for (const secret of ["s3cret", "hidden", "a secret of its own"])
      expect(JSON.stringify(entries)).not.toContain(secret);
  });
});

describe("metrics behind a proxy on this machine", () => {
  test("take a key, by either header; without a proxy they take none", async () => {
    const get = (headers: Record<string, string>) =>
      new ApiClient(url).get("/metrics", headers).then(({ status }) => status);
    const { key } = await appliance.makeKey(["metrics:read"]);
    expect(await get({})).toBe(200);
    for (const [name, value] of [
      ["X-Forwarded-For", "203.0.113.5"],
      ["X-Forwarded-For", "127.0.0.1"],
      ["Forwarded", "for=203.0.113.5"],
      ["Via", "1.1 proxy"],
      ["X-Real-IP", "203.0.113.5"],
    ] as const) {
      expect(await get({ [name]: value })).toBe(401);
      expect(await get({ [name]: value, "X-API-Key": key })).toBe(200);
      expect(await get({ [name]: value, Authorization: `Bearer ${key}` })).toBe(200);
    }
  });
});

describe("logins", () => {
  const from = (address: string, username: string, secret: string) =>
    new ApiClient(url)
      .send("POST", "/api/login", { username, password: secret }, { "X-Forwarded-For": address })
      .then(({ status }) => status);

  test("the addresses of one IPv6 network count together", async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 25; n++) statuses.push(await from(`2001:db8:1:2::${n.toString(16)}`, `nobody${n}`, "wrong"));
    expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401));
    expect(statuses.slice(20)).toEqual(Array(5).fill(429));
    expect(await from("2001:db8:1:3::1", "nobody", "wrong")).toBe(401);
  });

  test("an address counts once, in whatever spelling a proxy sends it", async () => {
    const spellings = [
      "203.0.113.77",
      "203.0.113.77:52311",
      "::ffff:203.0.113.77",
      "::FFFF:CB00:714D",
      "[::ffff:203.0.113.77]:443",
      "0:0:0:0:0:ffff:203.0.113.77",
      "198.51.100.1, 203.0.113.77:1",
    ];
    for (const [n, spelling] of spellings.entries())
      await new ApiClient(url, { "X-Forwarded-For": spelling }).post("/api/login", {
        username: `spelt${n}`,
        password: "wrong wrong wrong",
      });
    const { entries } = (await admin.get("/api/audit?action=login.refused&limit=500")).body;
    const seen = entries.filter(({ who }: { who: string }) => who.startsWith("spelt"));
    expect(seen.map(({ address }: { address: string }) => address)).toEqual(spellings.map(() => "203.0.113.77"));
  });

  test("good logins of one's own do not clear the address", async () => {
    await ApiClient.asUser(appliance, "mallory", "viewer");
    const statuses: number[] = [];
    for (let n = 0; n < 30; n++) {
      statuses.push(await from("203.0.113.40", `guess${n}`, "wrong"));
      if (n % 3 === 0) await from("203.0.113.40", "mallory", password);
    }
    expect(statuses).toContain(429);
    expect(statuses.indexOf(429)).toBeLessThanOrEqual(20);
  });

  test("the owner comes in from where the owner came before, while others lock the account", async () => {
    await ApiClient.asUser(appliance, "owner", "viewer");
    expect(await from("203.0.113.50", "owner", password)).toBe(200);
    for (let n = 0; n < 60; n++) await from(`198.51.100.${n + 20}`, "owner", "wrong");
    expect(await from("192.0.2.200", "owner", password)).toBe(429);
    expect(await from("203.0.113.50", "owner", password)).toBe(200);
    // Known or not, a network guesses no longer than any other.
    const guesses: number[] = [];
    for (let n = 0; n < 8; n++) guesses.push(await from("203.0.113.50", "owner", "wrong"));
    expect(guesses.filter((status) => status === 401).length).toBeLessThanOrEqual(5);
  });

  test("many good logins are no failures", async () => {
    await ApiClient.asUser(appliance, "busy", "soar");
    for (let n = 0; n < 30; n++) expect(await from(`203.0.113.${100 + (n % 9)}`, "busy", password)).toBe(200);
  });
});

describe("passwords", () => {
  test("that somebody else has set open nothing but the way to another one", async () => {
    await admin.post("/api/users", { name: "newcomer", role: "admin", password });
    const { body } = await new ApiClient(url).post("/api/login", { username: "newcomer", password });
    expect(body.password_change_required).toBe(true);
    const client = new ApiClient(url, { Authorization: `Bearer ${body.token}` });
    for (const path of ["/api/incidents", "/api/users", "/api/v1/feed/alerts", "/api/v1/feed/stream", "/api/audit"]) {
      const { status, body: refusal } = await client.get(path);
      expect([path, status, refusal.title]).toEqual([path, 403, "Password change required"]);
    }
    expect((await client.post("/api/users", { name: "x", role: "admin", password })).status).toBe(403);
    expect((await client.post("/api/totp", { password })).status).toBe(403);
    expect((await client.get("/api/me")).status).toBe(200);
    const change = (next: string) => client.post("/api/password", { current_password: password, new_password: next });
    expect((await change(password)).status).toBe(400);
    expect((await change("one that nobody else has")).status).toBe(204);
    expect((await client.get("/api/me")).status).toBe(401);
  });

  test("a program's account is never asked for another one, until it is made a person's", async () => {
    await admin.post("/api/users", { name: "robot", role: "soar", password });
    const login = (name: string) => new ApiClient(url).post("/api/login", { username: name, password });
    expect((await login("robot")).body.password_change_required).toBe(false);
    await admin.patch("/api/users/robot", { role: "admin" });
    const { body } = await login("robot");
    expect(body.password_change_required).toBe(true);
    const robot = new ApiClient(url, { Authorization: `Bearer ${body.token}` });
    expect((await robot.get("/api/users")).status).toBe(403);
    await admin.post("/api/users", { name: "human", role: "viewer", password });
    const made = await admin.patch("/api/users/human", { role: "soar" });
    expect(made.body.password_change_required).toBe(false);
    const human = new ApiClient(url, { Authorization: `Bearer ${(await login("human")).body.token}` });
    expect((await human.get("/api/incidents")).status).toBe(200);
  });

  test("that are tried first by whoever guesses are refused", async () => {
    const common = [
      "password1234",
      "Password2024!",
      "P@ssw0rd1234",
      "Welcome2026!!!",
      "Summer2026!!!",
      "qwertyuiop123",
      "1q2w3e4r5t6y",
      "abcdefghijklm",
      "123456789012a",
      "letmein-letmein",
      "AdminAdmin123",
      "ChangeMe12345!",
      "RhythmX-2026!!",
      "abc1abc1abc1abc1",
      "trustno1trustno1",
      "ｐａｓｓｗｏｒｄ１２３４",
      "Pàsswörd12345",
      "pass\u200bword\u200b1234",
      "Passwort2026!!",
      "contraseña1234",
      "пароль123456",
      "йцукенгшщзхъ",
      "correct-horse-battery-staple",
    ];
    for (const secret of common) {
      const { status, body } = await admin.post("/api/users", { name: "weak", role: "viewer", password: secret });
      expect([secret, status, body.errors?.[0]?.name]).toEqual([secret, 400, "password"]);
    }
    for (const [n, secret] of ["vF8-kq2-Zt5-wM", "marmot eats red gravel", "tr0ub4dor&3xQ!", "gB7$pLx92wQd"].entries())
      expect([
        secret,
        (await admin.post("/api/users", { name: `strong${n}`, role: "viewer", password: secret })).status,
      ]).toEqual([secret, 201]);
  });

  test("of the first administrator: never written through a link, gone with the account too", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "rhythmx-first-"));
    const victim = join(tmpdir(), `rhythmx-victim-${process.pid}`);
    const file = join(dataDir, "initial-admin-password");
    writeFileSync(victim, "keep\n", { mode: 0o644 });
    symlinkSync(victim, file);
    const fresh = await TestAppliance.start({ dataDir });
    try {
      expect(readFileSync(victim, "utf8")).toBe("keep\n");
      expect([lstatSync(file).isFile(), lstatSync(file).mode & 0o777]).toEqual([true, 0o600]);
      const boss = await ApiClient.asUser(fresh, "boss", "admin");
      expect((await boss.delete("/api/users/admin")).status).toBe(204);
      expect(existsSync(file)).toBe(false);
    } finally {
      await fresh.dispose();
      rmSync(victim);
    }
  });
});

test.each([
  ["a pipe", (file: string) => void execFileSync("mkfifo", [file]), true],
  ["a second name of another file", (file: string, other: string) => linkSync(other, file), true],
  ["a link to nowhere", (file: string) => symlinkSync("/nonexistent/file", file), true],
  ["a folder", (file: string) => mkdirSync(file), false],
] as const)(
  "the first password where %s stands: written to a file of its own, or the start says what to do",
  async (_, make, starts) => {
    const dataDir = mkdtempSync(join(tmpdir(), "rhythmx-first-"));
    const file = join(dataDir, "initial-admin-password");
    const other = join(dataDir, "other");
    writeFileSync(other, "keep\n", { mode: 0o644 });
    make(file, other);
    const started = await TestAppliance.start({ dataDir }).catch((error: Error) => error);
    try {
      expect(readFileSync(other, "utf8")).toBe("keep\n");
      if (started instanceof Error) {
        expect([starts, started.message]).toEqual([false, expect.stringContaining("remove what stands there")]);
        return;
      }
      expect([starts, lstatSync(file).isFile(), lstatSync(file).nlink]).toEqual([true, true, 1]);
      const secret = readFileSync(file, "utf8").trim();
      const login = { username: "admin", password: secret };
      expect((await new ApiClient(started.appliance.apiUrl).post("/api/login", login)).status).toBe(200);
    } finally {
      if (!(started instanceof Error)) await started.dispose();
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
);

test("right passwords count as no failures while the database takes no logins", async () => {
  const edge = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  try {
    const login = () =>
      new ApiClient(edge.appliance.apiUrl)
        .post("/api/login", { username: "admin", password })
        .then((one) => one.status);
    const database = new DatabaseFile(join(edge.dataDir, "rhythmx.db"));
    database.run("create trigger full before insert on sessions begin select raise(fail, 'full'); end");
    for (let n = 0; n < 12; n++) expect(await login()).toBeGreaterThanOrEqual(500);
    database.run("drop trigger full");
    database.close();
    expect(await login()).toBe(200);
  } finally {
    await edge.dispose();
  }
});

test("the audit log tells of logouts, wrong present passwords and refused keys, and no stranger can fill it", async () => {
  const client = await ApiClient.asUser(appliance, "audited", "viewer");
  await client.post("/api/password", { current_password: "not this one", new_password: "one that nobody else has" });
  await client.post("/api/logout", {});
  const { key, id } = await appliance.makeKey(["feed:read"]);
  await admin.delete(`/api/keys/${id}`);
  for (let n = 0; n < 50; n++) await new ApiClient(url, { "X-API-Key": key }).get("/api/v1/feed/alerts");
  for (let n = 0; n < 50; n++) await new ApiClient(url, { "X-API-Key": `smk_${n}` }).get("/api/v1/feed/alerts");
  const entries = async (action: string) => (await admin.get(`/api/audit?limit=500&action=${action}`)).body.entries;
  await until(async () => (await entries("key.refused")).some((entry: { target: string }) => entry.target === id));
  expect((await entries("logout"))[0]).toMatchObject({ who: "audited", target: "audited" });
  expect((await entries("user.password_refused"))[0]).toMatchObject({ who: "audited" });
  const refused = await entries("key.refused");
  expect(refused.filter((entry: { target: string }) => entry.target === id)).toMatchObject([
    { detail: { reason: "revoked" } },
  ]);
  expect(refused.filter((entry: { target: string }) => entry.target === "?").length).toBeLessThan(5);
});

test("the audit log tells who asked for what they may not, once in ten minutes for each thing, by API, key and console", async () => {
  const viewer = await ApiClient.asUser(appliance, "curious", "viewer");
  for (let n = 0; n < 20; n++) expect((await viewer.get("/api/users")).status).toBe(403);
  const { key, id } = await appliance.makeKey(["feed:read"]);
  const program = new ApiClient(url, { "X-API-Key": key });
  expect((await program.patch("/api/incidents/INC-00000000", { investigation_notes: "x" })).status).toBe(403);
  const entries = async () => (await admin.get("/api/audit?limit=500&action=access.refused")).body.entries;
  await until(async () => (await entries()).length >= 2);
  const told = (await entries()).map(({ who, target, source }: Record<string, string>) => [who, target, source]);
  expect(told.filter(([who]: string[]) => who === "curious")).toEqual([["curious", "GET /api/users", "api"]]);
  expect(told.filter(([who]: string[]) => who === "key more")).toEqual([
    ["key more", "PATCH /api/incidents/:id", "api"],
  ]);
  await admin.delete(`/api/keys/${id}`);
});

test("an address of very many slashes is looked at once, and holds nobody up", async () => {
  const { port } = new URL(url);
  const ask = (path: string) =>
    new Promise<string>((resolve) => {
      let answer = "";
      const socket = connect(Number(port), "127.0.0.1", () => socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`));
      socket.on("data", (bytes) => {
        answer += bytes;
        socket.end();
      });
      socket.on("close", () => resolve(answer.slice(0, 12)));
    });
  // What takes time with the square of the slashes is a minute for these.
  for (let n = 0; n < 40; n++) expect(await ask(`/healthz${"/".repeat(14_000)}x`)).toBe("HTTP/1.1 404");
  expect(await ask(`/healthz${"/".repeat(14_000)}`)).toBe("HTTP/1.1 200");
});

describe("every address", () => {
  test("answers with a slash at its end too, and GET answers HEAD and OPTIONS", async () => {
    const { incidents } = (await admin.get("/api/incidents")).body;
    const id = incidents[0].incident_id;
    for (const path of [
      "/healthz",
      "/readyz",
      "/metrics",
      "/api/me",
      "/api/incidents",
      `/api/incidents/${id}`,
      "/api/docs",
    ]) {
      const headers = admin.headers;
      const plain = await fetch(url + path, { headers });
      const slash = await fetch(`${url}${path}/`, { headers });
      expect([path, slash.status, slash.headers.get("content-type")]).toEqual([
        path,
        200,
        plain.headers.get("content-type"),
      ]);
      const head = await fetch(url + path, { method: "HEAD", headers });
      expect([path, head.status, await head.text()]).toEqual([path, 200, ""]);
      const options = await fetch(url + path, { method: "OPTIONS" });
      expect([path, options.status, options.headers.get("allow")?.includes("GET")]).toEqual([path, 204, true]);
      expect(options.headers.has("access-control-allow-origin")).toBe(false);
    }
    expect((await appliance.ingest([detection()], { query: "/" })).status).toBe(200);
    const ports = [appliance.appliance.healthUrl, appliance.appliance.incidentHealthUrl];
    for (const port of ports)
      for (const [method, status] of [
        ["GET", 200],
        ["HEAD", 200],
        ["OPTIONS", 204],
      ] as const)
        for (const path of ["/health", "/health/"])
          expect([method, path, (await fetch(port + path, { method })).status]).toEqual([method, path, status]);
  });
});
