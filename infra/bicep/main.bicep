// Everything that Reclaim needs in Azure, in one resource group. What it may do in Microsoft 365 is a deployment of its
// own (tenant.bicep and setup-tenant.ps1), so that whoever runs this one, a pipeline included, can grant none of that.
targetScope = 'resourceGroup'

@description('First part of every name.')
@minLength(3)
@maxLength(11)
param name string = 'reclaim'

@description('Region of all resources.')
param location string = resourceGroup().location

@description('Name of the azd environment, by which azd finds its resources again.')
param environmentName string

@description('Mailbox that the summary is sent from: a shared mailbox of its own, not a person\'s.')
param mailFrom string

@description('On-call: who gets the summaries.')
@minLength(1)
param mailTo string[]

@description('Who is told when the responder itself is not well.')
param operatorAddresses string[] = mailTo

@description('Second channel beside the mail: where an Adaptive Card is posted, such as a Teams workflow. Whoever knows the address may post, so give a reference to a key vault that the app\'s identity may read: @Microsoft.KeyVault(SecretUri=…).')
@secure()
param webhookUrl string = ''

@description('Which runs the second channel is told about.')
@allowed(['administrators', 'always'])
param webhookCases string = 'administrators'

@description('Accounts that are never changed without a person\'s approval, by object id or UPN: break-glass accounts, on-call.')
param protectedAccounts string[] = []

@description('Groups whose members, at any depth, are never changed without approval either, by object id. Groups that only administrators fill: who could join one would escape.')
param protectedGroups string[] = []

@description('Accounts that programs sign in with, by object id or UPN: their runs wait for a person.')
param serviceAccounts string[] = []

@description('People treated like administrators, by object id or UPN.')
param vipAccounts string[] = []

@description('The group whose members a drill may touch, by object id: accounts made for drills and nothing else. Empty: there are no drills.')
param drillGroup string = ''

@description('The mailbox inside that what a drill plants would send mail to.')
param drillSink string = ''

@description('The account of the weekly drill, by UPN or object id. Empty: no weekly drill, and no identity that could plant one.')
param drillAccount string = ''

@description('Circuit breaker, first stage: runs in an hour that remove what they find; those after them only lock the account.')
@minValue(0)
@maxValue(10000)
param breakerFullPerHour int = 20

@description('Second stage: runs in an hour that change anything by themselves; those after them wait for a person.')
@minValue(0)
@maxValue(10000)
param breakerRunsPerHour int = 100

@description('The second stage as a share of the tenant\'s enabled members, in percent (never fewer than five accounts); whichever is fewer holds.')
@minValue(0)
@maxValue(100)
param breakerShare int = 20

@description('Only look, change nothing, in every run: how to begin.')
param dryRun bool = false

@description('Which steps act: all of them, or only those that answer the mandatory steps of Microsoft\'s guide (docs/permissions.md lists them).')
param profile ('all' | 'minimal') = 'all'

@description('Per step what differs from its default, as JSON: {"require-mfa": {"mode": "off"}}. Stands above the profile.')
param steps string = '{}'

@description('Rows of the triage policy that differ from the default, as JSON; see shared/alerts/policy.ts.')
param policy string = '{}'

@description('Detections that the catalogue does not know, or knows wrongly, as a JSON list; none when empty: see shared/alerts/detector-settings.ts.')
param detectors string = ''

@description('Hours without an answer or an alert of any source after which on-call is told. Higher where alerts only come by stream or playbook.')
@minValue(1)
@maxValue(720)
param noSignalHours int = 2

@description('Days for which a closed run and everything about it is kept. Evidence in blobs is kept for as long as the container says.')
@minValue(7)
@maxValue(3650)
param keepRunsDays int = 400

@description('Days for which the record of decisions, unknown titles and dead letters are kept.')
@minValue(7)
@maxValue(3650)
param keepDecisionsDays int = 90

@description('Seconds after which a function gives up, so that it ends before its lease does (120).')
@minValue(5)
@maxValue(110)
param deadlineSeconds int = 90

@description('Address that people reach the app at, where it is not its own: behind a proxy, for instance.')
param baseUrl string = ''

@description('Where on-call works, as Europe/Berlin: mail and pages tell the time there too, beside UTC.')
param timeZone string = 'UTC'

@description('Client id of the application that people sign in to; tenant.bicep makes it and says it. Empty until then.')
param signInClientId string = ''

@description('What else than that client id access tokens may be made for: the application\'s own URI, where tokens are of version 1.')
param apiAudiences string[] = []

@description('Object ids of identities outside this deployment that publish alerts to the topic: a playbook of Sentinel.')
param publisherPrincipalIds string[] = []

@description('Ask Microsoft Graph for new alerts every minute. false where Sentinel or a stream brings them all.')
param pollAlerts bool = true

@description('Makes an event hub for logs that Entra ID or Defender stream: about 20 EUR a month.')
param streams bool = false

