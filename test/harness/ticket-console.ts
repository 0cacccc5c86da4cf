/** What tests of the pages on which ticket systems are set up share. */

import { JiraStandIn } from "../standins/jira.ts";
import type { JiraOptions } from "../standins/jira-model.ts";
import { password } from "./api-client.ts";
import { TestAppliance } from "./appliance.ts";
import { ConsoleClient } from "./console-client.ts";
import { cleanUp } from "./ticket-scene.ts";

export const pages = {
  jira: "/settings/integrations/jira",
  servicenow: "/settings/integrations/servicenow",
  proactive: "/settings/integrations/proactive",
  auto_push: "/settings/integrations/auto-push",
  retry: "/settings/integrations/retries",
};

/** An appliance without any ticket system, and its administrator in the console; `cleanUpScenes` ends both. */
export async function started(
  env: Record<string, string> = {},
): Promise<{ edge: TestAppliance; admin: ConsoleClient }> {
  const it = { edge: await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password, ...env } }) };
  cleanUp.push(() => it.edge.dispose());
  return { ...it, admin: await ConsoleClient.signedIn(it.edge, "admin") };
}

export async function jiraFor(edge: TestAppliance, options: JiraOptions = {}): Promise<JiraStandIn> {
  const jira = await new JiraStandIn({ now: () => edge.clock.now(), ...options }).start();
  cleanUp.push(() => jira.stop());
  return jira;
}

/** The form of Jira, filled in for the stand-in. */
export const filled = (url: string) => ({
  url,
  email: "soc@acme.example",
  api_token: "jira-token-1",
  project_key: "SEC",
  enabled: "true",
});
