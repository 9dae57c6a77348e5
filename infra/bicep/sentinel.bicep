// A playbook for Microsoft Sentinel that hands each incident to the front door, and the automation rule that runs it.
// Deployed by itself into the resource group of the Sentinel workspace; docs/sources.md says in which order. It may
// read Sentinel, and publish to one topic once main.bicep is told of it (publisherPrincipalIds): nothing else.
targetScope = 'resourceGroup'

@description('Name of the playbook.')
param name string = 'reclaim-publish-incident'

@description('Region of the playbook.')
param location string = resourceGroup().location

@description('Name of the Log Analytics workspace that Sentinel works on, in this resource group.')
param workspaceName string

@description('Where alerts are published: TOPIC_ENDPOINT, as main.bicep says it.')
param topicEndpoint string

@description('Object id of the enterprise application "Azure Security Insights" in this tenant, which runs playbooks for automation rules: az ad sp show --id 98785600-1bb7-4fb9-b9fa-19afe2c8a360 --query id. Empty where it may do so already.')
param sentinelPrincipalId string = ''

@description('Incidents of these severities are handed on; what becomes of them is for the policy of triage to decide.')
param severities ('High' | 'Medium' | 'Low' | 'Informational')[] = ['High', 'Medium']

@description('Tags of every resource.')
param tags { *: string } = {}

var role = {
  sentinelReader: '8d289c81-5878-46d4-8554-54e1e3d8b5cb'
  automationContributor: 'f4c81013-99ee-4d62-a7ee-b3f1f648599a'
}
var managedApi = subscriptionResourceId('Microsoft.Web/locations/managedApis', location, 'azuresentinel')

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource connection 'Microsoft.Web/connections@2016-06-01' = {
  name: 'azuresentinel-${name}'
  location: location
  tags: tags
  properties: {
    displayName: name
    api: { id: managedApi }
    // The types of the compiler do not know the property, by which the playbook's own identity is the one that connects:
    // https://learn.microsoft.com/azure/sentinel/automation/authenticate-playbooks-to-sentinel
    #disable-next-line BCP037
    parameterValueType: 'Alternative'
  }
}

