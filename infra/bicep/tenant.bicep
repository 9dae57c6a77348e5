// What the app may do in Microsoft Graph, and the application that operators sign in to. An administrator of the tenant
// deploys it once, and again when the permissions change; it makes nothing in Azure. The pipeline never runs it, so the
// pipeline never holds the right to grant. Exchange and directory roles are in setup-tenant.ps1: Bicep can't give them.
targetScope = 'resourceGroup'

extension microsoftGraphV1

@description('Object id of the app\'s identity: the output APP_PRINCIPAL_ID of main.bicep.')
param appPrincipalId string

@description('Where the app is reached: the output APP_URL of main.bicep.')
param appUrl string

@description('The profile that main.bicep was given: steps that it turns off need no permission.')
param profile ('all' | 'minimal') = 'all'

@description('The steps that main.bicep was given, as JSON: those that are off need no permission.')
param steps string = '{}'

@description('Object ids of the people or groups who may operate it.')
param operatorIds string[] = []

@description('Object ids of the people or groups who may look and decide nothing.')
param readerIds string[] = []

@description('false where the tenant has no Defender for Endpoint: its application does not exist there.')
param hasDefenderForEndpoint bool = true

@description('Name by which the application is found again; unlike in each deployment of the tenant.')
param signInName string = 'reclaim'

var playbook = loadJsonContent('playbook.json')

var offByProfile = profile == 'all'
  ? []
  : filter(map(playbook.steps, step => step.name), step => !contains(playbook.minimalProfile, step))
var settings = { ...toObject(offByProfile, step => step, step => { mode: 'off' }), ...json(steps) }
var off = map(filter(items(settings), entry => (entry.value.?mode ?? 'act') == 'off'), entry => entry.key)

// A permission is needed when at least one of those who use it is on. What the summary alone needs is left to
// setup-tenant.ps1, which grants it on the sender's mailbox: granted here it would open every mailbox.
var usedPermissions = map(
  filter(
    items(playbook.graphApplicationPermissions),
    permission => !empty(filter(permission.value, user => user != 'send-summary' && !contains(off, user)))
  ),
  permission => permission.key
)
// Whoever may write may read.
var graphPermissions = filter(
  usedPermissions,
  permission => !contains(usedPermissions, playbook.coveredBy[?permission] ?? '')
)
var usesExchange = !empty(filter(
  items(playbook.exchangeCmdlets),
  cmdlet => !empty(filter(cmdlet.value, user => !contains(off, user)))
))
var defenderPermissions = hasDefenderForEndpoint
  ? map(
      filter(
        items(playbook.defenderPermissions),
        permission => !empty(filter(permission.value, user => !contains(off, user)))
      ),
      permission => permission.key
    )
  : []

resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000003-0000-0000-c000-000000000000'
}

resource exchange 'Microsoft.Graph/servicePrincipals@v1.0' existing = if (usesExchange) {
  appId: '00000002-0000-0ff1-ce00-000000000000'
}

resource defender 'Microsoft.Graph/servicePrincipals@v1.0' existing = if (!empty(defenderPermissions)) {
  appId: 'fc780465-2017-40d4-a0c5-307022471b92'
}

// By name, never by id: a name that does not exist fails here, and is not mistaken for another.
resource graphGrants 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for permission in graphPermissions: {
    resourceId: graph.id
    principalId: appPrincipalId
    appRoleId: filter(
      graph.appRoles,
      role => role.value == permission && contains(role.allowedMemberTypes, 'Application')
    )[0].id
  }
]

// Lets the app ask Exchange at all; what it may ask is a role group of its own (setup-tenant.ps1).
resource exchangeGrant 'Microsoft.Graph/appRoleAssignedTo@v1.0' = if (usesExchange) {
  resourceId: exchange!.id
  principalId: appPrincipalId
  appRoleId: filter(exchange!.appRoles, role => role.value == 'Exchange.ManageAsApp')[0].id
}

resource defenderGrants 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for permission in defenderPermissions: {
    resourceId: defender!.id
    principalId: appPrincipalId
    appRoleId: filter(
      defender!.appRoles,
      role => role.value == permission && contains(role.allowedMemberTypes, 'Application')
    )[0].id
  }
]

var operatorRole = guid('reclaim', 'Responder.Operator')
var readerRole = guid('reclaim', 'Responder.Reader')
var accessScope = guid('reclaim', 'access')

// Operators sign in to this. It has no secret: the app's identity vouches for it.
resource signIn 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: signInName
  displayName: 'Reclaim'
  description: 'Sign-in of the operators of Reclaim.'
  signInAudience: 'AzureADMyOrg'
  identifierUris: ['api://${tenant().tenantId}/${signInName}']
  api: {
    requestedAccessTokenVersion: 2
    // Without a scope no program gets a token in a person's name; what it may do is up to that person's role.
    oauth2PermissionScopes: [
      {
        id: accessScope
        value: 'access'
        type: 'User'
        adminConsentDisplayName: 'Use Reclaim'
        adminConsentDescription: 'Lets the program use Reclaim in the name of who has signed in, within that person\'s role.'
        isEnabled: true
      }
    ]
    // The reclaim command asks the Azure CLI for its token.
    preAuthorizedApplications: [
      { appId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46', delegatedPermissionIds: [accessScope] }
    ]
  }
  web: {
    redirectUris: ['${appUrl}/.auth/login/aad/callback']
    implicitGrantSettings: { enableIdTokenIssuance: true }
  }
  appRoles: [
    {
      id: operatorRole
      value: 'Responder.Operator'
      displayName: 'Operator'
      description: 'Starts, retries, approves, undoes and ends runs.'
      allowedMemberTypes: ['User', 'Application']
      isEnabled: true
    }
    {
      id: readerRole
      value: 'Responder.Reader'
      displayName: 'Reader'
      description: 'Looks at runs and decides nothing.'
      allowedMemberTypes: ['User', 'Application']
      isEnabled: true
    }
  ]

  resource vouching 'federatedIdentityCredentials' = {
    name: '${signIn.uniqueName}/app-identity'
    description: 'The app\'s managed identity in place of a secret.'
    audiences: ['api://AzureADTokenExchange']
    issuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
    subject: appPrincipalId
  }
}

// Nobody signs in who has not been given the role.
resource signInPrincipal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: signIn.appId
  appRoleAssignmentRequired: true
}

resource operators 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for id in operatorIds: {
    resourceId: signInPrincipal.id
    principalId: id
    appRoleId: operatorRole
  }
]

resource readers 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for id in readerIds: {
    resourceId: signInPrincipal.id
    principalId: id
    appRoleId: readerRole
  }
]

@description('Client id of the application that people sign in to: the parameter signInClientId of main.bicep.')
output SIGN_IN_CLIENT_ID string = signIn.appId

@description('The permissions that are granted now. What an earlier deployment granted beyond these, setup-tenant.ps1 takes away.')
output GRANTED string[] = concat(graphPermissions, usesExchange ? ['Exchange.ManageAsApp'] : [], defenderPermissions)
