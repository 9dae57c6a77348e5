// What differs from one deployment to the next. azd sets what it reads here from its environment:
// `azd env set MAIL_FROM reclaim@contoso.com`. What is left out keeps the default that main.bicep gives it.
using 'main.bicep'

// ---- needed ----------------------------------------------------------------------------------------------------------

// Set by azd itself; without azd, any word.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'reclaim')

// Mailbox that the summary is sent from. A shared mailbox of its own: setup-tenant.ps1 lets the app send as this one alone.
param mailFrom = readEnvironmentVariable('MAIL_FROM')

// On-call: one or more addresses, separated by commas.
param mailTo = split(readEnvironmentVariable('MAIL_TO'), ',')

// Where on-call works: mail and pages tell the time there too, beside UTC.
param timeZone = readEnvironmentVariable('TIME_ZONE', 'UTC')

// ---- worth a thought -------------------------------------------------------------------------------------------------

// Second channel beside the mail: a Teams workflow that takes an Adaptive Card ("When a Teams webhook request is
// received"), best as a reference to a key vault: @Microsoft.KeyVault(SecretUri=…). It hears of administrators' cases only
// ('administrators') or of all ('always').
param webhookUrl = readEnvironmentVariable('WEBHOOK_URL', '')
param webhookCases = readEnvironmentVariable('WEBHOOK_CASES', 'administrators')

// Break-glass accounts and on-call's own, by object id or UPN, separated by commas: never changed without approval.
param protectedAccounts = filter(split(readEnvironmentVariable('PROTECTED_ACCOUNTS', ''), ','), entry => !empty(entry))

// Groups of such accounts, by object id. Only groups that administrators fill: whoever could join one would escape.
param protectedGroups = filter(split(readEnvironmentVariable('PROTECTED_GROUPS', ''), ','), entry => !empty(entry))

// Accounts that programs sign in with, likewise: their runs wait for a person.
param serviceAccounts = filter(split(readEnvironmentVariable('SERVICE_ACCOUNTS', ''), ','), entry => !empty(entry))

// People treated like administrators, likewise: their accounts are locked, and on-call is asked before more is done.
param vipAccounts = filter(split(readEnvironmentVariable('VIP_ACCOUNTS', ''), ','), entry => !empty(entry))

// Drills (docs/operate.md, Practice): the object id of the group of accounts made for them, and a mailbox inside that
// what they plant would send mail to. Empty: none.
param drillGroup = readEnvironmentVariable('DRILL_GROUP', '')
param drillSink = readEnvironmentVariable('DRILL_SINK', '')
// An account here makes it weekly, by an identity of its own.
param drillAccount = readEnvironmentVariable('DRILL_ACCOUNT', '')

// Circuit breaker: so many runs an hour remove what they find, so many lock an account, the rest wait for a person. The
// second also ends at a share of the tenant's people, in percent.
param breakerFullPerHour = int(readEnvironmentVariable('BREAKER_FULL_PER_HOUR', '20'))
param breakerRunsPerHour = int(readEnvironmentVariable('BREAKER_RUNS_PER_HOUR', '100'))
param breakerShare = int(readEnvironmentVariable('BREAKER_SHARE', '20'))

// true: only look, change nothing. A good first week.
param dryRun = bool(readEnvironmentVariable('DRY_RUN', 'false'))

// 'all', or 'minimal': only what answers the mandatory steps of Microsoft's guide.
param profile = readEnvironmentVariable('PROFILE', 'all')

// Said by tenant.bicep once an administrator has run it; until then function keys alone open the API.
param signInClientId = readEnvironmentVariable('SIGN_IN_CLIENT_ID', '')

// Who is told when the responder itself is not well: by default on-call.
// param operatorAddresses = ['platform@contoso.com']

// Per step what differs from its default, as JSON: {"require-mfa":{"mode":"off"}}. A step that is off needs no permission
// (docs/permissions.md); give tenant.bicep the same.
param steps = readEnvironmentVariable('STEPS', '{}')

// Rows of the triage policy that differ from the default (shared/alerts/policy.ts).
// param policy = string({ high: 'full' })

// Hours of silence of all sources after which on-call is told; higher where no source is polled.
// param noSignalHours = 2
// param keepRunsDays = 400
// param keepDecisionsDays = 90

// What alerts of one's own mean (shared/alerts/detector-settings.ts).
// param detectors = string([{ title: 'Contoso: token replay*', kind: 'stolen-session-cookie' }])

// ---- cost ------------------------------------------------------------------------------------------------------------

// Instances that wait for triage and for each contain step, about 5 EUR a month each. 0: the first alert after a quiet
// hour may wait up to two minutes.
param alwaysReadyInstances = int(readEnvironmentVariable('ALWAYS_READY_INSTANCES', '1'))

// param maximumInstances = 40
// param logDailyGigabytes = 1
// param logRetentionDays = 90

// ---- rarely changed --------------------------------------------------------------------------------------------------

// false: roles were assigned by an administrator before, and whoever deploys now need not be able to assign any.
param assignRoles = bool(readEnvironmentVariable('ASSIGN_ROLES', 'true'))

// false once an administrator has locked the policy that keeps evidence unchanged (docs/operate.md, "Evidence").
param setEvidencePolicy = bool(readEnvironmentVariable('SET_EVIDENCE_POLICY', 'true'))

// param name = 'reclaim'
// param location = 'westeurope'
// param evidenceRetentionDays = 180
// param redundancy = 'Standard_ZRS'
// param nodeVersion = '24'
// param deadlineSeconds = 90
// param baseUrl = ''
// param apiAudiences = ['api://00000000-0000-0000-0000-000000000000/reclaim']
// param publisherPrincipalIds = ['00000000-0000-0000-0000-000000000000']
// param pollAlerts = true
// param streams = false
// param scaleByQueueLength = false
// param tags = { owner: 'security' }