resource playbook 'Microsoft.Logic/workflows@2019-05-01' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    state: 'Enabled'
    definition: {
      '$schema': 'https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#'
      contentVersion: '1.0.0.0'
      parameters: {
        '$connections': { type: 'Object', defaultValue: {} }
      }
      triggers: {
        Microsoft_Sentinel_incident: {
          type: 'ApiConnectionWebhook'
          inputs: {
            body: { callback_url: '@{listCallbackUrl()}' }
            host: { connection: { name: '@parameters(\'$connections\')[\'azuresentinel\'][\'connectionId\']' } }
            path: '/incident-creation'
          }
        }
      }
      actions: {
        // An incident may be larger than the queue takes, so only what triage reads of it goes along.
        Accounts: {
          type: 'Query'
          runAfter: {}
          inputs: {
            from: '@coalesce(triggerBody()?[\'object\']?[\'properties\']?[\'relatedEntities\'], json(\'[]\'))'
            where: '@or(equals(toLower(item()?[\'kind\']), \'account\'), equals(toLower(item()?[\'kind\']), \'mailbox\'))'
          }
        }
        Publish: {
          type: 'Http'
          runAfter: { Accounts: ['Succeeded'] }
          inputs: {
            method: 'POST'
            uri: '${topicEndpoint}?api-version=2018-01-01'
            headers: { 'Content-Type': 'application/cloudevents+json; charset=utf-8' }
            authentication: { type: 'ManagedServiceIdentity', audience: 'https://eventgrid.azure.net' }
            retryPolicy: {
              type: 'exponential'
              count: 10
              interval: 'PT10S'
              minimumInterval: 'PT5S'
              maximumInterval: 'PT10M'
            }
            body: {
              specversion: '1.0'
              // Source, id and version: an incident that has grown is a new message, one that is told twice is dropped.
              id: 'sentinel:@{triggerBody()?[\'object\']?[\'name\']}:@{triggerBody()?[\'object\']?[\'properties\']?[\'lastModifiedTimeUtc\']}'
              type: 'Reclaim.SentinelIncident'
              source: 'sentinel/${workspaceName}'
              time: '@{utcNow()}'
              datacontenttype: 'application/json'
              data: {
                objectSchemaType: 'Incident'
                objectEventType: '@triggerBody()?[\'objectEventType\']'
                workspaceId: '@triggerBody()?[\'workspaceId\']'
                object: {
                  id: '@triggerBody()?[\'object\']?[\'id\']'
                  name: '@triggerBody()?[\'object\']?[\'name\']'
                  type: 'Microsoft.SecurityInsights/Incidents'
                  properties: {
                    title: '@triggerBody()?[\'object\']?[\'properties\']?[\'title\']'
                    severity: '@triggerBody()?[\'object\']?[\'properties\']?[\'severity\']'
                    status: '@triggerBody()?[\'object\']?[\'properties\']?[\'status\']'
                    classification: '@triggerBody()?[\'object\']?[\'properties\']?[\'classification\']'
                    providerName: '@triggerBody()?[\'object\']?[\'properties\']?[\'providerName\']'
                    providerIncidentId: '@triggerBody()?[\'object\']?[\'properties\']?[\'providerIncidentId\']'
                    firstActivityTimeUtc: '@triggerBody()?[\'object\']?[\'properties\']?[\'firstActivityTimeUtc\']'
                    createdTimeUtc: '@triggerBody()?[\'object\']?[\'properties\']?[\'createdTimeUtc\']'
                    lastModifiedTimeUtc: '@triggerBody()?[\'object\']?[\'properties\']?[\'lastModifiedTimeUtc\']'
                    incidentUrl: '@triggerBody()?[\'object\']?[\'properties\']?[\'incidentUrl\']'
                    relatedEntities: '@body(\'Accounts\')'
                  }
                }
              }
            }
          }
        }
      }
    }
    parameters: {
      '$connections': {
        value: {
          azuresentinel: {
            connectionId: connection.id
            connectionName: connection.name
            id: managedApi
            connectionProperties: { authentication: { type: 'ManagedServiceIdentity' } }
          }
        }
      }
    }
  }
}

// Enough for a trigger: https://learn.microsoft.com/azure/sentinel/automation/playbook-triggers-actions
resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, playbook.id, role.sentinelReader)
  scope: workspace
  properties: {
    principalId: playbook.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.sentinelReader)
    description: 'The trigger of the playbook.'
  }
}

// Sentinel asks for this role on the resource group of a playbook before an automation rule may run it.
resource runs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(sentinelPrincipalId)) {
  name: guid(resourceGroup().id, sentinelPrincipalId, role.automationContributor)
  properties: {
    principalId: sentinelPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.automationContributor)
    description: 'Sentinel runs its playbooks.'
  }
}

var moments = ['Created', 'Updated']

resource rules 'Microsoft.SecurityInsights/automationRules@2025-09-01' = [
  for (moment, index) in moments: {
    name: guid(workspace.id, name, moment)
    scope: workspace
    properties: {
      displayName: 'Reclaim: publish incidents, ${toLower(moment)}'
      order: 900 + index
      triggeringLogic: {
        isEnabled: true
        triggersOn: 'Incidents'
        triggersWhen: moment
        conditions: [
          {
            conditionType: 'Property'
            conditionProperties: {
              propertyName: 'IncidentSeverity'
              operator: 'Equals'
              propertyValues: severities
            }
          }
        ]
      }
      actions: [
        {
          order: 1
          actionType: 'RunPlaybook'
          actionConfiguration: {
            logicAppResourceId: playbook.id
            tenantId: tenant().tenantId
          }
        }
      ]
    }
    dependsOn: [runs]
  }
]

@description('Object id of the playbook\'s identity: give it to main.bicep in publisherPrincipalIds.')
output PLAYBOOK_PRINCIPAL_ID string = playbook.identity.principalId
