/** Calls of the API in tests: as a user, with a key, or as nobody. */
import type { Role } from "../../core/access/user.ts";
import type { ApiKeyScope } from "../../core/api-key.ts";
import type { TestAppliance } from "./appliance.ts";

export interface ApiAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  body: any;
}

export const password = "correct horse battery";
/** As somebody else chose it. */
const firstPassword = "borrowed until tomorrow morning";

export class ApiClient {
  readonly #url: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#url = url;
    this.headers = headers;
  }

  static async withKey(appliance: TestAppliance, scopes: ApiKeyScope[], entities: string[] = []): Promise<ApiClient> {
    const { key } = await appliance.makeKey(scopes, entities);
    return new ApiClient(appliance.appliance.apiUrl, { "X-API-Key": key });
  }

  /** Makes the user, with a password of its own, and logs it in. */
  static async asUser(appliance: TestAppliance, name: string, role: Role, entities: string[] = []): Promise<ApiClient> {
    const { createUser } = appliance.appliance.operations;
    // Programs are never asked for another password.
    if (role === "soar") await createUser({ name, role, password, entities });
    else {
      await createUser({ name, role, password: firstPassword, entities });
      const first = await ApiClient.loggedIn(appliance, name, firstPassword);
      await first.post("/api/password", { current_password: firstPassword, new_password: password });
    }
    return ApiClient.loggedIn(appliance, name);
  }

  static async loggedIn(appliance: TestAppliance, name: string, secret = password): Promise<ApiClient> {
    const url = appliance.appliance.apiUrl;
    const { body } = await new ApiClient(url).post("/api/login", { username: name, password: secret });
    return new ApiClient(url, { Authorization: `Bearer ${body.token}` });
  }

  get(path: string, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    return this.send("GET", path, undefined, headers);
  }

  post(path: string, body: unknown): Promise<ApiAnswer> {
    return this.send("POST", path, body);
  }

  patch(path: string, body: unknown): Promise<ApiAnswer> {
    return this.send("PATCH", path, body);
  }

  delete(path: string): Promise<ApiAnswer> {
    return this.send("DELETE", path);
  }

  async send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<ApiAnswer> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { ...this.headers, ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parsed(text) };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
