/** @jsxImportSource hono/jsx */
/** The form of one destination, new or set. */

import { Icon } from "../../../parts/icon.tsx";
import type { FieldSpec } from "../../../parts/settings/field-spec.ts";
import { SettingField } from "../../../parts/settings/setting-field.tsx";
import { type Conflict, SettingsForm } from "../../../parts/settings/settings-form.tsx";
import { PinnedNotice } from "../../../parts/settings/source.tsx";
import { Notice, Panel } from "../../../parts/words.tsx";
import type { SampleMessage, TlsFileFacts } from "../../../ports.ts";
import { IntegrationHead, IntegrationsFrame } from "../frame.tsx";
import type { IntegrationsData, TestStep } from "../integration-state.ts";
import { TestResult } from "../test-steps.tsx";
import { type Feed, groupsOf, sectionOf, textsOf } from "./destination-fields.ts";
import { type SetDestination, type TlsFile, tlsFiles } from "./destination-request.ts";
import { PresetTable } from "./presets.tsx";
import { Sample } from "./sample-message.tsx";
import { TlsFileField } from "./tls-file.tsx";

/** What is asked when a name gets a place in the log that is not simply its own. */
export type PlaceQuestion =
  /** Another name than before: `queued` messages wait at the place of the present one. */
  | { kind: "renamed"; from: string; to: string; queued: number }
  /** A new destination, and a place of this name is kept. */
  | { kind: "kept"; to: string; queued: number };

export interface DestinationData {
  feed: Feed;
  integrations: IntegrationsData;
  /** Null = a new one. */
  set: SetDestination | null;
  /** Its present name; null = a new one. */
  name: string | null;
  /** Of a new one, where the list is pinned by a file. */
  typed: ReadonlyMap<string, string>;
  problems: readonly { name: string; reason: string }[];
  conflict: (Conflict & { values: ReadonlyMap<string, string> }) | null;
  question: PlaceQuestion | null;
  tested: { ok: boolean; steps: readonly TestStep[]; unsaved: number } | null;
  sent: { ok: boolean; detail: string; message: string } | null;
  sample: SampleMessage | null;
  /** Every option as it would be with what is typed; null while that is wrong. */
  resolved: Readonly<Record<string, unknown>> | null;
  /** Of files that were uploaded. */
  tlsFacts: Readonly<Record<TlsFile, TlsFileFacts | null>>;
}

export function pathOfDestination(feed: Feed, name: string | null): string {
  return name === null ? `${feed.path}/add` : `${feed.path}/destinations/${encodeURIComponent(name)}`;
}

export const DestinationView = (data: DestinationData) => {
  const { feed, integrations, set, name, typed, problems, conflict, tested, sent, sample } = data;
  const state = { version: set?.version ?? "", source: set?.source ?? "default", pinned: set?.pinned ?? false };
  const section = sectionOf(feed, set?.options ?? {}, state);
  const groups = groupsOf(feed);
  const action = `/console${pathOfDestination(feed, name)}`;
  const specs = Object.values(groups).flatMap((group) => group.fields);
  const names = new Set([...specs.map((spec) => spec.name), ...tlsFiles.map((file) => `tls.${file}`)]);
  const elsewhere = problems.filter((one) => !names.has(one.name)).map(({ name: at, reason }) => `${at}: ${reason}`);
  const fields = (list: readonly FieldSpec[]) =>
    list.map((spec) => {
      const field = section.fields[spec.name];
      if (field === undefined) return null;
      return (
        <SettingField
          spec={spec}
          field={field}
          typed={typed.get(spec.name)}
          problem={problems.find((one) => one.name === spec.name)?.reason}
          fallback={fallbackOf(data, spec)}
          savedNow={conflict?.values.get(spec.name)}
        />
      );
    });
  return (
    <>
      <IntegrationHead
        title={name ?? "Add destination"}
        sub={
          name === null
            ? "It begins with what comes in from the moment it is saved."
            : `A destination of ${feed.title}.`
        }
        above={[[feed.path, feed.title]]}
        actions={
          name === null || state.pinned ? undefined : (
            <a class="btn" href={`${pathOfDestination(feed, name)}/remove`}>
              <Icon n="trash-2" s={14} />
              Remove
            </a>
          )
        }
      />
      <IntegrationsFrame data={integrations} at={feed.section}>
        <SettingsForm
          action={action}
          name={name ?? "a new destination"}
          version={state.version}
          conflict={conflict}
          problems={elsewhere}
          canSave={!state.pinned}
          buttons={
            <>
              <button class="btn" formaction={`${action}/sample`}>
                Show message
              </button>
              <button class="btn" formaction={`${action}/send`}>
                Send test message
              </button>
              <button class="btn" formaction={`${action}/test`}>
                Test Connection
              </button>
            </>
          }
        >
          {state.pinned ? (
            <PinnedNotice
              section={{ ...section, fields: { syslog: { setting: "syslog", source: state.source, pinned: true } } }}
              names={["syslog"]}
            />
          ) : null}
          <div id="tested" class="stack" data-part="asked">
            <Question data={data} />
            {tested === null ? null : <TestResult {...tested} />}
            {sent === null ? null : <Sent sent={sent} />}
            {sample === null ? null : <Sample sample={sample} />}
          </div>
          <Panel title={groups.receiver.title} id="receiver">
            <div class="form flush">{fields(groups.receiver.fields)}</div>
            <PresetTable />
          </Panel>
          <Panel title={groups.tls.title} id="tls" note={groups.tls.note}>
            <div class="form flush">
              {fields(groups.tls.fields)}
              {tlsFiles.map((kind) => (
                <FileField data={data} kind={kind} />
              ))}
            </div>
          </Panel>
          <Panel title={groups.filters.title} id="filters">
            <div class="form flush">{fields(groups.filters.fields)}</div>
          </Panel>
          <Panel title={groups.message.title} id="message">
            <div class="form flush">{fields(groups.message.fields)}</div>
          </Panel>
        </SettingsForm>
      </IntegrationsFrame>
    </>
  );
};