@description('Instances that wait for triage and for each contain step, so that the first minute is not lost to a cold start; about 5 EUR a month each (512 MB, pay as you go), 0 for none.')
@minValue(0)
@maxValue(10)
param alwaysReadyInstances int = 1

@description('No more instances than this, whatever arrives: a bound on the bill.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('Version of Node.js; 22 where a region does not have 24 yet.')
param nodeVersion ('22' | '24') = '24'

@description('How often progress and evidence are copied, and where to.')
param redundancy ('Standard_LRS' | 'Standard_ZRS' | 'Standard_GZRS') = 'Standard_ZRS'

@description('Days for which evidence is kept unchanged; afterwards it is deleted. Until an administrator locks the policy (docs/operate.md, "Evidence"), whoever administers the storage account can end this early.')
@minValue(1)
@maxValue(3650)
param evidenceRetentionDays int = 180

@description('Sets the policy that keeps evidence unchanged. false once it is locked, since a locked policy refuses to be set again, and in the pipeline, which must not be able to change it.')
param setEvidencePolicy bool = true

@description('Days that logs are kept; the first 31 cost nothing.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Gigabytes of logs a day after which no more is taken in: a bound on the bill.')
@minValue(1)
param logDailyGigabytes int = 1

@description('Lets the platform scale by the length of each queue rather than step by step. It needs the right to manage the queues.')
param scaleByQueueLength bool = false

@description('false where the roles were assigned before, by someone else: then whoever deploys need not be able to assign any.')
param assignRoles bool = true

@description('Tags of every resource.')
param tags { *: string } = {}

var playbook = loadJsonContent('playbook.json')

var token = uniqueString(resourceGroup().id, name)
var allTags = { ...tags, 'azd-env-name': environmentName }
var appName = 'func-${name}-${token}'
var hostAccountName = 'sthost${token}'
var dataAccountName = 'stdata${token}'
var namespaceName = 'sb-${name}-${token}'
var topicName = 'evgt-${name}-${token}'
var componentName = 'appi-${name}-${token}'
var eventHubNamespaceName = 'evhns-${name}-${token}'
var eventHubName = 'logs'

var queueNames = map(playbook.queues, queue => queue.name)

// Off by the profile, unless `steps` says otherwise.
var offByProfile = profile == 'all'
  ? []
  : filter(map(playbook.steps, step => step.name), step => !contains(playbook.minimalProfile, step))
var stepSettingsGiven = { ...toObject(offByProfile, step => step, step => { mode: 'off' }), ...json(steps) }

var readyFunctions = [
  'triage-alert'
  ...map(filter(playbook.steps, step => step.stage == 'contain'), step => 'step-${step.name}')
]

resource appIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}-app-${token}'
  location: location
  tags: allTags
}

// Plants the weekly drill; it holds no right to anything in Azure.
resource drillIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = if (!empty(drillAccount)) {
  name: 'id-${name}-drill-${token}'
  location: location
  tags: allTags
}

resource deliveryIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}-delivery-${token}'
  location: location
  tags: allTags
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    workspaceName: 'log-${name}-${token}'
    componentName: componentName
    location: location
    tags: allTags
    retentionDays: logRetentionDays
    dailyGigabytes: logDailyGigabytes
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    hostName: hostAccountName
    dataName: dataAccountName
    location: location
    tags: allTags
    redundancy: redundancy
    tableNames: playbook.tables
    evidenceRetentionDays: evidenceRetentionDays
    setEvidencePolicy: setEvidencePolicy
  }
}

module messaging 'modules/messaging.bicep' = {
  params: {
    namespaceName: namespaceName
    topicName: topicName
    location: location
    tags: allTags
    queues: playbook.queues
    deliveryIdentityId: deliveryIdentity.id
  }
}

module stream 'modules/stream.bicep' = if (streams) {
  params: {
    namespaceName: eventHubNamespaceName
    hubName: eventHubName
    location: location
    tags: allTags
  }
}

module roles 'modules/roles.bicep' = if (assignRoles) {
  params: {
    appIdentityId: appIdentity.id
    appPrincipalId: appIdentity.properties.principalId
    deliveryIdentityId: deliveryIdentity.id
    deliveryPrincipalId: deliveryIdentity.properties.principalId
    publisherPrincipalIds: publisherPrincipalIds
    hostAccountName: hostAccountName
    dataAccountName: dataAccountName
    namespaceName: namespaceName
    topicName: topicName
    componentName: componentName
    eventHubNamespaceName: eventHubNamespaceName
    eventHubName: streams ? eventHubName : ''
    queueNames: queueNames
    tableNames: playbook.tables
    scaleByQueueLength: scaleByQueueLength
  }
  dependsOn: [storage, messaging, monitoring, stream]
}

module subscription 'modules/subscription.bicep' = {
  params: {
    topicName: topicName
    namespaceName: namespaceName
    queueName: 'alerts'
    dataAccountName: dataAccountName
    deliveryIdentityId: deliveryIdentity.id
  }
  dependsOn: [messaging, storage, roles]
}

