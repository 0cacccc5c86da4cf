/** @jsxImportSource hono/jsx */
/** What administrators do with the appliance itself: certificate, backups, settings read again, a bundle for whoever helps. */
import { OwnPassword } from "../../parts/access/own-password.tsx";
import { Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { State } from "../../parts/state.tsx";
import { Time } from "../../parts/time.tsx";
import { Notice, Panel } from "../../parts/words.tsx";
import type {
  Administration as AdministrationData,
  BackupState,
  CertificateState,
  ReloadState,
} from "./administration-state.ts";
import { HeartbeatPanel, LogPanel } from "./signals.tsx";
import { sizeOf } from "./system-state.ts";

export const Administration = ({ data }: { data: AdministrationData }) => (
  <>
    <CertificatePanel state={data.certificate} />
    <BackupPanel state={data.backups} />
    <HeartbeatPanel heartbeats={data.heartbeats} />
    <LogPanel log={data.log} />
    <ReloadPanel reload={data.reload} />
    <SupportPanel />
  </>
);

const sources: Readonly<Record<CertificateState["source"], string>> = {
  self_signed: "made by this appliance",
  uploaded: "uploaded",
  files: "files that the settings name",
  none: "none: plain HTTP on this machine alone",
};

const CertificatePanel = ({ state }: { state: CertificateState }) => {
  const { source, file, changeable, certificate } = state;
  const seen = <input type="hidden" name="seen" value={certificate?.fingerprint_sha256 ?? ""} />;
  return (
    <Panel title="Certificate" id="certificate">
      <div class="body stack">
        <dl class="kv">
          <dt>Comes from</dt>
          <dd>
            {sources[source]}
            {file === null ? null : (
              <>
                {" "}
                <code>{file}</code>
              </>
            )}
          </dd>
          {certificate === null ? null : (
            <>
              <dt>Subject</dt>
              <dd>{certificate.subject}</dd>
              <dt>Names</dt>
              <dd>{certificate.names.join(", ")}</dd>
              <dt>Issuer</dt>
              <dd>
                {certificate.self_signed
                  ? "itself: browsers and senders have to be told to trust it"
                  : certificate.issuer}
              </dd>
              <dt>Since</dt>
              <dd>
                <Time at={certificate.not_before} />, age <Time at={certificate.not_before} relative />
              </dd>
              <dt>Ends</dt>
              <dd>
                <Time at={certificate.not_after} />
                {certificate.renews_itself ? "; renewed by the appliance 30 days before" : ""}
              </dd>
              <dt>Key</dt>
              <dd>{certificate.key}</dd>
              <dt>SHA-256</dt>
              <dd class="mono wrap">{certificate.fingerprint_sha256}</dd>
            </>
          )}
        </dl>
        {changeable ? (
          <>
            <details class="small">
              <summary class="run">Replace it</summary>
              <Form action="/console/system/certificate" class="form flush" label="Replace the certificate" files>
                {seen}
                <label class="wide">
                  <span>Certificate, then the one that issued it, and so on, as PEM text</span>
                  <textarea
                    class="field mono"
                    name="certificate"
                    rows={4}
                    spellcheck={false}
                    placeholder="-----BEGIN CERTIFICATE-----"
                  />
                </label>
                <label class="wide">
                  <span>or the file with it</span>
                  <input class="field" type="file" name="certificate_file" accept=".pem,.crt,.cer,.txt" />
                </label>
                <label class="wide">
                  <span>Its private key, as PEM text without a passphrase; it is stored and never shown</span>
                  <textarea
                    class="field mono"
                    name="private_key"
                    rows={4}
                    spellcheck={false}
                    autocomplete="off"
                    data-secret
                    placeholder="-----BEGIN PRIVATE KEY-----"
                  />
                </label>
                <label class="wide">
                  <span>or the file with the key</span>
                  <input class="field" type="file" name="private_key_file" accept=".pem,.key,.txt" />
                </label>
                <button class="btn primary">Replace the certificate</button>
              </Form>
            </details>
            <details class="small">
              <summary class="run">{source === "self_signed" ? "Make it anew" : "Go back to one of its own"}</summary>
              <Form action="/console/system/self-signed" label="A self-signed certificate">
                {seen}
                <p>
                  It is for the names and addresses that the machine has now. Clients that trust the present one will
                  not trust the new one.
                </p>
                <button class="btn">Make a self-signed one</button>
              </Form>
            </details>
          </>
        ) : source === "none" ? null : (
          <p class="small soft">
            It is replaced where it comes from; the appliance takes the new one at the next <code>rhythmx reload</code>.
          </p>
        )}
      </div>
    </Panel>
  );
};

const phases = { copy: "copied", check: "checked", pack: "packed" } as const;

const BackupPanel = ({ state }: { state: BackupState }) => {
  const { folder, schedule, keep, next_at, last, failure, running, backups } = state;
  return (
    <Panel title="Backups" id="backups">
      <div class="body stack">
        {failure === null ? null : (
          <Notice kind="bad">
            <b>The last backup failed</b>, <Time at={failure.at} seconds />: {failure.message}
          </Notice>
        )}
        {last === null ? <Notice kind="wait">There is no backup of this appliance yet.</Notice> : null}
        <dl class="kv">
          <dt>Folder</dt>
          <dd class="mono wrap">{folder}</dd>
          <dt>Made</dt>
          <dd>
            {schedule === null ? (
              <>
                when somebody asks.{" "}
                <span class="quiet">
                  A schedule is set in the <a href="/settings/backups">settings of backups</a>
                </span>
              </>
            ) : (
              <>
                by <code>{schedule}</code>, the next <Time at={next_at} />
              </>
            )}
          </dd>
          <dt>Kept</dt>
          <dd>the newest {keep}</dd>
          <dt>Last</dt>
          <dd>
            {last === null ? (
              "never"
            ) : (
              <>
                <Time at={last.at} />, age <Time at={last.at} relative />, {sizeOf(last.bytes)}
              </>
            )}
          </dd>
        </dl>
        {running === null ? (
          <Form action="/console/system/backup" label="Make a backup">
            <button class="btn">
              <Icon n="database" />
              Make a backup
            </button>
          </Form>
        ) : (
          <State kind="wait">
            One is being made: {sizeOf(running.done)} of {sizeOf(running.total)} {phases[running.phase]}
          </State>
        )}
        {backups.length === 0 ? null : (
          <ul class="stack">
            {backups.map(({ name, bytes, at }) => (
              <li class="spread small">
                <span>
                  <Time at={at} seconds /> <span class="quiet">{sizeOf(bytes)}</span>
                </span>
                <span class="row">
                  <Form
                    action={`/console/system/backups/${encodeURIComponent(name)}/file`}
                    plain
                    label={`Download ${name}`}
                  >
                    <button class="btn mini">
                      <Icon n="download" s={13} />
                      Download
                    </button>
                  </Form>
                  <details>
                    <summary class="run">Remove</summary>
                    <Form
                      action={`/console/system/backups/${encodeURIComponent(name)}/remove`}
                      label={`Remove ${name}`}
                      class="stack"
                    >
                      <OwnPassword of={`${name}-`} />
                      <button class="btn mini">Remove it for good</button>
                    </Form>
                  </details>
                </span>
              </li>
            ))}
          </ul>
        )}
        <p class="small soft">
          A backup holds everything but the master key and passwords: keep it as carefully as the appliance. It is put
          back with <code>rhythmx restore FILE</code>, while the appliance is stopped.
        </p>
      </div>
    </Panel>
  );
};

const ReloadPanel = ({ reload }: { reload: ReloadState | null }) => (
  <Panel title="Configuration" id="configuration">
    <div class="body stack">
      {reload === null ? (
        <p class="small soft">Files and environment were read at the start, and not since.</p>
      ) : (
        <>
          <p>
            Read again <Time at={reload.at} seconds /> by {reload.by}.{" "}
            {reload.changes.length === 0 && reload.refused.length === 0 ? "Nothing had changed." : null}
          </p>
          {reload.refused.map(({ message }) => (
            <Notice kind="bad">
              <b>Refused, its last good settings hold.</b> {message}
            </Notice>
          ))}
          {reload.changes.length === 0 ? null : (
            <dl class="kv">
              {reload.changes.map(({ setting, from, to, restart }) => (
                <>
                  <dt class="mono wrap">{setting}</dt>
                  <dd>
                    {from ?? "none"} → {to ?? "none"}
                    {restart === null ? null : <span class="quiet"> after a restart: {restart}</span>}
                  </dd>
                </>
              ))}
            </dl>
          )}
        </>
      )}
      <Form action="/console/system/reload" label="Read configuration again">
        <button class="btn">
          <Icon n="refresh-cw" />
          Read configuration again
        </button>
      </Form>
    </div>
  </Panel>
);

const SupportPanel = () => (
  <Panel title="Support bundle" id="support">
    <div class="body stack">
      <p class="small">
        What doctor and check say, settings with their sources, the last lines of the log, metrics, as one file for
        whoever helps. No secret, no log and no text of detections and tickets is in it. It takes up to 20 seconds.
      </p>
      <Form action="/console/system/support" plain label="Support bundle">
        <button class="btn">
          <Icon n="download" />
          Download
        </button>
      </Form>
    </div>
  </Panel>
);
