/** A strict stand-in for the Proactive Case API in the shape that CONTRACT 6 assumes; shares no code with the adapter. */
import { type Asked, type Reply, StandIn } from "./stand-in.ts";

export interface ProactiveCase {
  ticketNumber: string;
  ticketStatus: string;
  serviceIdentifier: string;
  correlationId: string;
  shortDescription: string;
  description: string;
  priority: string;
  workNotes: string[];
}

export interface ProactiveOptions {
  credentials?: string;
  source?: string;
  table?: string;
  /** Configuration items that are registered. */
  registered?: readonly string[];
  /** `unfiltered`: a look-up gives every case, whatever is asked for; `anonymous`: what it finds does not name its correlation. */
  lookUp?: "exact" | "unfiltered" | "anonymous";
  /** Whether reading a case shows its title. */
  showsTitle?: boolean;
}

const keys = ["serviceIdentifier", "correlationId", "shortDescription", "description", "priority", "workNotes"];
const failure = (message: string) => ({ error: { message } });

export class ProactiveStandIn extends StandIn {
  readonly cases: ProactiveCase[] = [];
  readonly options: Required<ProactiveOptions>;
  #made = 0;

  constructor(options: ProactiveOptions = {}) {
    super();
    this.options = {
      credentials: "app-1:proactive-secret-1",
      source: "Managed_services",
      table: "Case",
      registered: ["ACME-EDGE"],
      lookUp: "exact",
      showsTitle: false,
      ...options,
    };
  }

  case(ticketNumber: string): ProactiveCase {
    const found = this.cases.find((one) => one.ticketNumber === ticketNumber);
    if (found === undefined) throw new Error(`there is no case ${ticketNumber}`);
    return found;
  }

  remove(ticketNumber: string): ProactiveCase {
    const found = this.case(ticketNumber);
    this.cases.splice(this.cases.indexOf(found), 1);
    return found;
  }

  protected answer(asked: Asked): Reply {
    const { credentials, source, table } = this.options;
    if (asked.headers.authorization !== `Basic ${Buffer.from(credentials).toString("base64")}`)
      return { status: 401, body: failure("app-id or secret is wrong") };
    if (asked.headers.source !== source) return { status: 403, body: failure("source is not known") };
    const [, name = "", number = ""] = /^\/api\/([^/]+)(?:\/([^/]+))?$/.exec(asked.path) ?? [];
    if (name !== table) return { status: 404, body: failure(`no table ${name}`) };
    if (asked.method === "POST" && number === "") return this.#create(asked);
    if (asked.method === "GET" && number === "") {
      const { lookUp } = this.options;
      if (lookUp === "unfiltered") return { status: 200, body: this.cases.map(shown) };
      const [found, ...others] = this.cases.filter((one) => one.correlationId === asked.query.get("correlationId"));
      if (found === undefined) return { status: 404, body: failure("no such case") };
      if (others.length > 0) return { status: 200, body: [found, ...others].map(shown) };
      const { correlationId, ...anonymous } = shown(found);
      return { status: 200, body: lookUp === "anonymous" ? anonymous : { ...anonymous, correlationId } };
    }
    const found = this.cases.find(({ ticketNumber }) => ticketNumber === number);
    if (found === undefined) return { status: 404, body: failure("no such case") };
    const { shortDescription } = found;
    const title = this.options.showsTitle ? { shortDescription } : {};
    if (asked.method === "GET") return { status: 200, body: { ...shown(found), ...title } };
    return asked.method === "PATCH" ? this.#patch(asked, found) : { status: 405, body: failure("method") };
  }

  #create(asked: Asked): Reply {
    const body = JSON.parse(asked.body) as Record<string, string>;
    const wrong = wrongOf(body, keys);
    if (wrong !== null) return { status: 400, body: failure(wrong) };
    if (!this.options.registered.includes(body.serviceIdentifier ?? ""))
      return { status: 400, body: failure("serviceIdentifier is not available") };
    const { workNotes = "", ...fields } = body;
    const made = {
      ticketNumber: `CS${String(++this.#made).padStart(7, "0")}`,
      ticketStatus: "New",
      ...fields,
      workNotes: [workNotes],
    } as unknown as ProactiveCase;
    this.cases.push(made);
    return { status: 201, body: shown(made) };
  }

  #patch(asked: Asked, found: ProactiveCase): Reply {
    const body = JSON.parse(asked.body) as Record<string, string>;
    const wrong = wrongOf(body, []);
    if (wrong !== null) return { status: 400, body: failure(wrong) };
    const { workNotes, ...fields } = body;
    Object.assign(found, fields);
    if (workNotes !== undefined) found.workNotes.push(workNotes);
    return { status: 200, body: shown(found) };
  }
}

function shown({ ticketNumber, ticketStatus, correlationId }: ProactiveCase) {
  return { ticketNumber, ticketStatus, correlationId };
}

function wrongOf(body: Record<string, string>, required: readonly string[]): string | null {
  const strange = Object.keys(body).find((name) => !keys.includes(name));
  if (strange !== undefined) return `unknown key ${strange}`;
  const lacking = required.find((name) => typeof body[name] !== "string" || body[name] === "");
  if (lacking !== undefined) return `${lacking} is required`;
  if ((body.shortDescription ?? "").length > 160 || /[\r\n]/.test(body.shortDescription ?? ""))
    return "shortDescription is too long";
  if ((body.description ?? "").length > 32_000 || (body.workNotes ?? "").length > 32_000) return "text is too long";
  if (body.priority !== undefined && !/^P[1-4]$/.test(body.priority)) return "priority is unknown";
  return null;
}