module app 'modules/app.bicep' = {
  params: {
    planName: 'plan-${name}-${token}'
    appName: appName
    location: location
    tags: allTags
    identityId: appIdentity.id
    drillIdentityId: empty(drillAccount) ? '' : drillIdentity.id
    packagesUrl: storage.outputs.packagesUrl
    nodeVersion: nodeVersion
    maximumInstances: maximumInstances
    alwaysReady: alwaysReadyInstances == 0
      ? []
      : map(readyFunctions, function => { name: 'function:${function}', instanceCount: alwaysReadyInstances })
    signInClientId: signInClientId
    webhookUrl: webhookUrl
    settings: {
      // Read by the Functions host. Nobody sends the API more than a few kilobytes.
      FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1048576'
      AzureWebJobsStorage__blobServiceUri: storage.outputs.hostBlobEndpoint
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: appIdentity.properties.clientId
      ServiceBus__credential: 'managedidentity'
      ServiceBus__clientId: appIdentity.properties.clientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.connectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${appIdentity.properties.clientId};Authorization=AAD'
      ...(empty(signInClientId)
        ? {}
        : {
            OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: appIdentity.properties.clientId
            WEBSITE_AUTH_AAD_ALLOWED_TENANTS: tenant().tenantId
          })
      ...(streams
        ? {
            Streams__fullyQualifiedNamespace: '${eventHubNamespaceName}.servicebus.windows.net'
            Streams__credential: 'managedidentity'
            Streams__clientId: appIdentity.properties.clientId
          }
        : {})
      // Read by shared/settings.ts, which says what each is for.
      TENANT_ID: tenant().tenantId
      AZURE_CLIENT_ID: appIdentity.properties.clientId
      ServiceBus__fullyQualifiedNamespace: '${namespaceName}.servicebus.windows.net'
      Progress__tableServiceUri: storage.outputs.tableEndpoint
      Progress__blobServiceUri: storage.outputs.dataBlobEndpoint
      EventGrid__topicEndpointUri: messaging.outputs.topicEndpoint
      POLL_ALERTS: toLower(string(pollAlerts))
      MAIL_FROM: mailFrom
      MAIL_TO: join(mailTo, ',')
      WEBHOOK_CASES: webhookCases
      BASE_URL: baseUrl
      TIME_ZONE: timeZone
      AUTH: empty(signInClientId) ? 'key' : 'entra,easy-auth'
      API_CLIENT_ID: signInClientId
      API_AUDIENCES: join(apiAudiences, ',')
      STEPS: string(stepSettingsGiven)
      POLICY: policy
      DETECTORS: detectors
      PROTECTED_ACCOUNTS: join(protectedAccounts, ',')
      PROTECTED_GROUPS: join(protectedGroups, ',')
      SERVICE_ACCOUNTS: join(serviceAccounts, ',')
      VIP_ACCOUNTS: join(vipAccounts, ',')
      DRILL_GROUP: drillGroup
      DRILL_SINK: drillSink
      DRILL_ACCOUNT: drillAccount
      DRILL_CLIENT_ID: empty(drillAccount) ? '' : drillIdentity!.properties.clientId
      BREAKER_FULL_PER_HOUR: string(breakerFullPerHour)
      BREAKER_RUNS_PER_HOUR: string(breakerRunsPerHour)
      BREAKER_SHARE: string(breakerShare)
      DRY_RUN: toLower(string(dryRun))
      NO_SIGNAL_HOURS: string(noSignalHours)
      KEEP_RUNS_DAYS: string(keepRunsDays)
      KEEP_DECISIONS_DAYS: string(keepDecisionsDays)
      DEADLINE_SECONDS: string(deadlineSeconds)
    }
  }
  dependsOn: [roles]
}

module alerts 'modules/alerts.bicep' = {
  params: {
    prefix: name
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    namespaceId: resourceId('Microsoft.ServiceBus/namespaces', namespaceName)
    addresses: operatorAddresses
  }
  dependsOn: [messaging]
}

@description('Name of the function app.')
output APP_NAME string = appName

@description('Where the app is reached.')
output APP_URL string = 'https://${app.outputs.hostName}'

@description('Object id of the app\'s identity: tenant.bicep and setup-tenant.ps1 ask for it.')
output APP_PRINCIPAL_ID string = appIdentity.properties.principalId

@description('Client id of the app\'s identity: setup-tenant.ps1 asks for it.')
output APP_CLIENT_ID string = appIdentity.properties.clientId

@description('For setup-drill.ps1, which gives the identity of the weekly drill its rights. Empty where there is none.')
output DRILL_PRINCIPAL_ID string = empty(drillAccount) ? '' : drillIdentity!.properties.principalId

@description('Where alerts are published.')
output TOPIC_ENDPOINT string = messaging.outputs.topicEndpoint
