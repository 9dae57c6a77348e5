// The two identities of the pipeline (.github/workflows/deploy.yml). An administrator deploys this once, by hand. Neither
// identity has a secret: GitHub's token is exchanged for one of Entra ID, and each identity says whose token it takes.
//
// - `plan` reads and previews a deployment. It takes tokens of the main branch only, so a workflow on another branch gets
//   nothing, whatever stands in that workflow.
// - `deploy` writes what main.bicep declares. It takes tokens of one environment of the repository, which must ask for an
//   approval and allow the main branch alone. Whoever passes that gate can replace the app, and with it everything the
//   app may do in Microsoft 365 (docs/threat-model.md).
targetScope = 'resourceGroup'

@description('The repository, as owner/name.')
param repository string

@description('The branch that is deployed from.')
param branch string = 'main'

@description('The environment of the repository that asks for an approval.')
param environmentName string = 'production'

@description('First part of every name, as in main.bicep.')
@minLength(3)
@maxLength(11)
param name string = 'reclaim'

@description('Region of the identities.')
param location string = resourceGroup().location

var issuer = 'https://token.actions.githubusercontent.com'
// Microsoft Entra ID's own name for the audience of such an exchange.
var audience = 'api://AzureADTokenExchange'

resource plan 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}-plan'
  location: location

  resource ofMain 'federatedIdentityCredentials' = {
    name: 'main'
    properties: {
      issuer: issuer
      subject: 'repo:${repository}:ref:refs/heads/${branch}'
      audiences: [audience]
    }
  }
}

resource deploy 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-${name}-deploy'
  location: location

  resource ofEnvironment 'federatedIdentityCredentials' = {
    name: 'approved'
    properties: {
      issuer: issuer
      subject: 'repo:${repository}:environment:${environmentName}'
      audiences: [audience]
    }
  }
}

// With the validation level ProviderNoRbac a preview needs no right to write what it previews:
// https://learn.microsoft.com/azure/azure-resource-manager/templates/deploy-what-if
resource previewer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, name, 'plan')
  properties: {
    roleName: 'Reclaim plan (${name}, ${uniqueString(resourceGroup().id)})'
    description: 'Previews deployments. Changes nothing.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Resources/deployments/whatIf/action'
          'Microsoft.Resources/deployments/validate/action'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

// One write for each type in main.bicep, and nothing by wildcard but reading. Left out on purpose: every delete, every
// listing of keys, role assignments, credentials of the app's identity, all data in storage, and immutability policies,
// which an administrator sets (setEvidencePolicy in main.bicep).
resource deployer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, name, 'deploy')
  properties: {
    roleName: 'Reclaim deploy (${name}, ${uniqueString(resourceGroup().id)})'
    description: 'Deploys Reclaim: no keys, no role assignments, no data, no deletions.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          '*/read'
          'Microsoft.Resources/deployments/cancel/action'
          'Microsoft.Resources/deployments/validate/action'
          'Microsoft.Resources/deployments/whatIf/action'
          'Microsoft.Resources/deployments/write'
          'Microsoft.EventGrid/eventSubscriptions/write'
          'Microsoft.EventGrid/topics/eventSubscriptions/write'
          'Microsoft.EventGrid/topics/write'
          'Microsoft.EventHub/namespaces/eventhubs/write'
          'Microsoft.EventHub/namespaces/write'
          'Microsoft.Insights/actionGroups/write'
          'Microsoft.Insights/components/write'
          'Microsoft.Insights/metricAlerts/write'
          'Microsoft.Insights/scheduledQueryRules/write'
          'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action'
          'Microsoft.ManagedIdentity/userAssignedIdentities/write'
          'Microsoft.OperationalInsights/workspaces/write'
          'Microsoft.ServiceBus/namespaces/queues/write'
          'Microsoft.ServiceBus/namespaces/write'
          'Microsoft.Storage/storageAccounts/blobServices/containers/write'
          'Microsoft.Storage/storageAccounts/blobServices/write'
          'Microsoft.Storage/storageAccounts/managementPolicies/write'
          'Microsoft.Storage/storageAccounts/tableServices/tables/write'
          'Microsoft.Storage/storageAccounts/tableServices/write'
          'Microsoft.Storage/storageAccounts/write'
          'Microsoft.Web/serverfarms/join/action'
          'Microsoft.Web/serverfarms/write'
          'Microsoft.Web/sites/basicPublishingCredentialsPolicies/write'
          'Microsoft.Web/sites/config/write'
          'Microsoft.Web/sites/publish/action'
          'Microsoft.Web/sites/write'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

var reader = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'acdd72a7-3385-48ef-bd42-f606fba81ae7')

resource planReads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, plan.id, 'reader')
  properties: {
    principalId: plan.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: reader
    description: 'Reads what is deployed.'
  }
}

resource planPreviews 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, plan.id, 'previewer')
  properties: {
    principalId: plan.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: previewer.id
    description: 'Previews deployments.'
  }
}

resource deployDeploys 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, deploy.id, 'deployer')
  properties: {
    principalId: deploy.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: deployer.id
    description: 'Deploys Reclaim.'
  }
}

@description('Variable PLAN_CLIENT_ID of the repository.')
output PLAN_CLIENT_ID string = plan.properties.clientId

@description('Variable DEPLOY_CLIENT_ID of the repository.')
output DEPLOY_CLIENT_ID string = deploy.properties.clientId
