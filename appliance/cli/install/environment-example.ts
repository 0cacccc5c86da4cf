/** `.env.production` as `install` leaves it: everything in it is a comment. */
export const environmentExample = `# Settings of RhythmX Edge. Take the # off a line and fill it in; \`rhythmx check\` says what is
# wrong, \`systemctl reload rhythmx\` has them used (RHYTHMX_LISTEN and the health ports: restart).
# What is set here cannot be changed in the console. All settings: docs/settings.md

# The address that people and links use, when it is not the certificate's name
#RHYTHMX_BASE_URL=https://edge.example.org:8443
# Where console, API and intake listen
#RHYTHMX_LISTEN=0.0.0.0:8443
# Health of both feeds for a load balancer or monitoring, plain HTTP
#RHYTHMX_ALERT_HEALTH=127.0.0.1:8888
#RHYTHMX_INCIDENT_HEALTH=127.0.0.1:8889

# Tickets in Jira
#JIRA_URL=https://example.atlassian.net
#JIRA_EMAIL=edge@example.org
#JIRA_API_TOKEN=
#JIRA_PROJECT_KEY=SEC
#JIRA_ENABLED=true

# Tickets in ServiceNow
#SERVICENOW_INSTANCE=https://example.service-now.com
#SERVICENOW_USERNAME=edge
#SERVICENOW_PASSWORD=
#SERVICENOW_ENABLED=true

# For requests that leave the machine
#HTTPS_PROXY=http://proxy.example.org:3128
#NO_PROXY=localhost,127.0.0.1
`;
