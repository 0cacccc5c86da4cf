/** The search for issues by the label that stands for their incident. */
import { isRefused } from "../answers.ts";
import { unexpected } from "./site.ts";

/** The search for issues of a correlation. @throws DeliveryError */
export function withLabel(projectKey: string, correlation: string): string {
  if (!/^[a-z0-9-]{8,100}$/.test(correlation)) throw unexpected("the correlation is no label");
  return `project = "${projectKey}" AND labels = "${correlation}"`;
}

/** For `catch` of that search: nothing was found where Jira refuses it for good. @throws the error */
export function refusedSearch(error: unknown): never[] {
  if (isRefused(error)) return [];
  throw error;
}
