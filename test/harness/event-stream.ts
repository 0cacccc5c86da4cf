/** A client of server-sent events that remembers where it was. */

export interface StreamEvent {
  id: number;
  kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read events freely
  data: any;
}

export class EventStreamClient {
  readonly events: StreamEvent[] = [];
  /** Comments, which keep the connection alive. */
  comments = 0;
  status = 0;
  ended = false;
  readonly #abort = new AbortController();

  /** `ca`: of a server with TLS. */
  static async open(url: string, headers: Record<string, string>, ca?: Buffer): Promise<EventStreamClient> {
    const client = new EventStreamClient();
    const tls = ca === undefined ? {} : { tls: { ca } };
    const response = await fetch(url, { headers, signal: client.#abort.signal, ...tls });
    client.status = response.status;
    if (response.status === 200) void client.#read(response).catch(() => {});
    return client;
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(response: Response): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    try {
      for await (const part of response.body ?? []) {
        const blocks = (rest + decoder.decode(part, { stream: true })).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) this.#take(block);
      }
    } finally {
      this.ended = true;
    }
  }

  #take(block: string): void {
    const fields = new Map<string, string>();
    for (const line of block.split("\n")) {
      if (line.startsWith(":")) this.comments++;
      const [, name, value] = /^(\w+): (.*)$/.exec(line) ?? [];
      if (name !== undefined) fields.set(name, value ?? "");
    }
    const data = fields.get("data");
    if (data === undefined) return;
    this.events.push({ id: Number(fields.get("id")), kind: fields.get("event") ?? "", data: JSON.parse(data) });
  }
}
