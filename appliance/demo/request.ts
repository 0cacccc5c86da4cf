/** One HTTP request to the demo's appliance. Uses node:http, because Bun's fetch would send it through HTTP_PROXY. */
import { request } from "node:http";

export interface HttpAnswer {
  status: number;
  text: string;
}

/** With a body it is a POST. */
export function send(
  url: string,
  asked: { headers: Record<string, string>; body?: string } = { headers: {} },
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const options = { method: asked.body === undefined ? "GET" : "POST", agent: false, headers: asked.headers };
    const outgoing = request(url, options, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (part) => {
        text += part;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
      answer.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(asked.body);
  });
}
