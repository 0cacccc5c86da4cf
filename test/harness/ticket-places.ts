/** A scene whose ticket system is set by the API, so that its address, account and table can be changed. */

import type { JiraOptions } from "../standins/jira-model.ts";
import type { ServiceNowOptions } from "../standins/servicenow-model.ts";
import { login, type Scene, scene } from "./ticket-scene.ts";

const none = { JIRA_URL: "", JIRA_EMAIL: "", JIRA_API_TOKEN: "", JIRA_PROJECT_KEY: "", JIRA_ENABLED: "" };
const noSnow = {
  ...{ SERVICENOW_INSTANCE: "", SERVICENOW_USERNAME: "", SERVICENOW_PASSWORD: "" },
  ...{ SERVICENOW_ENABLED: "", SERVICENOW_ASSIGNMENT_GROUP: "" },
};

/** Saves fields of a section. */
export async function saved(it: Scene, section: "jira" | "servicenow", fields: object): Promise<void> {
  const { status, body } = await (await login(it)).send("PUT", `/api/settings/${section}`, fields);
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
}

export async function movableSnow(env: Record<string, string> = {}, options: ServiceNowOptions = {}): Promise<Scene> {
  const it = await scene({ ...none, ...noSnow, AUTO_PUSH_SYSTEMS: "servicenow", ...env }, { snow: options });
  await saved(it, "servicenow", atSnow(it.snow.url));
  return it;
}

/** The fields of a connection to the stand-in at this address. */
export const atSnow = (instance: string) => ({
  ...{ instance, username: "rhythmx", password: "snow-password-1", enabled: true },
});

export async function movableJira(env: Record<string, string> = {}, options: JiraOptions = {}): Promise<Scene> {
  const it = await scene({ ...none, ...noSnow, AUTO_PUSH_SYSTEMS: "jira", ...env }, { jira: options });
  await saved(it, "jira", atJira(it.jira.url));
  return it;
}

export const atJira = (url: string) => ({
  ...{ url, email: "soc@acme.example", api_token: "jira-token-1", project_key: "SEC", enabled: true },
});
