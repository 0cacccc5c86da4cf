/**
 * The calls of Elasticsearch and Kibana, or of OpenSearch and its Dashboards, that the packs' READMEs make: each with what it refuses, as their
 * documents say, and the answer that the README promises. It stores no documents; what comes in by _bulk is kept for the test.
 */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { serverPair } from "../harness/test-certificates.ts";
import type { Product } from "./elastic-pack.ts";
import { checkProcessors, type Pipeline } from "./ingest-pipeline.ts";

interface Request {
  method: string;
  path: string;
  headers: NodeJS.Dict<string | string[]>;
  text: string;
}
type Answer = [status: number, body: object];
interface Body extends Record<string, unknown> {
  template?: { settings?: Record<string, unknown>; mappings?: object };
  composed_of?: string[];
}

const acknowledged: Answer = [200, { acknowledged: true }];
const refused = (reason: string): Answer => [
  400,
  { error: { type: "illegal_argument_exception", reason }, status: 400 },
];

export class SearchStandIn {
  /** Of each call its method, path and status. */
  readonly calls: string[] = [];
  /** By data stream and pipeline. */
  readonly received = new Map<string, string[]>();
  readonly #server: Server;
  readonly #there = new Set<string>();

  private constructor(readonly product: Product) {
    this.#server = createServer(serverPair("server"), async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece);
      const { method = "", url = "", headers } = request;
      const [status, body] = this.#answer({ method, path: url, headers, text: Buffer.concat(pieces).toString() });
      if (!/^\/_(bulk|cat)/.test(url)) this.calls.push(`${method} ${url} ${status}`);
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    });
  }

  static async started(product: Product): Promise<SearchStandIn> {
    const it = new SearchStandIn(product);
    await new Promise<void>((resolve) => it.#server.listen(0, "127.0.0.1", resolve));
    return it;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #answer(request: Request): Answer {
    const { method, path, headers, text } = request;
    if (headers.authorization !== `Basic ${btoa("admin:secret")}`) return [401, { error: "Unauthorized", status: 401 }];
    if (path.startsWith("/api/saved_objects/_import")) return this.#import(request);
    if (path.startsWith("/_bulk")) return this.#bulk(text);
    if (path.startsWith("/_cat/health")) return [200, {}];
    if (!String(headers["content-type"]).startsWith("application/json"))
      return [406, { error: "Content-Type header is not supported", status: 406 }];
    let body: Body;
    try {
      body = JSON.parse(text);
    } catch {
      return refused("the body is not JSON");
    }
    const kibana = path.startsWith("/api/");
    if (kibana && headers["kbn-xsrf"] === undefined) return refused("Request must contain a kbn-xsrf header.");
    const [, kind = "", name = ""] = /^\/(.+?)(?:\/(rhythmx[\w-]*))?(?:\/_simulate)?$/.exec(path) ?? [];
    const answer = this.#change(`${method} ${kind}${path.endsWith("/_simulate") ? "/_simulate" : ""}`, name, body);
    if (answer[0] < 300) this.#there.add(`${kind} ${name}`);
    return answer;
  }

  #change(call: string, name: string, body: Body): Answer {
    const elastic = this.product === "elastic";
    switch (call) {
      case "PUT _ilm/policy":
        return elastic && onlyKeys(body, ["policy"]) ? acknowledged : refused("no policy");
      case "PUT _plugins/_ism/policies":
        return elastic ? refused("no handler found") : [201, { _id: name, _version: 1, policy: body.policy }];
      case "PUT _plugins/_security/api/roles":
        return elastic ? refused("no handler found") : [201, { status: "CREATED", message: `'${name}' created.` }];
      case "PUT _component_template": {
        if (!onlyKeys(body, ["template", "_meta"])) return refused("unknown key");
        const lifecycle = body.template?.settings?.["index.lifecycle.name"];
        if (lifecycle !== undefined && !elastic) return refused("unknown setting [index.lifecycle.name]");
        if (lifecycle !== undefined && !this.#there.has(`_ilm/policy ${lifecycle}`)) return refused("no such policy");
        return acknowledged;
      }
      case "PUT _ingest/pipeline":
        try {
          checkProcessors(body as unknown as Pipeline, this.product);
          return acknowledged;
        } catch (error) {
          return refused(String(error));
        }
      case "POST _ingest/pipeline/_simulate": {
        if (!this.#there.has(`_ingest/pipeline ${name}`)) return refused(`pipeline with id [${name}] does not exist`);
        const docs = body.docs as { _source: { message: string } }[];
        return [200, { docs: docs.map(({ _source }) => ({ doc: { _index: "_index", _id: "_id", _source } })) }];
      }
      case "PUT _index_template": {
        if (!onlyKeys(body, ["index_patterns", "data_stream", "priority", "composed_of", "template", "_meta"]))
          return refused("unknown key");
        const missing = (body.composed_of ?? []).filter((one) => !this.#there.has(`_component_template ${one}`));
        if (missing.length > 0) return refused(`component templates ${missing} do not exist`);
        const pipeline = body.template?.settings?.["index.default_pipeline"];
        return this.#there.has(`_ingest/pipeline ${pipeline}`) ? acknowledged : refused(`no pipeline ${pipeline}`);
      }
      case "POST _security/api_key":
        return elastic && onlyKeys(body, ["name", "role_descriptors"])
          ? [200, { id: "VuaC", name: body.name, api_key: "ui2l", encoded: "VnVhQzp1aTJs" }]
          : refused("no handler found");
      case "POST api/actions/connector":
        return onlyKeys(body, ["name", "connector_type_id", "config", "secrets"])
          ? [200, { id: "c-1", name: body.name, config: body.config, connector_type_id: body.connector_type_id }]
          : refused("unknown key");
      case "POST api/detection_engine/rules": {
        const [action] = body.actions as { id: string }[];
        return action?.id === "c-1" ? [200, { id: "r-1", ...body }] : refused("no such connector");
      }
      case "POST _plugins/_notifications/configs":
        this.#there.add(`channel ${body.config_id}`);
        return elastic ? refused("no handler found") : [200, { config_id: body.config_id }];
      case "POST _plugins/_alerting/monitors": {
        const [, channel] = /"destination_id":"([^"]+)"/.exec(JSON.stringify(body)) ?? [];
        if (elastic || !this.#there.has(`channel ${channel}`)) return refused("no such channel");
        return [201, { _id: "m-1", _version: 1, monitor: body }];
      }
      default:
        return refused(`no handler found for ${call}`);
    }
  }

  /** Saved objects: every reference is to one that is there or comes along. */
  #import({ headers, text, path }: Request): Answer {
    const header = this.product === "elastic" ? "kbn-xsrf" : "osd-xsrf";
    if (headers[header] === undefined) return refused(`Request must contain a ${header} header.`);
    if (!path.endsWith("?overwrite=true")) return refused("they may be there already");
    const objects = text
      .split(/\r?\n/)
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as { id: string; type: string; references: { id: string; type: string }[] });
    const known = new Set(objects.map(({ type, id }) => `${type} ${id}`));
    const missing = objects
      .flatMap(({ references }) => references)
      .filter((one) => !known.has(`${one.type} ${one.id}`));
    if (missing.length > 0) return [200, { successCount: 0, success: false, errors: missing }];
    return [200, { successCount: objects.length, success: true }];
  }

  #bulk(text: string): Answer {
    const lines = text.trimEnd().split("\n");
    const items: object[] = [];
    for (let at = 0; at + 1 < lines.length; at += 2) {
      const { create } = JSON.parse(lines[at] ?? "") as { create?: Record<string, string> };
      if (create?._index === undefined || create._id === undefined)
        return refused("only creates go into a data stream");
      const key = `${create._index} ${create.pipeline}`;
      this.received.set(key, [...(this.received.get(key) ?? []), JSON.parse(lines[at + 1] ?? "").message]);
      items.push({ create: { _index: create._index, _id: create._id, status: 201, result: "created" } });
    }
    return [200, { took: 1, errors: false, items }];
  }
}

const onlyKeys = (body: object, known: readonly string[]) => Object.keys(body).every((key) => known.includes(key));
