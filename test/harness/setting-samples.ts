/** A right and a wrong value of every setting that can be saved. */

export interface Sample {
  /** A value other than the default, as the environment has it. */
  right: string;
  /** One that is refused; null = every text is right. */
  wrong: string | null;
}

const of = (right: string, wrong: string | null): Sample => ({ right, wrong });
const secret = of("a-secret-1", "two\u0007lines");
const line = of("one line", "two\u0007lines");
const flag = of("true", "perhaps");
const schedule = of("*/7 * * * *", "sometimes");
const proxy = of("http://proxy.example:3128", "proxy.example");
const file = of("/etc/ssl/ca.pem", "a\u0007b");
const object = of('{"customfield_1":"x"}', "[1]");
const minutes = of("77", "0");
const policy = of("assignee=ours", "status=sometimes");
const meanings = of('{"waiting":"OPEN"}', '{"waiting":"LATER"}');
const url = of("https://one.example", "ftp://one.example");
const table = of("Fault", "not a table!");

export const samples: Readonly<Record<string, Sample>> = {
  RHYTHMX_RETENTION_SCHEDULE: schedule,
  JIRA_URL: url,
  JIRA_EMAIL: line,
  JIRA_API_TOKEN: secret,
  JIRA_PROJECT_KEY: of("SEC", "sec"),
  JIRA_ISSUE_TYPE: line,
  JIRA_ENABLED: flag,
  JIRA_DEPLOYMENT: of("cloud", "moon"),
  JIRA_CA_FILE: file,
  JIRA_PROXY: proxy,
  JIRA_EXTRA_FIELDS: object,
  JIRA_TRANSITION_FIELDS: object,
  JIRA_WEBHOOK_SECRET: secret,
  JIRA_SYNC_SCHEDULE: schedule,
  JIRA_STATUS_MAP: meanings,
  JIRA_FALSE_POSITIVE_RESOLUTIONS: of("Noise", ",x".repeat(101)),
  JIRA_FIELD_POLICY: policy,
  SERVICENOW_INSTANCE: of("acme", "two words"),
  SERVICENOW_USERNAME: line,
  SERVICENOW_PASSWORD: secret,
  SERVICENOW_ASSIGNMENT_GROUP: line,
  SERVICENOW_ENABLED: flag,
  SERVICENOW_TABLE: of("u_fault", "Fault!"),
  SERVICENOW_CA_FILE: file,
  SERVICENOW_PROXY: proxy,
  SERVICENOW_EXTRA_FIELDS: object,
  SERVICENOW_CLOSE_FIELDS: object,
  SERVICENOW_WEBHOOK_SECRET: secret,
  SERVICENOW_STATE_VALUES: of('{"OPEN":"10","IN_PROGRESS":"2","CLOSED":"6","FALSE_POSITIVE":"8"}', '{"OPEN":"1"}'),
  SERVICENOW_STATE_MAP: meanings,
  SERVICENOW_CLOSE_CODE: line,
  SERVICENOW_FALSE_POSITIVE_CLOSE_CODE: line,
  SERVICENOW_FIELD_POLICY: policy,
  SNOW_SYNC_SCHEDULE: schedule,
  SNOW_UPDATE_CADENCE_HOURS: of("12.5", "-1"),
  TICKET_INTEGRATION: of("proactive", "other"),
  PROACTIVE_SNOW_BASE_URL: url,
  PROACTIVE_SNOW_APP_ID: line,
  PROACTIVE_SNOW_SECRET: secret,
  PROACTIVE_SNOW_TABLE: table,
  PROACTIVE_SNOW_SOURCE: of("Other_services", "two words"),
  PROACTIVE_SNOW_SERVICE_IDENTIFIER: line,
  PROACTIVE_SNOW_VERIFY_SSL: of("false", "perhaps"),
  PROACTIVE_SNOW_CA_FILE: file,
  PROACTIVE_SNOW_PROXY: proxy,
  AUTO_PUSH_ENABLED: flag,
  AUTO_PUSH_MIN_SEVERITY: of("HIGH", "WORSE"),
  AUTO_PUSH_SYSTEMS: of("jira,servicenow", "fax"),
  AUTO_PUSH_CAMPAIGNS: of("each", "some"),
  RETRY_MAX_RETRIES: of("3", "21"),
  RETRY_BASE_DELAY_SECONDS: of("30", "0"),
  RETRY_MAX_DELAY_SECONDS: of("900", "0"),
  RETRY_SCHEDULE: schedule,
  UNKNOWN_LOOKUP_DELAYS_SECONDS: of("30,60", "60,30"),
  UNKNOWN_OUTCOME: of("ask", "guess"),
  SLA_CRITICAL_MINUTES: minutes,
  SLA_HIGH_MINUTES: minutes,
  SLA_MEDIUM_MINUTES: minutes,
  SLA_LOW_MINUTES: minutes,
  RHYTHMX_BASE_URL: url,
  HTTPS_PROXY: of("http://proxy.example:3128", "http://me:secret@proxy.example:3128"),
  NO_PROXY: of(".example.org,10.0.0.0/8", "two words"),
  TICKET_ROUTES: of('{"North":{"jira_project":"NOR"}}', '{"North":{"jira_project":"nor"}}'),
  MASK_PATTERNS: of('["badge \\\\d{6}"]', '["("]'),
  TICKET_USERS: of('{"jane":{"jira":"5b10"}}', '{"jane":{"jira":"a\\u0007b"}}'),
  RHYTHMX_TRUSTED_PROXIES: of("10.0.0.0/8,192.0.2.1", "10.0.0.0/99"),
  RHYTHMX_DEFAULT_ENTITY: of("Plant North", "a\u0007b"),
  RHYTHMX_LOG_LEVEL: of("debug", "loud"),
  RHYTHMX_LOG_FORMAT: of("text", "xml"),
  RHYTHMX_RETENTION_DAYS: of("400", "0"),
  RHYTHMX_AUDIT_RETENTION_DAYS: of("730", "1.5"),
  RHYTHMX_BACKUP_SCHEDULE: of("30 2 * * *", "30 2 31 2 *"),
  RHYTHMX_BACKUP_DIR: of("/tmp/rhythmx-backups", "a\u0007b"),
  RHYTHMX_BACKUP_KEEP: of("9", "0"),
  RHYTHMX_MIN_FREE_BYTES: of("1048576", "-1"),
  RHYTHMX_MIN_FREE_PERCENT: of("0.5", "100"),
  QUALIFY_MIN_SCORE: of("55", "101"),
  SHARED_ACCOUNTS: of("kiosk,till", "a\u0007b"),
  HOST_SHORT_NAMES: flag,
  CASE_PATTERNS: of(
    '{"patterns":[{"type":"impact","enabled":false}]}',
    '{"patterns":[{"type":"impact","min_alert":1}]}',
  ),
  FLOORS: of('{"floors":[{"name":"web_shell","enabled":false}]}', '{"floors":[{"name":"own"}]}'),
};
