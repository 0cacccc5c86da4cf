/** @jsxImportSource hono/jsx */
/** A certificate or key of a destination: what is there, and another one by paste, file or path. A key is never shown. */
import { shownName } from "../../../parts/settings/field-spec.ts";
import { Hint } from "../../../parts/settings/hint.tsx";
import type { TlsFileFacts } from "../../../ports.ts";
import { tlsFileLabels as labels } from "../setting-words.ts";
import { Certificate } from "../test-steps.tsx";
import type { TlsFile } from "./destination-request.ts";

const hints: Readonly<Record<TlsFile, string>> = {
  ca_file: "Who signed the receiver's certificate. Nothing = the authorities of this machine.",
  cert_file: "Only where the receiver asks for one; with what is above it, if anything.",
  key_file: "PEM without a passphrase. It is kept encrypted and never shown again.",
};

interface TlsFileProps {
  kind: TlsFile;
  /** `uploaded:…`, a path, or "". */
  file: string;
  /** As it is saved. */
  shown: string;
  /** Null for a path. */
  facts: TlsFileFacts | null;
  problem: string | undefined;
  pinned: boolean;
  savedNow: string | undefined;
}

export const TlsFileField = ({ kind, file, shown, facts, problem, pinned, savedNow }: TlsFileProps) => {
  const name = `tls.${kind}`;
  const isUploaded = file.startsWith("uploaded:");
  return (
    <fieldset class="setting wide tls-file">
      <legend>{labels[kind]}</legend>
      <div id={`${name}-now`} data-part>
        <p class="small">
          {file === "" ? (
            <span class="quiet">none</span>
          ) : isUploaded ? (
            <Facts facts={facts} />
          ) : (
            <>
              the file <code>{file}</code> of this machine
            </>
          )}
        </p>
        {pinned ? null : (
          <>
            <input type="hidden" name={shownName(name)} value={shown} />
            <input type="hidden" name={`kept.${name}`} value={isUploaded ? file : ""} />
          </>
        )}
      </div>
      {pinned ? null : (
        <details class="small" open={file === "" || problem !== undefined}>
          <summary class="run">{file === "" ? "Give one" : "Replace it"}</summary>
          <div class="give">
            <label>
              <span>{file === "" ? "PEM text" : "Another one, as PEM text"}</span>
              <textarea
                class="field mono"
                id={`${name}-pem`}
                name={`${name}.pem`}
                data-label={labels[kind]}
                data-secret
                rows={3}
                placeholder="-----BEGIN …"
                aria-describedby={`${name}-hint`}
                aria-invalid={problem === undefined ? undefined : "true"}
                spellcheck={false}
                autocomplete="off"
              />
            </label>
            <label class="scripted">
              <span>or from a file of yours</span>
              <input type="file" data-into={`[id="${name}-pem"]`} accept=".pem,.crt,.cer,.key,.txt" />
            </label>
            <label>
              <span>or a path on the appliance</span>
              <input
                class="field mono"
                name={name}
                value={isUploaded ? "" : file}
                data-path={name}
                placeholder={`/etc/rhythmx/tls/${kind.replace("_file", "")}.pem`}
                autocomplete="off"
                spellcheck={false}
              />
            </label>
            {isUploaded ? (
              <label class="row small">
                <input type="checkbox" name={`remove.${name}`} /> Take it away
              </label>
            ) : null}
          </div>
        </details>
      )}
      <Hint name={name} text={hints[kind]} problem={problem} savedNow={savedNow} empty="none" />
    </fieldset>
  );
};

const Facts = ({ facts }: { facts: TlsFileFacts | null }) => {
  if (facts === null) return <span class="quiet">none</span>;
  if ("problem" in facts) return <span class="err">{facts.problem}</span>;
  if (facts.key !== null) return <>a private key, {facts.key}</>;
  const [first, ...more] = facts.certificates;
  if (first === undefined) return <span class="quiet">none</span>;
  return (
    <>
      <Certificate one={first} />
      {more.length === 0 ? null : ` and ${more.length} more`}
    </>
  );
};
