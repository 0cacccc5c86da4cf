/** The demo's ticket system on loopback: the part of Jira's REST API that tickets need. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface DemoTicket {
  key: string;
  summary: string;
  labels: string[];
  /** Its description as text. */
  characters: number;
}

interface Issue extends DemoTicket {
  id: string;
  taken: boolean;
  /** Epoch milliseconds. */
  updated: number;
  /** As they were sent, newest first; they are read back. */
  comments: Record<string, unknown>[];
}

export interface TicketServer {
  url: string;
  /** Sets the newest ticket to in progress, as if somebody had taken it. Null if there is none. */
  take(): DemoTicket | null;
  close(): Promise<void>;
}

export async function startTicketSystem(
  onTicket: (ticket: DemoTicket) => void,
  now: () => number,
): Promise<TicketServer> {
  const tickets: Issue[] = [];
  const server = createServer(async (request, response) => {
    const { status, body } = answer(
      `${request.method} ${new URL(request.url ?? "/", "http://x").pathname}`,
      await textOf(request),
    );
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function answer(route: string, text: string): { status: number; body: unknown } {
    if (route === "GET /rest/api/2/serverInfo") return { status: 200, body: { baseUrl: url, deploymentType: "Cloud" } };
    if (route.endsWith("/issuetypes"))
      return { status: 200, body: { total: 1, issueTypes: [{ id: "1", name: "Task" }] } };
    if (route.endsWith("/issuetypes/1")) return { status: 200, body: { total: 2, fields } };
    if (route === "POST /rest/api/3/search/jql") {
      const { jql } = JSON.parse(text) as { jql: string };
      const found = jql.includes("updated >=") ? tickets.filter(({ taken }) => taken) : [];
      return { status: 200, body: { issues: found.map(issueBody), isLast: true } };
    }
    if (route === "POST /rest/api/3/issue") {
      const { summary, labels, description } = (JSON.parse(text) as { fields: Record<string, unknown> }).fields;
      const key = `SEC-${tickets.length + 1}`;
      const ticket = { key, summary: String(summary), labels: labels as string[], characters: characters(description) };
      tickets.push({ ...ticket, id: String(tickets.length + 1), taken: false, updated: now(), comments: [] });
      onTicket(ticket);
      return { status: 201, body: { id: String(tickets.length), key } };
    }
    const issue = tickets.find(({ id }) => route === `GET /rest/api/3/issue/${id}`);
    if (issue !== undefined) return { status: 200, body: issueBody(issue) };
    const commented = tickets.find(({ id }) => route.endsWith(` /rest/api/3/issue/${id}/comment`));
    if (commented !== undefined) return { status: 200, body: commentsBody(commented.comments, route, text) };
    if (route.endsWith("/remotelink")) return { status: 201, body: {} };
    return { status: 200, body: {} };
  }

  return {
    url,
    take: () => {
      const newest = tickets.at(-1);
      if (newest === undefined) return null;
      Object.assign(newest, { taken: true, updated: now() });
      return newest;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A new comment, or all of them. */
function commentsBody(comments: Record<string, unknown>[], route: string, text: string): object {
  if (!route.startsWith("POST ")) return { comments, total: comments.length, startAt: 0 };
  const comment = { ...(JSON.parse(text) as Record<string, unknown>), id: String(comments.length + 1), author: person };
  comments.unshift(comment);
  return comment;
}

function issueBody({ id, key, taken, updated }: Issue): object {
  const status = taken
    ? { name: "In Progress", statusCategory: { key: "indeterminate" } }
    : { name: "To Do", statusCategory: { key: "new" } };
  const history = { id: "1", created: isoTime(updated), author: person, items: [{ field: "status" }] };
  return {
    id,
    key,
    changelog: { histories: taken ? [history] : [] },
    fields: { status, resolution: null, assignee: taken ? person : null, updated: isoTime(updated) },
  };
}

const person = { accountId: "dana", displayName: "Dana" };
const isoTime = (epochMs: number) => new Date(epochMs).toISOString();
const priorities = ["Highest", "High", "Medium", "Low"].map((name, at) => ({ id: String(at + 1), name }));
const fields = [
  { fieldId: "priority", required: false, allowedValues: priorities },
  { fieldId: "labels", required: false },
];

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

/** The texts of a document. */
function characters(node: unknown): number {
  const { text, content } = (node ?? {}) as { text?: string; content?: unknown[] };
  return (text?.length ?? 0) + (content ?? []).reduce((sum: number, one) => sum + characters(one), 0);
}
