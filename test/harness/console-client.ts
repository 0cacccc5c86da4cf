/** The console as a browser without script uses it: a cookie, pages, and forms with the fields that the page gave them. */
import { password } from "./api-client.ts";
import type { TestAppliance } from "./appliance.ts";

export interface ConsolePage {
  status: number;
  headers: Headers;
  /** Path and query of the page, after redirects were followed. */
  at: string;
  html: string;
  /** Its text, without tags, blanks as one. */
  text: string;
}

/** What a browser sends along with a form of our own page. */
export const ownPage = { "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate" } as const;

export class ConsoleClient {
  readonly url: string;
  /** By name. */
  readonly cookies = new Map<string, string>();

  constructor(url: string) {
    this.url = url;
  }

  /** Signed in as a user who exists and has a password of its own. */
  static async signedIn(appliance: TestAppliance, name: string, secret = password): Promise<ConsoleClient> {
    const client = new ConsoleClient(appliance.appliance.apiUrl);
    const page = await client.post("/sign-in", { username: name, password: secret });
    if (page.status !== 200) throw new Error(`${name} is not let in: ${page.status} ${page.text.slice(0, 200)}`);
    return client;
  }

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** Redirects within the console are followed. */
  get(path: string, headers: Record<string, string> = {}): Promise<ConsolePage> {
    return this.#send("GET", path, null, headers);
  }

  /** `fields`: pairs where a name comes several times. */
  post(
    path: string,
    fields: Record<string, string> | URLSearchParams,
    headers: Record<string, string> = ownPage,
  ): Promise<ConsolePage> {
    return this.#send("POST", path, new URLSearchParams(fields), headers);
  }

  /** Sends the form with this action as the page has it, with these fields filled in. */
  async submit(page: ConsolePage, action: string, fields: Record<string, string> = {}): Promise<ConsolePage> {
    const form = new RegExp(
      `<form[^>]*action="${action.replace(/[.*+?^$()[\]{}|\\]/g, "\\$&")}"[\\s\\S]*?</form>`,
    ).exec(page.html)?.[0];
    if (form === undefined) throw new Error(`the page at ${page.at} has no form ${action}`);
    const given = [...form.matchAll(/<input[^>]*>/g)].flatMap(([tag]) => {
      const attribute = (name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
      const name = attribute("name");
      return name === undefined ? [] : [[name, unescaped(attribute("value") ?? "")] as const];
    });
    return this.post(action, { ...Object.fromEntries(given), ...fields });
  }

  /** What a browser would send for the form with this action as the page has it: what is ticked, chosen and typed. */
  fieldsOf(page: ConsolePage, action: string): URLSearchParams {
    const form = page.html.split("<form").find((part) => part.includes(`action="${action}"`));
    if (form === undefined) throw new Error(`the page at ${page.at} has no form ${action}`);
    const fields = new URLSearchParams();
    const html = form.slice(0, form.indexOf("</form>"));
    for (const [tag, kind, rest] of html.matchAll(/<(input|select|textarea)\b([^>]*)>/g)) {
      const attribute = (name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
      const name = attribute("name");
      const type = attribute("type");
      if (name === undefined || /\sdisabled\b/.test(rest ?? "") || type === "file") continue;
      if ((type === "checkbox" || type === "radio") && !/\schecked\b/.test(rest ?? "")) continue;
      const after = html.slice(html.indexOf(tag) + tag.length);
      if (kind === "input")
        fields.append(unescaped(name), unescaped(attribute("value") ?? (type === "checkbox" ? "on" : "")));
      else if (kind === "textarea")
        fields.append(unescaped(name), unescaped(after.slice(0, after.indexOf("</textarea>"))));
      else {
        const options = [...after.slice(0, after.indexOf("</select>")).matchAll(/<option value="([^"]*)"([^>]*)>/g)];
        const chosen = options.find(([, , more]) => /\sselected\b/.test(more ?? "")) ?? options[0];
        if (chosen !== undefined) fields.append(unescaped(name), unescaped(chosen[1] ?? ""));
      }
    }
    return fields;
  }

  /** Sends that form as a browser does, with these fields changed (null = not ticked), by the button that leads to `to`. */
  fill(
    page: ConsolePage,
    action: string,
    changes: Readonly<Record<string, string | null>> = {},
    to = action,
  ): Promise<ConsolePage> {
    const fields = this.fieldsOf(page, action);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) fields.delete(name);
      else fields.set(name, value);
    }
    return this.post(to, fields);
  }

  /** One request, whatever it answers. */
  async raw(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body: string | null = null,
  ): Promise<Response> {
    const response = await fetch(this.url + path, {
      method,
      redirect: "manual",
      headers: { Accept: "text/html", ...(this.cookies.size > 0 ? { Cookie: this.cookie } : {}), ...headers },
      ...(body === null ? {} : { body }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  async #send(
    method: string,
    path: string,
    fields: URLSearchParams | null,
    headers: Record<string, string>,
  ): Promise<ConsolePage> {
    const type = fields === null ? {} : { "Content-Type": "application/x-www-form-urlencoded" };
    let at = path;
    let response = await this.raw(method, at, { ...type, ...headers }, fields?.toString() ?? null);
    for (let hops = 0; response.status === 303 && hops < 5; hops++) {
      at = response.headers.get("location") ?? "/";
      response = await this.raw("GET", at);
    }
    const html = await response.text();
    return { status: response.status, headers: response.headers, at, html, text: textOf(html) };
  }
}

function textOf(html: string): string {
  const body = html.slice(html.indexOf("<body"));
  return unescaped(body.replace(/<[^>]*>/g, " "))
    .replace(/\s+/g, " ")
    .trim();
}

function unescaped(text: string): string {
  const signs: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => signs[name] ?? "");
}