const FileField = ({ data, kind }: { data: DestinationData; kind: TlsFile }) => {
  const { set, typed, problems, conflict, tlsFacts } = data;
  const name = `tls.${kind}`;
  const shown = String(textsOf(set?.options ?? {})[name] ?? "");
  return (
    <TlsFileField
      kind={kind}
      file={typed.get(name) ?? shown}
      shown={shown}
      facts={tlsFacts[kind]}
      problem={problems.find((one) => one.name === name)?.reason}
      pinned={set?.pinned ?? false}
      savedNow={conflict?.values.get(name)}
    />
  );
};

/** What counts for an option that is not given; for those where a preset or the protocol decides, what they decide. */
function fallbackOf({ resolved, typed, set }: DestinationData, { name, kind }: FieldSpec): string | undefined {
  const given = typed.get(name) ?? textsOf(set?.options ?? {})[name];
  const value = resolved?.[name];
  const hasGiven = given !== undefined && given !== "" && given !== null;
  if (kind === "switch" || hasGiven || value === undefined || typeof value === "object") return undefined;
  return String(value);
}

const Sent = ({ sent: { ok, detail, message } }: { sent: NonNullable<DestinationData["sent"]> }) => (
  <section class="panel" aria-label="Test message">
    <div class="body stack">
      <Notice kind={ok ? "good" : "bad"}>
        <b>{ok ? "The test message is out" : "The test message was not sent"}</b>: {detail}.
        {ok ? " Look for MSGID TEST in the receiver." : ""}
      </Notice>
      <pre class="log mono" tabindex={0}>
        {message}
      </pre>
    </div>
  </section>
);

const Question = ({ data: { question } }: { data: DestinationData }) => {
  if (question === null) return null;
  const { kind, to, queued } = question;
  const waiting = queued === 1 ? "1 message waits" : `${queued} messages wait`;
  return (
    <fieldset class="panel question">
      <legend class="vh">Where it begins</legend>
      <div class="body stack">
        <Notice kind="wait">
          <b>Where does {to} begin?</b>{" "}
          {kind === "renamed"
            ? `A place in the log belongs to a name. ${question.from} stands at its own, and ${waiting} there.`
            : `An earlier destination of this name has left its place, and ${waiting} there.`}
        </Notice>
        <label class="row small">
          <input type="radio" name="place" value="go_on" checked />
          {kind === "renamed"
            ? `It goes on where ${question.from} stands; the last messages may come twice`
            : "It goes on from there"}
        </label>
        <label class="row small">
          <input type="radio" name="place" value="now" />
          {kind === "renamed"
            ? `It begins with what comes from now on; the place of ${question.from} is kept and can be forgotten later`
            : "It begins with what comes from now on; what waits is not sent"}
        </label>
        <input type="hidden" name="asked" value={to} />
      </div>
    </fieldset>
  );
};
