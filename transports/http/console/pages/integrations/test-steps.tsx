/** @jsxImportSource hono/jsx */
/** What a test of a connection has found, step by step, with the target's own words and the certificates that it showed. */
import { Icon } from "../../parts/icon.tsx";
import { Time } from "../../parts/time.tsx";
import { Notice } from "../../parts/words.tsx";
import type { TestStep } from "./integration-state.ts";
import { inWordsOfForms } from "./setting-words.ts";

/** Everything that a test has looked at, in its order. */
export const TestSteps = ({ steps }: { steps: readonly TestStep[] }) => (
  <ul class="steps">
    {steps.map(({ name, of, ok, detail, warning, words, certificates = [] }) => (
      <li>
        <Icon
          n={!ok ? "circle-alert" : warning ? "triangle-alert" : "circle-check"}
          c={!ok ? "bad" : warning ? "wait" : "good"}
        />
        <b>
          {of === undefined ? name : `${of.split("/").at(-1)}: ${name}`}
          <span class="vh">{!ok ? " (failed)" : warning ? " (with a remark)" : " (passed)"}</span>
        </b>
        <span>
          {inWordsOfForms(detail)}
          {words === undefined ? null : (
            <span class="said-there">
              In its own words: <code>{words}</code>
            </span>
          )}
          {certificates.length === 0 ? null : <Chain certificates={certificates} />}
        </span>
      </li>
    ))}
  </ul>
);

const Chain = ({ certificates }: { certificates: NonNullable<TestStep["certificates"]> }) => (
  <details class="below">
    <summary class="run">
      {certificates.length === 1 ? "Its certificate" : `Its certificate and ${certificates.length - 1} above it`}
    </summary>
    <ol class="certificates">
      {certificates.map((one) => (
        <li>
          <Certificate one={one} />
        </li>
      ))}
    </ol>
  </details>
);

/** For whom a certificate is, by whom, and until when. */
export const Certificate = ({ one }: { one: NonNullable<TestStep["certificates"]>[number] }) => (
  <>
    <b class="any">{one.subject}</b>
    {one.names === "" ? null : (
      <>
        {" "}
        for <code>{one.names}</code>
      </>
    )}
    , by {one.issuer === one.subject ? "itself" : one.issuer}, from <Time at={one.valid_from} /> to{" "}
    <Time at={one.valid_to} />
  </>
);

interface ResultProps {
  ok: boolean;
  steps: readonly TestStep[];
  /** How many values were tried that are not saved. */
  unsaved: number;
}

export const TestResult = ({ ok, steps, unsaved }: ResultProps) => (
  <section class="panel" aria-label="Result of the test">
    <div class="body stack">
      <Notice kind={ok ? "good" : "bad"}>
        <b>{ok ? "The test has passed" : "The test has failed"}</b>
        {unsaved === 0
          ? ", with the settings in force."
          : `, with ${unsaved === 1 ? "1 value that is" : `${unsaved} values that are`} not saved.`}
      </Notice>
      <TestSteps steps={steps} />
    </div>
  </section>
);
