import { expect, test } from "bun:test";
import { ApiListener } from "./listeners.ts";

const plain = { tlsCertFile: null, tlsKeyFile: null };
const started = () => ApiListener.start({ host: "127.0.0.1", port: 0 }, plain, () => new Response("up"));
const answerOf = async (url: string) => (await fetch(url)).text();

test("changes of the server come one after the other, and none after the stop", async () => {
  const api = await started();
  const { url } = api;
  await Promise.all([api.closeConnections(), api.closeConnections()]);
  expect(await answerOf(url)).toBe("up");
  const late = api.closeConnections();
  await Promise.all([api.stop(), late]);
  expect(answerOf(url)).rejects.toThrow();
});
