/** One HTTP request to the demo's own appliance. With node:http, because Bun's fetch sends even this through HTTP_PROXY. */
import { request } from "node:http";

export interface HttpAnswer {
  status: number;
  text: string;
}

export function send(url: string, post?: { headers: Record<string, string>; body: string }): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const options = { method: post === undefined ? "GET" : "POST", agent: false, headers: post?.headers ?? {} };
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
    outgoing.end(post?.body);
  });
}
