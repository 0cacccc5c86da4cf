/** What the tests of the packs for SOARs share: Python with a pack and the stand-in of its platform, and a proxy with faults before the appliance. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { ApplianceProcess } from "../harness/process.ts";

export const standIns = join(import.meta.dirname, "python");

/** A Python that has `requests`; null = there is none, which fails with CI set. */
export function pythonHere(): string | null {
  const found = ["/usr/bin/python3", "python3"].find((one) => spawnSync(one, ["-c", "import requests"]).status === 0);
  if (found === undefined && process.env.CI)
    throw new Error("python3 with requests is not installed (apt-get install python3-requests)");
  if (found === undefined)
    console.log("skipped: python3 with requests is not installed (apt-get install python3-requests)");
  return found ?? null;
}

/** One Python process with a pack's module, for as many commands as a test has. */
export class PackProcess {
  readonly unknownNames: readonly string[];
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  #errors = "";

  private constructor(
    child: ChildProcess,
    lines: Interface,
    unknown: readonly string[],
    iterator: AsyncIterator<string>,
  ) {
    this.#child = child;
    this.#lines = iterator;
    this.unknownNames = unknown;
    void lines;
  }

  /** `module`: in `folder`; `platform`: the stand-in that runs it. */
  static async start(python: string, folder: string, module: string, platform: string): Promise<PackProcess> {
    const child = spawn(python, ["-B", join(standIns, "driver.py")], { stdio: ["pipe", "pipe", "pipe"] });
    let errors = "";
    child.stderr.on("data", (part: Buffer) => {
      errors += part.toString();
    });
    const lines = createInterface({ input: child.stdout });
    const iterator = lines[Symbol.asyncIterator]();
    child.stdin.write(`${JSON.stringify({ path: [folder, standIns], module, platform })}\n`);
    const first = await iterator.next();
    if (first.done) throw new Error(`the pack cannot be loaded:\n${errors}`);
    const started = new PackProcess(child, lines, JSON.parse(first.value).unknown, iterator);
    child.stderr.on("data", () => {
      started.#errors = errors;
    });
    return started;
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  async run(request: object): Promise<any> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const line = await this.#lines.next();
    if (line.done) throw new Error(`the pack's process has ended:\n${this.#errors}`);
    return JSON.parse(line.value);
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

/** What happens to a request instead of being passed on; false = it is passed on. */
type ProxyFault = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

/** Passes requests on to the appliance, wherever it is, unless a fault says otherwise. */
export class FaultProxy {
  /** Method and path of every request. */
  readonly asked: string[] = [];
  fault: ProxyFault = () => false;
  readonly #server: Server;

  private constructor(to: () => string) {
    this.#server = createServer(async (request, response) => {
      this.asked.push(`${request.method} ${request.url}`);
      const body = Buffer.concat(await Array.fromAsync(request));
      if (await this.fault(request, response)) return;
      try {
        const answer = await fetch(`${to()}${request.url}`, {
          method: request.method ?? "GET",
          headers: { ...(request.headers as Record<string, string>), "accept-encoding": "identity" },
          redirect: "manual",
          ...(body.length > 0 ? { body } : {}),
        });
        const { "transfer-encoding": _, connection: __, ...headers } = Object.fromEntries(answer.headers);
        response.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()));
      } catch {
        response.socket?.destroy();
      }
    });
  }

  static async started(to: () => string): Promise<FaultProxy> {
    const proxy = new FaultProxy(to);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next `count` requests meet it. */
  next(what: (response: ServerResponse) => unknown, count = 1): void {
    let left = count;
    this.fault = async (_, response) => {
      if (left-- <= 0) return false;
      await what(response);
      return true;
    };
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export const refuse =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    response
      .writeHead(status, { "Content-Type": "application/problem+json", ...headers })
      .end(JSON.stringify({ title: "Refused", status, detail: "by the test" }));

/** An appliance of its own with keys, and incidents made at will. */
export class SoarScene {
  readonly appliance: ApplianceProcess;
  readonly key: string;
  made: string[] = [];
  readonly #ingest: string;

  private constructor(appliance: ApplianceProcess, keys: [soar: string, ingest: string]) {
    this.appliance = appliance;
    [this.key, this.#ingest] = keys;
  }

  static async start(): Promise<SoarScene> {
    const appliance = await ApplianceProcess.prepare();
    await appliance.start();
    const made = ["feed:read,incident:write", "ingest"].map((scope) =>
      appliance.run(["key", "create", scope.slice(0, 4), "--scope", scope]).stdout.trim(),
    );
    return new SoarScene(appliance, made as [string, string]);
  }

  /** New incidents, which every platform has to fetch in the end: their actors are in `made`. */
  async attackNew(names: readonly string[], fields: Record<string, unknown> = {}): Promise<void> {
    await this.attack(names, fields);
    this.made = [...this.made, ...names].sort();
  }

  /** One incident for each name, all recorded at the same time. */
  async attack(names: readonly string[], fields: Record<string, unknown> = {}): Promise<void> {
    const records = names.map((user) => ({
      ...{
        rule_title: "Suspicious Logon",
        rule_id: "8f2c0e5a-0000-4000-8000-000000000001",
        level: "critical",
        user,
        host: "WS-101",
      },
      ...{
        timestamp: new Date().toISOString(),
        tags: ["attack.t1059.001"],
        raw: { EventID: 4624, Computer: "WS-101" },
        ...fields,
      },
    }));
    const response = await fetch(`${this.appliance.apiUrl}/api/v1/ingest/detections`, {
      method: "POST",
      headers: { "X-API-Key": this.#ingest },
      body: JSON.stringify(records),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  async api(path: string, body?: object, method = "PATCH"): Promise<any> {
    const response = await fetch(`${this.appliance.apiUrl}${path}`, {
      headers: { "X-API-Key": this.key, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { method, body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** A user who may create exceptions; answers the password. */
  async analyst(name: string): Promise<string> {
    this.appliance.run(["user", "add", name, "--role", "analyst"], "first-Passphrase-of-hers\n");
    const token = await this.#login(name, "first-Passphrase-of-hers");
    const password = "second-Passphrase-of-hers";
    await this.#post("/api/password", token, { current_password: "first-Passphrase-of-hers", new_password: password });
    return password;
  }

  /** Made by such a user. */
  async exception(exception: object): Promise<void> {
    const token = await this.#login("eve", await this.analyst("eve"));
    await this.#post("/api/exceptions", token, exception);
  }

  async #login(username: string, password: string): Promise<string> {
    return (await this.api("/api/login", { username, password }, "POST")).access_token;
  }

  async #post(path: string, token: string, body: object): Promise<void> {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const url = `${this.appliance.apiUrl}${path}`;
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }
}
