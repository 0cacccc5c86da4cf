/** What a stand-in does to a request besides answering it: before or after it has had its effect. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

export type FaultKind =
  | "reset"
  | "silence"
  | "html200"
  | "garbage"
  | "endless"
  | "login"
  | { status: number; retryAfter?: string }
  /** This, with status 200 or another one. */
  | { body: unknown; as?: number }
  /** Whatever else an answer may be. */
  | { answer: (response: ServerResponse) => void }
  /** False: it could not, and the connection breaks. */
  | { run: () => boolean };

export interface Fault {
  /** Whether the request has its effect first. */
  when: "before" | "after";
  what: FaultKind;
}

/** Decides on a fault for a request; null = none. */
export type FaultPlan = (request: { method: string; path: string; connection: Socket }) => Fault | null;

export function applyFault(what: FaultKind, response: ServerResponse): void {
  if (what === "reset") {
    response.socket?.destroy();
    return;
  }
  if (what === "silence") return;
  if (what === "html200") {
    response
      .writeHead(200, { "Content-Type": "text/html" })
      .end("<html><title>Your instance is hibernating</title></html>");
    return;
  }
  if (what === "garbage") {
    response.writeHead(200, { "Content-Type": "application/json" }).end('{"result": {"sys_id');
    return;
  }
  if (what === "login") {
    response.writeHead(302, { Location: "https://login.example/?from=x" }).end();
    return;
  }
  if (what === "endless") {
    response.writeHead(200, { "Content-Type": "application/json" });
    const pour = () => {
      while (response.writable && response.write("x".repeat(65_536)));
    };
    response.on("drain", pour);
    pour();
    return;
  }
  if ("body" in what) {
    response.writeHead(what.as ?? 200, { "Content-Type": "application/json" }).end(JSON.stringify(what.body));
    return;
  }
  if ("answer" in what) {
    what.answer(response);
    return;
  }
  if ("run" in what) {
    if (!what.run()) response.socket?.destroy();
    return;
  }
  const headers = {
    "Content-Type": "application/json",
    ...(what.retryAfter === undefined ? {} : { "Retry-After": what.retryAfter }),
  };
  response
    .writeHead(what.status, headers)
    .end(JSON.stringify({ errorMessages: ["made to fail"], error: { message: "made to fail" } }));
}
