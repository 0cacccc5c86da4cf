/** A ticket's text for a test while there is no incident yet. */
import type { Draft } from "../draft.ts";

export const sampleDraft: Draft = {
  incidentId: "INC-00000000",
  entity: "",
  level: "high",
  headline: { what: "Encoded PowerShell command", where: "on ws-101", who: "by jsmith", rules: [] },
  sections: [
    {
      title: "Summary",
      blocks: [{ kind: "text", text: "An example, because there is no incident yet: jsmith ran an encoded command." }],
    },
  ],
  url: "https://rhythmx.example/incidents/INC-00000000",
  yielding: [],
};
