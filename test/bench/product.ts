/** The product as a process, ready to be loaded. */
import { parseMetrics } from "../harness/metrics.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { runChild } from "./child.ts";
import type { Plan } from "./figure.ts";
import type { LoadOptions, LoadResult } from "./load.ts";
import { pause } from "./machine.ts";

export class Product {
  readonly process: ApplianceProcess;
  #key = "";

  private constructor(process: ApplianceProcess) {
    this.process = process;
  }

  /** Started on an empty folder; `sinkPort` = a destination over tcp, octet-counted, with everything else at its default. */
  static async started(plan: Plan, sinkPort?: number, env: Record<string, string> = {}): Promise<Product> {
    const syslog = { protocol: "tcp", host: "127.0.0.1", port: sinkPort, framing: "octet", name: "sink" };
    const product = new Product(
      await ApplianceProcess.prepare({
        env,
        ...(plan.program === undefined ? {} : { program: plan.program }),
        ...(sinkPort === undefined ? {} : { config: { syslog } }),
      }),
    );
    await product.process.start();
    const key = product.process.run(["key", "create", "bench", "--scope", "ingest,feed:read"]);
    if (key.code !== 0) throw new Error(`no key: ${key.stderr}`);
    product.#key = key.stdout.trim();
    return product;
  }

  get target(): Pick<LoadOptions, "port" | "path" | "headers"> {
    return {
      port: this.process.apiPort,
      path: "/api/v1/ingest/detections",
      headers: { "X-API-Key": this.#key, "Content-Type": "application/x-ndjson" },
    };
  }

  /** Waits until the search index knows everything, which is made behind intake. */
  async indexed(): Promise<void> {
    for (;;) {
      const text = await (await fetch(`${this.process.apiUrl}/metrics`)).text();
      if (parseMetrics(text).value("rhythmx_search_behind") === 0) return;
      await pause(1000);
    }
  }

  /** Loads it with batches of 500 over two connections, unless told otherwise. */
  load(options: Partial<LoadOptions> & { alerts: number; round: number }): Promise<LoadResult> {
    return runChild<LoadResult>("load.ts", {
      kind: "detections",
      batch: 500,
      connections: 2,
      ...this.target,
      ...options,
    });
  }
}
