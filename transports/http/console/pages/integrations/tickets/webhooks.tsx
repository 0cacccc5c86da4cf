/** @jsxImportSource hono/jsx */
/** How a ticket system is told to call the appliance: the address, and what to enter there, to be copied. */
import { Notice, Panel } from "../../../parts/words.tsx";

interface WebhooksProps {
  system: "jira" | "servicenow";
  /** Scheme, name and port at which the console was asked for. */
  origin: string;
}

export const Webhooks = ({ system, origin }: WebhooksProps) => {
  const address = `${origin}/api/webhooks/${system}`;
  return (
    <Panel title="Webhooks" id="webhooks" note="changes come in at once instead of at the next look">
      <div class="body stack">
        {origin.startsWith("https:") ? null : (
          <Notice kind="wait">
            The console was asked for at <code>{origin}</code>: use the address at which the ticket system reaches the
            appliance, over TLS.
          </Notice>
        )}
        {system === "jira" ? <JiraSteps address={address} /> : <ServiceNowSteps address={address} />}
      </div>
    </Panel>
  );
};

const Copied = ({ id, text }: { id: string; text: string }) => (
  <div class="row">
    <pre class="log" id={id} tabindex={0}>
      {text}
    </pre>
    <button type="button" class="btn mini scripted" data-copy={`#${id}`}>
      Copy
    </button>
  </div>
);

const JiraSteps = ({ address }: { address: string }) => (
  <ol class="guide">
    <li>
      In Jira: Settings, System, WebHooks, Create a WebHook, with this URL:
      <Copied id="webhook-address" text={address} />
    </li>
    <li>Secret: a text of your own; save the same above as webhook secret.</li>
    <li>
      Events: issue updated, issue deleted, comment created; JQL:
      <Copied id="webhook-jql" text="labels = rhythmx" />
    </li>
  </ol>
);

/** The class that signs has another name in the global scope (product documentation of ServiceNow, CertificateEncryption). */
const businessRule = (address: string) => `(function executeRule(current, previous) {
  var body = JSON.stringify({ sys_id: current.getUniqueValue(), sys_updated_on: current.getValue("sys_updated_on") });
  var stamp = String(Math.floor(new GlideDateTime().getNumericValue() / 1000));
  var key = gs.base64Encode(gs.getProperty("rhythmx.webhook.secret"));
  var request = new sn_ws.RESTMessageV2();
  request.setHttpMethod("post");
  request.setEndpoint("${address}");
  request.setRequestHeader("Content-Type", "application/json");
  request.setRequestHeader("X-RhythmX-Timestamp", stamp);
  // In the global scope the class is called GlideCertificateEncryption.
  var signature = new CertificateEncryption().generateMac(key, "HmacSHA256", stamp + "." + body);
  request.setRequestHeader("X-RhythmX-Signature", "sha256=" + signature);
  request.setRequestBody(body);
  request.executeAsync();
})(current, previous);`;

const ServiceNowSteps = ({ address }: { address: string }) => (
  <ol class="guide">
    <li>
      In ServiceNow: a system property <code>rhythmx.webhook.secret</code> of type password2 with a text of your own;
      save the same above as webhook secret.
    </li>
    <li>
      A business rule on the table: when <b>async</b>, update, condition <b>Correlation display is RhythmX</b>, Advanced
      with this script:
      <Copied id="business-rule" text={businessRule(address)} />
    </li>
  </ol>
);
